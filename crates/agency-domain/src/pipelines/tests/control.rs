//! What people do with a run, and what keeps it within its bounds.

use super::*;
use crate::budgets::Ceiling;
use crate::checks::{CheckEnd, CheckRun};
use crate::pipelines::{AnsweredBy, AskKind, AttemptStatus, GRANT_PATTERN_BYTES_MAX, GRANT_PATTERNS_MAX, Next, Scope, SentBackBy, Wanted};
use crate::templates::CheckPlan;
use crate::{AskId, Cost, ModelName, SteerId, Tokens};
use std::time::Duration;

const CHECK: StepId = StepId(2);
const LAST: StepId = StepId(3);

/// developer, check, reviewer; running.
fn checked() -> Story {
    let check = CheckPlan { commands: vec!["make test".into()], timeout: Duration::from_secs(60), on_failure: None };
    let mut story = Story::over(vec![agent("developer", true), StepPlan::of(StepKind::Check(check)), agent("reviewer", false)]);
    story.act(Command::Start);
    story
}

fn run(code: i32) -> CheckRun {
    CheckRun { command: "make test".into(), end: CheckEnd::Exited { code }, duration_ms: 5, tail: "1 failed".into() }
}

fn check(story: &mut Story, checks: Vec<CheckRun>) -> Vec<Event> {
    story.last_id += 1;
    let attempt = AttemptId(story.last_id);
    story.act(Command::BeginAttempt(NewAttempt { conversation: None, ..new_attempt(CHECK, attempt) }));
    story.finish(attempt, AttemptResult::Checked(checks))
}

fn tokens(input: u64) -> Usage {
    Usage { tokens: Tokens { input, ..Tokens::default() }, cost: Cost::Known(0.0) }
}

fn resume(budget: Budget) -> Command {
    Command::Resume { by: "kim".into(), budget }
}

#[test]
fn a_failed_check_goes_back_to_the_nearest_writer_and_a_passed_one_on() {
    let mut story = checked();
    story.work(StepId(1), &done());
    assert_eq!(story.pipeline.next(), Next::Check(CHECK));
    let events = check(&mut story, vec![run(2)]);
    assert!(events.contains(&Event::SentBack { from: CHECK, to: StepId(1), by: SentBackBy::Check }));
    assert_eq!(story.pipeline.next(), Next::Attempt(StepId(1)));
    story.work(StepId(1), &done());
    check(&mut story, vec![run(0)]);
    assert_eq!(story.pipeline.next(), Next::Attempt(LAST));
}

#[test]
fn a_check_that_goes_on_failing_ends_after_its_rounds() {
    let mut story = checked();
    for _ in 0..3 {
        story.work(StepId(1), &done());
        check(&mut story, vec![run(1)]);
    }
    story.work(StepId(1), &done());
    check(&mut story, vec![run(1)]);
    assert_eq!(story.reason(), ReasonCode::StepFailed);
}

#[test]
fn a_check_without_commands_is_skipped_and_says_so() {
    let mut story = checked();
    story.work(StepId(1), &done());
    check(&mut story, Vec::new());
    assert_eq!((story.status_of(CHECK), story.pipeline.next()), (StepStatus::Skipped, Next::Attempt(LAST)));
}

#[test]
fn a_pause_waits_for_the_attempt_or_interrupts_it_now() {
    let mut story = Story::begin();
    let attempt = story.attempt(ARCHITECT);
    story.act(Command::Pause { by: "kim".into(), now: false });
    assert_eq!(story.pipeline.next(), Next::Resume(ARCHITECT, attempt));
    story.finish(attempt, handed_off(attempt, &done()));
    assert_eq!((story.pause(), story.pipeline.next()), (PauseCode::ByUser, Next::Resumption));
    story.act(resume(Budget::default()));
    assert_eq!(story.pipeline.next(), Next::OpenApproval(GATE));

    let mut story = Story::begin();
    let attempt = story.attempt(ARCHITECT);
    story.act(Command::Pause { by: "kim".into(), now: true });
    assert_eq!(story.pipeline.attempt(attempt).unwrap().1.status, AttemptStatus::Interrupted);
    story.act(Command::SettleUsage { attempt, usage: tokens(7) });
    assert_eq!(story.pipeline.usage().tokens.input, 7);
    story.act(resume(Budget::default()));
    assert_eq!(story.pipeline.next(), Next::Attempt(ARCHITECT));
}

#[test]
fn a_queued_pipeline_can_be_paused_and_starts_when_it_is_resumed() {
    let mut story = Story::queued();
    story.act(Command::Pause { by: "kim".into(), now: false });
    story.act(resume(Budget::default()));
    assert_eq!(story.pipeline.status, PipelineStatus::Running);
    assert!(story.pipeline.started_at.is_some());
}

