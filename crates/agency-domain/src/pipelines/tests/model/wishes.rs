//! What somebody may want at any moment, and what command it is then.

use super::super::*;
use crate::budgets::Ceiling;
use crate::checks::{CheckEnd, CheckRun};
use crate::pipelines::{AnsweredBy, AskKind, Next, Observation, Step};
use crate::templates::CheckPlan;
use crate::{AskId, Cost, ModelName, SteerId, Tokens};
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
    },
    Accept {
        criterion: u8,
        with_reason: bool,
    },
    Observe,
}

/// How an attempt comes out.
#[derive(Debug, Clone)]
pub(super) enum Work {
    HandsOff { outcome: &'static str, verdict: Option<&'static str>, findings: Vec<Said>, criteria: Vec<Said>, commits: bool, tokens: u64 },
    Fails(FailureClass),
    IsInterrupted,
    Exits(Option<i32>),
}

/// Of a finding or a criterion: its number, its severity or its evidence, its status.
type Said = (u8, &'static str, &'static str);

pub(super) fn wish() -> impl Strategy<Value = Wish> {
    let any = any::<Index>;
    let decision = || select(vec![Decision::Approve, Decision::RequestChanges, Decision::Reject]);
    let ceiling = || select(vec![Ceiling::Tokens, Ceiling::Money, Ceiling::Minutes, Ceiling::Attempts]);
    let code = || select(vec![ReasonCode::GitError, ReasonCode::OpencodeUnavailable, ReasonCode::CatalogBroken]);
    let kind = || select(vec![AskKind::Permission, AskKind::Question]);
    prop_oneof![
        30 => work().prop_map(Wish::GoOn),
        2 => (0..90_u64).prop_map(Wish::Wait),
        1 => Just(Wish::Start),
        1 => any().prop_map(Wish::Begin),
        2 => (any(), proptest::bool::ANY).prop_map(|(attempt, finishing)| Wish::Mark { attempt, finishing }),
        1 => (any(), work()).prop_map(|(attempt, work)| Wish::Finish(attempt, work)),
        1 => (any(), 0..500_u64).prop_map(|(attempt, more)| Wish::Settle(attempt, more)),
        1 => any().prop_map(Wish::Open),
        2 => (any(), decision(), proptest::bool::ANY, any())
            .prop_map(|(approval, decision, with_comment, to)| Wish::Decide { approval, decision, with_comment, to }),
        1 => any().prop_map(Wish::Remind),
        2 => any().prop_map(Wish::Reopen),
        1 => Just(Wish::Cancel),
        1 => code().prop_map(Wish::Fail),
        2 => proptest::bool::ANY.prop_map(Wish::Pause),
        1 => any().prop_map(Wish::PauseForBudget),
        2 => budget().prop_map(Wish::Resume),
        1 => budget().prop_map(Wish::Change),
        1 => ceiling().prop_map(Wish::Warn),
        2 => proptest::option::of(any()).prop_map(Wish::Retry),
        1 => proptest::bool::ANY.prop_map(Wish::Steer),
        1 => (any(), any()).prop_map(|(steer, attempt)| Wish::Deliver(steer, attempt)),
        2 => (any(), kind()).prop_map(|(attempt, kind)| Wish::Ask(attempt, kind)),
        2 => (any(), proptest::bool::ANY, proptest::bool::ANY)
            .prop_map(|(ask, allowed, with_words)| Wish::Answer { ask, allowed, with_words }),
        1 => (1..4_u8, proptest::bool::ANY).prop_map(|(criterion, with_reason)| Wish::Accept { criterion, with_reason }),
        1 => Just(Wish::Observe),
    ]
}

