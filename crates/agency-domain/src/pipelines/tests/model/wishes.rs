//! What somebody may want at any moment, and what command it is then.

use super::super::*;
use super::work::{Work, begin, finish, go_on, tokens, work};
use crate::budgets::Ceiling;
use crate::pipelines::{AnsweredBy, Ask, AskKind, Attempt, AttemptStatus, Observation, QuestionOutcome, Scope, Step};
use crate::{AskId, ModelName, QuestionId, SteerId};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::time::Duration;

/// Something that somebody wants. Which attempt, step or gate an [`Index`] means is found when it is said; one of them is always unknown.
#[derive(Debug, Clone)]
pub(super) enum Wish {
    /// Whatever [`Pipeline::next`] says is next; this result, where it is an attempt's.
    GoOn(Work),
    /// Time goes by, in seconds.
    Wait(u64),
    Start,
    Begin(Index),
    Mark {
        attempt: Index,
        finishing: bool,
    },
    Finish(Index, Work),
    Report(Index, u64),
    Settle(Index, u64),
    Open(Index),
    Decide {
        approval: Index,
        decision: Decision,
        with_comment: bool,
        to: Index,
    },
    Remind(Index),
    Reopen(Index),
    Cancel,
    Fail(ReasonCode),
    Pause(bool),
    PauseForBudget(Index),
    Resume(Budget),
    Change(Budget),
    Warn(Ceiling),
    Retry(Option<Index>),
    Steer(bool),
    Deliver(Index, Index),
    Ask(Index, AskKind),
    Answer {
        ask: Index,
        allowed: bool,
        with_words: bool,
        scope: Option<Scope>,
    },
    Revoke(Index),
    Question {
        attempt: Option<Index>,
        with_words: bool,
    },
    EndQuestion(Index, QuestionOutcome, u64),
    Accept {
        criterion: u8,
        with_reason: bool,
    },
    Observe,
}

pub(super) fn wish() -> impl Strategy<Value = Wish> {
    let any = any::<Index>;
    let decision = || select(vec![Decision::Approve, Decision::RequestChanges, Decision::Reject]);
    let ceiling = || select(vec![Ceiling::Tokens, Ceiling::Money, Ceiling::Minutes, Ceiling::Attempts]);
    let code = || select(vec![ReasonCode::GitError, ReasonCode::OpencodeUnavailable, ReasonCode::CatalogBroken]);
    let kind = || select(vec![AskKind::Permission, AskKind::Question]);
    let scope = || select(vec![None, Some(Scope::Step), Some(Scope::Pipeline), Some(Scope::Pipeline)]);
    let outcome =
        || select(vec![QuestionOutcome::Answered, QuestionOutcome::Failed, QuestionOutcome::Interrupted, QuestionOutcome::Cancelled]);
    prop_oneof![
        26 => work().prop_map(Wish::GoOn),
        2 => (0..90_u64).prop_map(Wish::Wait),
        1 => Just(Wish::Start),
        1 => any().prop_map(Wish::Begin),
        3 => (any(), proptest::bool::ANY).prop_map(|(attempt, finishing)| Wish::Mark { attempt, finishing }),
        1 => (any(), work()).prop_map(|(attempt, work)| Wish::Finish(attempt, work)),
        3 => (any(), 0..500_u64).prop_map(|(attempt, used)| Wish::Report(attempt, used)),
        2 => (any(), 0..500_u64).prop_map(|(attempt, more)| Wish::Settle(attempt, more)),
        1 => any().prop_map(Wish::Open),
        2 => (any(), decision(), proptest::bool::ANY, any())
            .prop_map(|(approval, decision, with_comment, to)| Wish::Decide { approval, decision, with_comment, to }),
        1 => any().prop_map(Wish::Remind),
        6 => any().prop_map(Wish::Reopen),
        1 => Just(Wish::Cancel),
        1 => code().prop_map(Wish::Fail),
        2 => proptest::bool::ANY.prop_map(Wish::Pause),
        1 => any().prop_map(Wish::PauseForBudget),
        2 => budget().prop_map(Wish::Resume),
        1 => budget().prop_map(Wish::Change),
        1 => ceiling().prop_map(Wish::Warn),
        2 => proptest::option::of(any()).prop_map(Wish::Retry),
        2 => proptest::bool::ANY.prop_map(Wish::Steer),
        6 => (any(), any()).prop_map(|(steer, attempt)| Wish::Deliver(steer, attempt)),
        5 => (any(), kind()).prop_map(|(attempt, kind)| Wish::Ask(attempt, kind)),
        8 => (any(), proptest::bool::ANY, proptest::bool::ANY, scope())
            .prop_map(|(ask, allowed, with_words, scope)| Wish::Answer { ask, allowed, with_words, scope }),
        10 => any().prop_map(Wish::Revoke),
        4 => (proptest::option::of(any()), proptest::bool::ANY).prop_map(|(attempt, with_words)| Wish::Question { attempt, with_words }),
        4 => (any(), outcome(), 0..200_u64).prop_map(|(question, outcome, used)| Wish::EndQuestion(question, outcome, used)),
        4 => (1..4_u8, proptest::bool::ANY).prop_map(|(criterion, with_reason)| Wish::Accept { criterion, with_reason }),
        1 => Just(Wish::Observe),
    ]
}