#[test]
fn a_ceiling_that_is_reached_pauses_before_the_next_attempt_until_it_is_raised() {
    let mut story = Story::begin();
    story.act(Command::ChangeBudget { by: "kim".into(), budget: Budget { tokens: Some(100), ..Budget::default() } });
    let attempt = story.attempt(ARCHITECT);
    story.act(Command::WarnOfBudget { ceiling: Ceiling::Tokens, percent: 85 });
    assert!(story.act(Command::WarnOfBudget { ceiling: Ceiling::Tokens, percent: 95 }).is_empty());
    story.act(Command::FinishAttempt { attempt, usage: tokens(120), result: handed_off(attempt, &done()) });
    let approval = story.gate();
    story.act(decision(approval, Decision::Approve, None));
    assert_eq!(story.pipeline.next(), Next::PauseForBudget(DEVELOPER));
    assert!(matches!(story.refuse(Command::BeginAttempt(new_attempt(DEVELOPER, AttemptId(9)))), Refused::Conflict(_)));
    story.act(Command::PauseForBudget { step: DEVELOPER });
    assert_eq!(story.pause(), PauseCode::Budget);
    assert!(matches!(story.refuse(resume(Budget::default())), Refused::Invalid { field: "budget", .. }));
    story.act(resume(Budget { tokens: Some(200), ..Budget::default() }));
    assert_eq!(story.pipeline.next(), Next::Attempt(DEVELOPER));
}

#[test]
fn an_attempt_that_passes_the_ceiling_is_stopped_and_the_step_goes_on_after_the_raise() {
    let mut story = Story::begin();
    story.act(Command::ChangeBudget { by: "kim".into(), budget: Budget { tokens: Some(100), ..Budget::default() } });
    let attempt = story.attempt(ARCHITECT);
    assert_eq!(
        story.pipeline.ceiling_reached_after(story.pipeline.step(ARCHITECT).unwrap(), tokens(100), story.now),
        Some(Ceiling::Tokens)
    );
    story.act(Command::FinishAttempt { attempt, usage: tokens(130), result: failed(FailureClass::Budget) });
    assert_eq!(story.pause(), PauseCode::Budget);
    story.act(resume(Budget { tokens: Some(500), ..Budget::default() }));
    assert_eq!(story.pipeline.next(), Next::Attempt(ARCHITECT));
}

#[test]
fn what_an_attempt_has_reported_counts_once_and_stays_counted() {
    let mut story = Story::begin();
    story.act(Command::ChangeBudget { by: "kim".into(), budget: Budget { tokens: Some(100), ..Budget::default() } });
    let attempt = story.attempt(ARCHITECT);
    let events = story.act(Command::ReportUsage { attempt, usage: tokens(60) });
    assert!(matches!(events[..], [Event::UsageReported { .. }]) && events[0].is_progress());
    assert!(story.act(Command::ReportUsage { attempt, usage: tokens(60) }).is_empty());
    assert_eq!(story.pipeline.usage().tokens.input, 60);
    let step = story.pipeline.step(ARCHITECT).unwrap();
    assert_eq!(story.pipeline.ceiling_reached_after(step, tokens(99), story.now), None);
    assert_eq!(story.pipeline.ceiling_reached_after(step, tokens(100), story.now), Some(Ceiling::Tokens));
    assert_eq!(story.pipeline.warnings_due(tokens(79), story.now), []);
    // Whoever finds it cut off knows no more than it has reported.
    story.act(Command::FinishAttempt { attempt, usage: Usage::default(), result: AttemptResult::Interrupted("gone".into()) });
    assert_eq!(story.pipeline.usage().tokens.input, 60);
}

#[test]
fn a_step_has_a_ceiling_of_its_own() {
    let mut plan = agent("developer", true);
    plan.settings.budget.attempts = Some(1);
    let mut story = Story::over(vec![plan, agent("reviewer", false)]);
    story.act(Command::Start);
    let attempt = story.attempt(StepId(1));
    story.finish(attempt, failed(FailureClass::ProviderUnavailable));
    assert_eq!(story.pipeline.next(), Next::PauseForBudget(StepId(1)));
}