/// Three in four go well.
fn work() -> impl Strategy<Value = Work> {
    let outcome = prop_oneof![8 => Just("done"), 1 => Just("no_change_needed"), 1 => Just("blocked"), 1 => Just("failed")];
    let verdict =
        prop_oneof![4 => Just(Some("approved")), 4 => Just(Some("changes_requested")), 1 => Just(Some("blocked")), 1 => Just(None)];
    let severity = || select(vec!["blocker", "major", "minor", "note"]);
    let status = || select(vec!["open", "fixed", "wont_fix", "perhaps"]);
    let evidence = || select(vec!["src/a.rs", "make test", "honestly", "it_shouts"]);
    let met = || select(vec!["met", "met", "open", "withdrawn"]);
    let findings = proptest::collection::vec((1..5_u8, severity(), status()), 0..4);
    let criteria = proptest::collection::vec((1..4_u8, evidence(), met()), 0..3);
    let hands_off = (outcome, verdict, findings, criteria, any::<bool>(), 0..300_u64).prop_map(
        |(outcome, verdict, findings, criteria, commits, tokens)| Work::HandsOff { outcome, verdict, findings, criteria, commits, tokens },
    );
    let classes = vec![
        FailureClass::AgentError,
        FailureClass::ProviderRateLimited,
        FailureClass::ProviderUnavailable,
        FailureClass::ContextOverflow,
        FailureClass::Stalled,
        FailureClass::HandoffInvalid,
        FailureClass::NoChanges,
        FailureClass::GitError,
        FailureClass::OpencodeLost,
        FailureClass::Budget,
    ];
    prop_oneof![
        12 => hands_off,
        2 => select(classes).prop_map(Work::Fails),
        1 => Just(Work::IsInterrupted),
        2 => select(vec![Some(0), Some(1), None]).prop_map(Work::Exits),
    ]
}

fn budget() -> impl Strategy<Value = Budget> {
    let tokens = proptest::option::of(0..3_000_u64);
    let attempts = proptest::option::of(0..20_u32);
    let minutes = proptest::option::of(0..10_u64);
    (tokens, attempts, minutes).prop_map(|(tokens, attempts, minutes)| Budget { tokens, attempts, minutes, money: None })
}

/// The chains that stories are about.
pub(super) fn chains() -> Vec<Vec<StepPlan>> {
    let name = |raw: &str| AgentName::parse(raw).unwrap();
    let back = |rounds| Some(ReviewLoop { back_to: name("developer"), max_rounds: rounds });
    let agent = |raw: &str, on_changes_requested: Option<ReviewLoop>| {
        let mut plan = StepPlan::of(StepKind::Agent { agent: name(raw), on_changes_requested });
        plan.settings.writes = raw == "developer";
        plan
    };
    let check = |on_failure| {
        StepPlan::of(StepKind::Check(CheckPlan { commands: vec!["make test".into()], timeout: Duration::from_secs(60), on_failure }))
    };
    let gate = || StepPlan::of(StepKind::Approval { question: "Go on?".into(), remind_after: None });
    vec![
        vec![
            agent("product-owner", None),
            agent("architect", None),
            gate(),
            agent("developer", None),
            check(None),
            agent("reviewer", back(2)),
        ],
        vec![agent("developer", None), agent("reviewer", back(1)), gate()],
        vec![
            check(None),
            agent("developer", None),
            check(back(2)),
            gate(),
            agent("developer", None),
            agent("reviewer", back(3)),
            agent("qa", back(1)),
        ],
    ]
}