fn budget() -> impl Strategy<Value = Budget> {
    let tokens = proptest::option::of(0..3_000_u64);
    let attempts = proptest::option::of(0..20_u32);
    let minutes = proptest::option::of(0..10_u64);
    (tokens, attempts, minutes).prop_map(|(tokens, attempts, minutes)| Budget { tokens, attempts, minutes, money: None })
}

impl Wish {
    /// The command that it is now.
    pub(super) fn command(&self, story: &mut Story) -> Command {
        story.last_id += 1;
        let (id, pipeline) = (story.last_id, &story.pipeline);
        let attempts: Vec<AttemptId> = pipeline.attempts_in_order().iter().map(|(_, attempt)| attempt.id).collect();
        let attempt = |index: &Index| *pick(&attempts, index).unwrap_or(&AttemptId(0));
        let step = |index: &Index| pick_step(pipeline, index).map_or(StepId(0), |step| step.id);
        let gate = |index: &Index| pick(&pipeline.approvals, index).map_or(ApprovalId(0), |approval| approval.id);
        let by = "kim".to_owned();
        match self {
            Self::GoOn(work) => go_on(story, work),
            Self::Wait(_) | Self::Observe => Command::Observe { step: None, attempt: None, what: Observation::ProcessesEnded { count: 1 } },
            Self::Start => Command::Start,
            Self::Begin(index) => begin(story, step(index)),
            Self::Mark { attempt: index, finishing: false } => Command::MarkRunning(attempt(index)),
            Self::Mark { attempt: index, finishing: true } => Command::MarkFinishing { attempt: attempt(index), usage: tokens(1) },
            Self::Finish(index, work) => finish(story, attempt(index), work),
            Self::Report(index, used) => Command::ReportUsage { attempt: attempt(index), usage: tokens(*used) },
            Self::Settle(index, more) => {
                let stopped =
                    |attempt: &&(&Step, &Attempt)| matches!(attempt.1.status, AttemptStatus::Cancelled | AttemptStatus::Interrupted);
                let stopped: Vec<AttemptId> = pipeline.attempts_in_order().iter().filter(stopped).map(|(_, attempt)| attempt.id).collect();
                let meant = pick(&stopped, index).copied().unwrap_or_else(|| attempt(index));
                let known = pipeline.attempt(meant).map(|(_, attempt)| attempt.usage).unwrap_or_default();
                Command::SettleUsage { attempt: meant, usage: known.plus(tokens(*more)) }
            }
            Self::Open(index) => Command::OpenApproval { step: step(index), approval: ApprovalId(id), digest: "digest".into() },
            Self::Decide { approval, decision, with_comment, to } => Command::DecideApproval {
                approval: gate(approval),
                decision: *decision,
                comment: with_comment.then(|| "Smaller.".to_owned()),
                decided_by: by,
                digest: None,
                back_to: pick(&pipeline.steps, to).and_then(Step::agent).map(ToString::to_string),
            },
            Self::Remind(index) => Command::Remind(gate(index)),
            // Nothing may have been attempted behind it: somebody must have passed it just now.
            Self::Reopen(_) if pipeline.pending_approval().is_some() => go_on(story, &Work::IsInterrupted),
            Self::Reopen(index) => Command::ReopenApproval { approval: gate(index), changed: vec!["diff".into()] },
            Self::Cancel => Command::Cancel { by },
            Self::Fail(code) => Command::Fail(FailureReason { code: *code, message: "It broke.".into(), hint: "Mend it.".into() }),
            Self::Pause(now) => Command::Pause { by, now: *now },
            Self::PauseForBudget(index) => Command::PauseForBudget { step: step(index) },
            Self::Resume(budget) => Command::Resume { by, budget: *budget },
            Self::Change(budget) => Command::ChangeBudget { by, budget: *budget },
            Self::Warn(ceiling) => Command::WarnOfBudget { ceiling: *ceiling, percent: 85 },
            Self::Retry(index) => {
                let model = (id % 3 == 0).then(|| ModelName::parse("other/one").unwrap());
                let instruction = (id % 2 == 0).then(|| (SteerId(id), "Otherwise.".to_owned()));
                Command::Retry { by, step: index.as_ref().map(step), model, instruction }
            }
            Self::Steer(with_words) => {
                Command::Steer { steer: SteerId(id), text: if *with_words { "Smaller.".into() } else { " ".into() }, by }
            }
            Self::Deliver(steer, to) => {
                Command::MarkDelivered { steer: pick(&pipeline.steers, steer).map_or(SteerId(0), |steer| steer.id), attempt: attempt(to) }
            }
            Self::Ask(index, kind) => Command::Ask {
                ask: AskId(id),
                attempt: attempt(index),
                kind: *kind,
                subject: "bash".into(),
                patterns: vec!["make".into()],
                suggested: vec!["make *".into()],
                deadline: story.now + Duration::from_secs(60),
            },
            Self::Answer { ask, allowed, with_words, scope } => Command::Answer {
                ask: pick(&pipeline.asks, ask).map_or(AskId(0), |ask| ask.id),
                allowed: *allowed,
                message: with_words.then(|| "Not today.".to_owned()),
                by: AnsweredBy::Person(by),
                grant: scope.map(|scope| (scope, Vec::new())),
            },
            Self::Revoke(index) => {
                let held: Vec<&Ask> = pipeline.asks.iter().filter(|ask| ask.grant().is_some()).collect();
                Command::Revoke { ask: pick(&held, index).map_or(AskId(0), |ask| ask.id), by }
            }
            Self::Question { attempt: index, with_words } => Command::AskQuestion {
                question: QuestionId(id),
                step: None,
                attempt: index.as_ref().map(attempt),
                text: if *with_words { "Why so?".into() } else { " ".into() },
                by,
            },
            Self::EndQuestion(index, outcome, used) => Command::EndQuestion {
                question: pick(&pipeline.questions, index).map_or(QuestionId(0), |question| question.id),
                outcome: *outcome,
                text: "Because.".into(),
                usage: tokens(*used),
            },
            Self::Accept { criterion, with_reason } => Command::AcceptCriterion {
                criterion: format!("AC-{criterion}"),
                by,
                reason: if *with_reason { "I heard it.".into() } else { " ".into() },
            },
        }
    }
}

/// Mostly the newest of them, at times another, and now and then one that there is not.
fn pick<'a, T>(of: &'a [T], index: &Index) -> Option<&'a T> {
    match index.index(16) {
        0 => None,
        1..=5 if !of.is_empty() => of.get(index.index(of.len())),
        _ => of.last(),
    }
}

/// Mostly the step where the chain stands.
fn pick_step<'a>(pipeline: &'a Pipeline, index: &Index) -> Option<&'a Step> {
    match index.index(16) {
        0 => None,
        1..=5 => pipeline.steps.get(index.index(pipeline.steps.len() * 3) % pipeline.steps.len()),
        _ => pipeline.first_open_step(),
    }
}