#[test]
fn a_fallback_model_follows_a_failure_of_the_provider() {
    let model = |name| ModelName::parse(name).unwrap();
    let mut plan = agent("developer", true);
    plan.model = Some(model("a/one"));
    plan.settings.fallback_models = vec![model("b/two")];
    let mut story = Story::over(vec![plan]);
    story.act(Command::Start);
    let attempt = story.attempt(StepId(1));
    let fails = story.finish(attempt, failed(FailureClass::ProviderRateLimited));
    assert!(matches!(fails.as_slice(), [Event::AttemptFailed { retry_at: Some(at), .. }] if *at > story.now));
    assert_eq!(story.pipeline.model_for(story.pipeline.step(StepId(1)).unwrap()), Some(&model("b/two")));
}

#[test]
fn a_round_that_brings_nothing_ends_the_loop_before_its_rounds_are_used_up() {
    let mut story = Story::approved();
    story.work(DEVELOPER, &done());
    story.work(REVIEWER, &review("changes_requested", 1));
    story.work(DEVELOPER, &done());
    story.work(REVIEWER, &review("changes_requested", 1));
    assert_eq!(story.reason(), ReasonCode::NotConverging);
}

#[test]
fn an_approval_that_leaves_a_grave_finding_open_never_passes() {
    let mut story = Story::approved();
    story.work(DEVELOPER, &done());
    story.work(REVIEWER, &review("changes_requested", 1));
    story.work(DEVELOPER, &done());
    story.work(REVIEWER, &json!({ "summary": "Fine.", "outcome": "done", "verdict": "approved" }));
    assert_eq!(story.pause(), PauseCode::NeedsAttention);
}

#[test]
fn a_mandatory_criterion_without_evidence_waits_for_a_person() {
    let mut story = Story::over(vec![agent("product-owner", false), agent("developer", true)]);
    story.act(Command::Start);
    let criteria = json!([{ "id": "AC-1", "text": "It shouts." }, { "id": "AC-2", "text": "It whispers." }]);
    story.work(StepId(1), &json!({ "summary": "x", "outcome": "done", "criteria": criteria }));
    let met = json!([{ "id": "AC-1", "status": "met", "evidence": [{ "file": "src/a.rs" }] }, { "id": "AC-2", "status": "met", "evidence": ["honestly"] }]);
    story.work(StepId(2), &json!({ "summary": "x", "outcome": "done", "criteria": met }));
    assert_eq!(story.pause(), PauseCode::NeedsAttention);
    assert!(matches!(story.refuse(resume(Budget::default())), Refused::Conflict(_)));
    let accept = |reason: &str| Command::AcceptCriterion { criterion: "AC-2".into(), by: "kim".into(), reason: reason.into() };
    assert!(matches!(story.refuse(accept(" ")), Refused::Invalid { field: "reason", .. }));
    story.act(accept("I heard it."));
    assert_eq!(story.pipeline.status, PipelineStatus::Succeeded);
}

#[test]
fn where_no_agent_may_write_nothing_has_to_be_proven() {
    let mut story = Story::over(vec![agent("product-owner", false), agent("architect", false)]);
    story.act(Command::Start);
    story.work(StepId(1), &json!({ "summary": "x", "outcome": "done", "criteria": [{ "id": "AC-1", "text": "It shouts." }] }));
    story.work(StepId(2), &done());
    assert_eq!(story.pipeline.status, PipelineStatus::Succeeded);
}

#[test]
fn a_message_goes_to_the_running_session_or_to_the_next_attempt_once() {
    let mut story = Story::begin();
    let steer = |id, text: &str| Command::Steer { steer: SteerId(id), text: text.into(), by: "kim".into() };
    assert!(matches!(story.refuse(steer(1, " ")), Refused::Invalid { field: "text", .. }));
    story.act(steer(1, "Shorter."));
    story.last_id += 1;
    let attempt = AttemptId(story.last_id);
    story.act(Command::BeginAttempt(NewAttempt { steers: vec![SteerId(1)], ..new_attempt(ARCHITECT, attempt) }));
    assert_eq!(story.pipeline.steers[0].delivered_in, Some(attempt));
    story.act(steer(2, "And in English."));
    story.act(Command::MarkDelivered { steer: SteerId(2), attempt });
    assert!(story.act(Command::MarkDelivered { steer: SteerId(2), attempt }).is_empty());
}

#[test]
fn an_ask_is_answered_once_and_closed_with_its_attempt() {
    let mut story = Story::begin();
    let attempt = story.attempt(ARCHITECT);
    let deadline = story.now + Duration::from_secs(60);
    let ask = |id, kind| asks(attempt, id, kind, deadline);
    let answer = |id, allowed| answers(id, allowed, None);
    story.act(ask(1, AskKind::Permission));
    story.act(answer(1, true));
    assert_eq!(story.refuse(answer(1, false)), Refused::AlreadyDecided { status: "allowed", decided_by: "kim".into() });
    story.act(ask(2, AskKind::Question));
    assert!(matches!(story.refuse(answer(2, true)), Refused::Invalid { field: "message", .. }));
    story.finish(attempt, handed_off(attempt, &done()));
    assert!(story.pipeline.asks.iter().all(|ask| ask.answer.is_some()));
}