impl Wish {
    /// The command that it is now.
    pub(super) fn command(&self, story: &mut Story) -> Command {
        story.last_id += 1;
        let (id, pipeline) = (story.last_id, &story.pipeline);
        let attempts: Vec<AttemptId> = pipeline.attempts_in_order().iter().map(|(_, attempt)| attempt.id).collect();
        let attempt = |index: &Index| *pick(&attempts, index).unwrap_or(&AttemptId(0));
        let step = |index: &Index| pick(&pipeline.steps, index).map_or(StepId(0), |step| step.id);
        let gate = |index: &Index| pick(&pipeline.approvals, index).map_or(ApprovalId(0), |approval| approval.id);
        let by = "kim".to_owned();
        match self {
            Self::GoOn(work) => go_on(story, work),
            Self::Wait(_) | Self::Observe => Command::Observe { step: None, attempt: None, what: Observation::ProcessesEnded { count: 1 } },
            Self::Start => Command::Start,
            Self::Begin(index) => match pick(&pipeline.steps, index) {
                Some(Step { id, plan: StepPlan { kind: StepKind::Agent { .. } | StepKind::Check(_), .. }, .. }) => begin(story, *id),
                Some(_) | None => begin(story, StepId(0)),
            },
            Self::Mark { attempt: index, finishing: false } => Command::MarkRunning(attempt(index)),
            Self::Mark { attempt: index, finishing: true } => Command::MarkFinishing(attempt(index)),
            Self::Finish(index, work) => finish(story, attempt(index), work),
            Self::Settle(index, more) => {
                let known = pipeline.attempt(attempt(index)).map(|(_, attempt)| attempt.usage).unwrap_or_default();
                Command::SettleUsage { attempt: attempt(index), usage: known.plus(tokens(*more)) }
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
            Self::Reopen(index) => Command::ReopenApproval { approval: gate(index), changed: vec!["diff".into()] },
            Self::Cancel => Command::Cancel { by },
            Self::Fail(code) => Command::Fail(FailureReason { code: *code, message: "It broke.".into(), hint: "Mend it.".into() }),
            Self::Pause(now) => Command::Pause { by, now: *now },
            Self::PauseForBudget(index) => Command::PauseForBudget { step: step(index) },
            Self::Resume(budget) => Command::Resume { by, budget: *budget },
            Self::Change(budget) => Command::ChangeBudget { by, budget: *budget },
            Self::Warn(ceiling) => Command::WarnOfBudget { ceiling: *ceiling, percent: 85 },
            // What never started is resumed.
            Self::Retry(_) if pipeline.started_at.is_none() => Command::Resume { by, budget: Budget::default() },
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
                deadline: story.now + Duration::from_secs(60),
            },
            Self::Answer { ask, allowed, with_words } => Command::Answer {
                ask: pick(&pipeline.asks, ask).map_or(AskId(0), |ask| ask.id),
                allowed: *allowed,
                message: with_words.then(|| "Not today.".to_owned()),
                by: AnsweredBy::Person(by),
            },
            Self::Accept { criterion, with_reason } => Command::AcceptCriterion {
                criterion: format!("AC-{criterion}"),
                by,
                reason: if *with_reason { "I heard it.".into() } else { " ".into() },
            },
        }
    }
}

/// One of them, or none.
fn pick<'a, T>(of: &'a [T], index: &Index) -> Option<&'a T> {
    of.get(index.index(of.len() + 1))
}

fn tokens(input: u64) -> Usage {
    Usage { tokens: Tokens { input, ..Tokens::default() }, cost: Cost::Known(0.5) }
}

fn go_on(story: &Story, work: &Work) -> Command {
    match story.pipeline.next() {
        Next::Start => Command::Start,
        Next::Attempt(step) | Next::Check(step) => begin(story, step),
        Next::PauseForBudget(step) => Command::PauseForBudget { step },
        Next::Resume(_, attempt) => finish(story, attempt, work),
        Next::OpenApproval(step) => Command::OpenApproval { step, approval: ApprovalId(story.last_id), digest: "digest".into() },
        Next::Decision(approval) => decision(approval, Decision::Approve, None),
        Next::Resumption => Command::Resume { by: "kim".into(), budget: plenty() },
        Next::Nothing if story.pipeline.started_at.is_none() => Command::Start,
        Next::Nothing => Command::Retry { by: "kim".into(), step: None, model: None, instruction: None },
    }
}

/// What brings it nearer to its end.
pub(super) fn well_meant(story: &mut Story) -> Command {
    story.last_id += 1;
    let pipeline = &story.pipeline;
    if pipeline.is_paused()
        && let Some(criterion) = pipeline.unsettled_criteria().next()
    {
        return Command::AcceptCriterion { criterion: criterion.id.clone(), by: "kim".into(), reason: "I see to it.".into() };
    }
    let Next::Resume(step, attempt) = pipeline.next() else { return go_on(story, &Work::Exits(Some(0))) };
    let settled = pipeline.findings.iter().filter(|finding| finding.step == step);
    let findings: Vec<Value> = settled
        .map(|finding| json!({ "id": finding.id, "severity": finding.severity.as_str(), "claim": finding.claim, "status": "fixed" }))
        .collect();
    let arguments = json!({ "summary": "Good.", "outcome": "done", "verdict": "approved", "findings": findings });
    let result = result_of(story, step, attempt, &arguments, true);
    Command::FinishAttempt { attempt, usage: Usage::default(), result }
}

