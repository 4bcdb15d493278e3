//! How attempts come out, and what is done when everybody goes along with [`Pipeline::next`].

use super::super::*;
use crate::checks::{CheckEnd, CheckRun};
use crate::pipelines::Next;
use crate::templates::CheckPlan;
use crate::{Cost, Tokens};
use proptest::prelude::*;
use proptest::sample::select;
use std::time::Duration;

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

/// Three in four go well.
pub(super) fn work() -> impl Strategy<Value = Work> {
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

/// The chains that stories are about.
pub(super) fn chains() -> Vec<Vec<StepPlan>> {
    let name = |raw: &str| AgentName::parse(raw).unwrap();
    let back = |rounds| Some(ReviewLoop { back_to: name("developer"), max_rounds: rounds });
    let agent = |raw: &str, on_changes_requested: Option<ReviewLoop>| {
        let mut plan = StepPlan::of(StepKind::Agent { agent: name(raw), on_changes_requested });
        plan.settings.writes = raw == "developer";
        plan.settings.budget.attempts = (raw == "developer").then_some(3);
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

pub(super) fn go_on(story: &Story, work: &Work) -> Command {
    match story.pipeline.next() {
        Next::Start => Command::Start,
        Next::Attempt(step) | Next::Check(step) => begin(story, step),
        Next::PauseForBudget(step) => Command::PauseForBudget { step },
        Next::Resume(_, attempt) => finish(story, attempt, work),
        Next::OpenApproval(step) => Command::OpenApproval { step, approval: ApprovalId(story.last_id), digest: "digest".into() },
        Next::Decision(approval) => decision(approval, Decision::Approve, None),
        Next::Resumption => Command::Resume { by: "kim".into(), budget: plenty() },
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

pub(super) fn begin(story: &Story, step: StepId) -> Command {
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

pub(super) fn finish(story: &Story, attempt: AttemptId, work: &Work) -> Command {
    let step = story.pipeline.attempt(attempt).map(|(step, _)| step);
    let is_check = step.is_some_and(|step| matches!(step.plan.kind, StepKind::Check(_)));
    let ran = |code: Option<i32>| {
        let run = |code| CheckRun { command: "make test".into(), end: CheckEnd::Exited { code }, duration_ms: 5, tail: String::new() };
        AttemptResult::Checked(code.map(run).into_iter().collect())
    };
    let (used, result) = match work {
        Work::Fails(class) => (10, failed(*class)),
        Work::IsInterrupted => (10, AttemptResult::Interrupted("gone".into())),
        // At times a result of another kind than its step.
        Work::Exits(code) if is_check || code.is_none() => (0, ran(*code)),
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
    if commits && plan.is_some_and(|plan| matches!(plan.kind, StepKind::Check(_))) {
        return AttemptResult::Checked(Vec::new());
    }
    let AttemptResult::Succeeded(mut finished) = handed_off(attempt, arguments) else { unreachable!("a hand-off is a success") };
    // The machine knows by itself which steps need a verdict.
    finished.verdict_required =
        story.last_id % 2 == 0 && plan.is_some_and(|plan| matches!(plan.kind, StepKind::Agent { on_changes_requested: Some(_), .. }));
    let writes = plan.is_some_and(|plan| plan.settings.writes);
    finished.head_commit = (commits && writes).then(|| CommitId::parse(&format!("{:040x}", story.last_id)).unwrap());
    AttemptResult::Succeeded(finished)
}

pub(super) fn tokens(input: u64) -> Usage {
    Usage { tokens: Tokens { input, ..Tokens::default() }, cost: Cost::Known(0.5) }
}