fn asks(attempt: AttemptId, id: i64, kind: AskKind, deadline: Timestamp) -> Command {
    let (patterns, suggested) = (vec!["make all".into()], vec!["make *".into()]);
    Command::Ask { ask: AskId(id), attempt, kind, subject: "bash".into(), patterns, suggested, deadline }
}

fn answers(id: i64, allowed: bool, grant: Option<(Scope, Vec<String>)>) -> Command {
    Command::Answer { ask: AskId(id), allowed, message: None, by: AnsweredBy::Person("kim".into()), grant }
}

#[test]
fn a_permission_that_holds_on_reaches_as_far_as_was_said_until_it_is_taken_back() {
    let mut story = Story::begin();
    let attempt = story.attempt(ARCHITECT);
    let deadline = story.now + Duration::from_secs(60);
    let line = ["make test".to_owned()];
    let covers = |story: &Story, step, permission| {
        story.pipeline.granted(step, Wanted { permission, patterns: &line, detail: "" }).map(|ask| ask.id)
    };
    story.act(asks(attempt, 1, AskKind::Permission, deadline));
    story.act(answers(1, true, Some((Scope::Step, Vec::new()))));
    assert_eq!((covers(&story, ARCHITECT, "bash"), covers(&story, DEVELOPER, "bash")), (Some(AskId(1)), None));
    assert_eq!(covers(&story, ARCHITECT, "edit"), None);
    story.act(asks(attempt, 2, AskKind::Permission, deadline));
    story.act(answers(2, true, Some((Scope::Pipeline, vec![" make test ".into(), String::new()]))));
    assert_eq!(covers(&story, DEVELOPER, "bash"), Some(AskId(2)));
    let revoke = |id| Command::Revoke { ask: AskId(id), by: "kim".into() };
    story.act(revoke(2));
    assert_eq!((covers(&story, ARCHITECT, "bash"), covers(&story, DEVELOPER, "bash")), (Some(AskId(1)), None));
    assert!(matches!(story.refuse(revoke(2)), Refused::Conflict(_)));
    assert!(matches!(story.refuse(revoke(7)), Refused::NoSuch(_)));
}

#[test]
fn only_a_permission_that_is_allowed_holds_on() {
    let mut story = Story::begin();
    let attempt = story.attempt(ARCHITECT);
    let deadline = story.now + Duration::from_secs(60);
    let grant = |patterns: Vec<String>| Some((Scope::Step, patterns));
    story.act(asks(attempt, 1, AskKind::Permission, deadline));
    story.act(asks(attempt, 2, AskKind::Question, deadline));
    assert!(matches!(story.refuse(answers(1, false, grant(Vec::new()))), Refused::Invalid { field: "scope", .. }));
    let many = (0..=GRANT_PATTERNS_MAX).map(|n| format!("make {n}")).collect();
    for patterns in [many, vec!["x".repeat(GRANT_PATTERN_BYTES_MAX + 1)]] {
        assert!(matches!(story.refuse(answers(1, true, grant(patterns))), Refused::Invalid { field: "patterns", .. }));
    }
    let question = Command::Answer {
        ask: AskId(2),
        allowed: true,
        message: Some("Red.".into()),
        by: AnsweredBy::Person("kim".into()),
        grant: grant(Vec::new()),
    };
    assert!(matches!(story.refuse(question), Refused::Invalid { field: "scope", .. }));
}

#[test]
fn a_gate_opens_again_only_while_nothing_was_attempted_behind_it() {
    let mut story = Story::begin();
    story.work(ARCHITECT, &done());
    let approval = story.gate();
    let reopen = Command::ReopenApproval { approval, changed: vec!["diff".into()] };
    assert!(matches!(story.refuse(reopen.clone()), Refused::Conflict(_)));
    assert!(!story.act(Command::Remind(approval)).is_empty());
    assert!(story.act(Command::Remind(approval)).is_empty());
    story.now += Duration::from_secs(1);
    story.act(decision(approval, Decision::Approve, None));
    story.act(reopen.clone());
    assert_eq!(story.pipeline.next(), Next::OpenApproval(GATE));
    let again = story.gate();
    story.now += Duration::from_secs(1);
    story.act(decision(again, Decision::Approve, None));
    story.now += Duration::from_secs(1);
    story.attempt(DEVELOPER);
    assert!(matches!(story.refuse(reopen), Refused::Conflict(_)));
}