fn plenty() -> Budget {
    Budget { tokens: Some(1 << 40), minutes: Some(1 << 30), attempts: Some(1 << 20), money: None }
}

fn begin(story: &Story, step: StepId) -> Command {
    let attempt = AttemptId(story.last_id);
    let is_agent = story.pipeline.step(step).is_some_and(|step| step.agent().is_some());
    let new = new_attempt(step, attempt);
    Command::BeginAttempt(NewAttempt {
        conversation: new.conversation.filter(|_| is_agent),
        base_commit: story.pipeline.head_commit.clone(),
        steers: story.pipeline.steers_for(step).map(|steer| steer.id).collect(),
        ..new
    })
}

fn finish(story: &Story, attempt: AttemptId, work: &Work) -> Command {
    let step = story.pipeline.attempt(attempt).map(|(step, _)| step);
    let is_check = step.is_some_and(|step| matches!(step.plan.kind, StepKind::Check(_)));
    let ran = |code: Option<i32>| {
        let run = |code| CheckRun { command: "make test".into(), end: CheckEnd::Exited { code }, duration_ms: 5, tail: String::new() };
        AttemptResult::Checked(code.map(run).into_iter().collect())
    };
    let (used, result) = match work {
        Work::Fails(class) => (10, failed(*class)),
        Work::IsInterrupted => (10, AttemptResult::Interrupted("gone".into())),
        Work::Exits(code) if is_check => (0, ran(*code)),
        Work::HandsOff { commits, .. } if is_check => (0, ran(Some(i32::from(!commits)))),
        Work::Exits(_) => (10, result_of(story, step.map_or(StepId(0), |step| step.id), attempt, &done(), false)),
        Work::HandsOff { outcome, verdict, findings, criteria, commits, tokens } => {
            let findings: Vec<Value> = findings
                .iter()
                .map(|(number, severity, status)| json!({ "id": format!("F-{number}"), "severity": severity, "claim": "No.", "status": status }))
                .collect();
            let criteria: Vec<Value> = criteria
                .iter()
                .map(|(number, evidence, status)| json!({ "id": format!("AC-{number}"), "text": "It shouts.", "status": status, "evidence": [evidence] }))
                .collect();
            let mut arguments = json!({ "summary": "Done.", "outcome": outcome, "findings": findings, "criteria": criteria });
            // The door refuses a request for changes without a finding.
            if let Some(verdict) = verdict.filter(|verdict| *verdict != "changes_requested" || !findings.is_empty()) {
                arguments["verdict"] = json!(verdict);
            }
            (*tokens, result_of(story, step.map_or(StepId(0), |step| step.id), attempt, &arguments, *commits))
        }
    };
    Command::FinishAttempt { attempt, usage: tokens(used), result }
}

/// A hand-off as the engine brings it: a reviewing step must have a verdict.
fn result_of(story: &Story, step: StepId, attempt: AttemptId, arguments: &Value, commits: bool) -> AttemptResult {
    let plan = story.pipeline.step(step).map(|step| &step.plan);
    if plan.is_some_and(|plan| matches!(plan.kind, StepKind::Check(_))) {
        return AttemptResult::Checked(Vec::new());
    }
    let AttemptResult::Succeeded(mut finished) = handed_off(attempt, arguments) else { unreachable!("a hand-off is a success") };
    finished.verdict_required = plan.is_some_and(|plan| matches!(plan.kind, StepKind::Agent { on_changes_requested: Some(_), .. }));
    let writes = plan.is_some_and(|plan| plan.settings.writes);
    finished.head_commit = (commits && writes).then(|| CommitId::parse(&format!("{:040x}", story.last_id)).unwrap());
    AttemptResult::Succeeded(finished)
}
