//! The chain: steps, attempts, reviews, approvals, ends.

use super::*;
use crate::pipelines::{AttemptStatus, Next, SAME_FAILURES_MAX};

#[test]
fn a_chain_goes_step_by_step_to_its_end() {
    let mut story = Story::queued();
    assert_eq!(story.pipeline.next(), Next::Start);
    story.act(Command::Start);
    assert_eq!(story.pipeline.next(), Next::Attempt(ARCHITECT));
    story.work(ARCHITECT, &done());
    assert_eq!(story.pipeline.next(), Next::OpenApproval(GATE));
    let approval = story.gate();
    assert_eq!((story.pipeline.next(), &story.pipeline.status), (Next::Decision(approval), &PipelineStatus::WaitingForApproval));
    story.act(decision(approval, Decision::Approve, None));
    story.work(DEVELOPER, &done());
    story.work(REVIEWER, &review("approved", 1));
    assert_eq!((story.pipeline.next(), &story.pipeline.status), (Next::Nothing, &PipelineStatus::Succeeded));
    assert_eq!(story.pipeline.head_commit, commit('b'));
    assert!(story.pipeline.finished_at.is_some());
}

#[test]
fn changes_requested_goes_back_at_most_max_rounds_times_and_then_does_not_pass() {
    let mut story = Story::approved();
    for round in 1..=2 {
        story.work(DEVELOPER, &done());
        story.work(REVIEWER, &review("changes_requested", round));
        assert_eq!((story.pipeline.next(), story.pipeline.step(REVIEWER).unwrap().rounds), (Next::Attempt(DEVELOPER), round));
    }
    story.work(DEVELOPER, &done());
    story.work(REVIEWER, &review("changes_requested", 3));
    assert_eq!(story.reason(), ReasonCode::NotConverging);
    assert_eq!(story.pipeline.step(DEVELOPER).unwrap().attempts.len(), 3);
}

#[test]
fn a_review_without_a_verdict_never_passes() {
    let mut story = Story::approved();
    story.work(DEVELOPER, &done());
    let attempt = story.attempt(REVIEWER);
    let AttemptResult::Succeeded(mut finished) = handed_off(attempt, &done()) else { unreachable!() };
    finished.verdict_required = true;
    story.finish(attempt, AttemptResult::Succeeded(finished));
    assert_eq!((story.pause(), story.pipeline.next()), (PauseCode::NeedsAttention, Next::Resumption));
    assert_ne!(story.status_of(REVIEWER), StepStatus::Succeeded);
}

#[test]
fn a_blocked_agent_or_verdict_waits_for_a_person_with_its_words() {
    for (step, arguments) in [(DEVELOPER, json!({ "summary": "Which key?", "outcome": "blocked" })), (REVIEWER, review("blocked", 1))] {
        let mut story = Story::approved();
        if step == REVIEWER {
            story.work(DEVELOPER, &done());
        }
        story.work(step, &arguments);
        assert_eq!(story.pause(), PauseCode::NeedsAttention);
        story.act(Command::Resume { by: "kim".into(), budget: Budget::default() });
        assert_eq!(story.pipeline.next(), Next::Attempt(step));
    }
}

#[test]
fn a_transient_failure_is_tried_again_and_the_third_in_a_row_ends_it() {
    let mut story = Story::begin();
    for _ in 1..SAME_FAILURES_MAX {
        let attempt = story.attempt(ARCHITECT);
        story.finish(attempt, failed(FailureClass::ProviderUnavailable));
        assert_eq!(story.pipeline.next(), Next::Attempt(ARCHITECT));
    }
    let attempt = story.attempt(ARCHITECT);
    story.finish(attempt, failed(FailureClass::ProviderUnavailable));
    assert_eq!(story.reason(), ReasonCode::StepFailed);
    assert_eq!([GATE, DEVELOPER, REVIEWER].map(|step| story.status_of(step)), [StepStatus::Skipped; 3]);
}

#[test]
fn other_failures_end_the_step_at_once() {
    let mut story = Story::begin();
    let attempt = story.attempt(ARCHITECT);
    story.finish(attempt, failed(FailureClass::HandoffInvalid));
    assert_eq!(story.reason(), ReasonCode::StepFailed);
}

#[test]
fn an_interrupted_attempt_stays_visible_and_is_attempted_again_however_often() {
    let mut story = Story::begin();
    for number in 1..=5 {
        let attempt = story.attempt(ARCHITECT);
        assert_eq!(story.pipeline.next(), Next::Resume(ARCHITECT, attempt));
        story.finish(attempt, AttemptResult::Interrupted("kill -9".into()));
        let attempts = &story.pipeline.step(ARCHITECT).unwrap().attempts;
        assert_eq!((attempts.len(), &attempts[number - 1].status), (number, &AttemptStatus::Interrupted));
        assert_eq!(story.pipeline.next(), Next::Attempt(ARCHITECT));
    }
}

#[test]
fn only_one_attempt_is_open_and_only_at_the_current_step() {
    let mut story = Story::begin();
    assert!(matches!(story.refuse(Command::BeginAttempt(new_attempt(DEVELOPER, AttemptId(9)))), Refused::Conflict(_)));
    let attempt = story.attempt(ARCHITECT);
    assert!(matches!(story.refuse(Command::BeginAttempt(new_attempt(ARCHITECT, AttemptId(9)))), Refused::Conflict(_)));
    story.finish(attempt, handed_off(attempt, &done()));
    let again = Command::FinishAttempt { attempt, usage: Usage::default(), result: failed(FailureClass::Stalled) };
    assert!(matches!(story.refuse(again), Refused::Conflict(_)));
}

#[test]
fn request_changes_needs_a_comment_and_goes_back_to_an_earlier_step() {
    let mut story = Story::begin();
    story.work(ARCHITECT, &done());
    let approval = story.gate();
    assert!(matches!(story.refuse(decision(approval, Decision::RequestChanges, Some("  "))), Refused::Invalid { field: "comment", .. }));
    let stranger = Command::DecideApproval {
        approval,
        decision: Decision::RequestChanges,
        comment: Some("x".into()),
        decided_by: "kim".into(),
        digest: None,
        back_to: Some("developer".into()),
    };
    assert!(matches!(story.refuse(stranger), Refused::Invalid { field: "back_to", .. }));
    story.act(decision(approval, Decision::RequestChanges, Some("Smaller.")));
    assert_eq!((story.pipeline.next(), story.status_of(GATE)), (Next::Attempt(ARCHITECT), StepStatus::Pending));
    story.work(ARCHITECT, &done());
    assert_eq!(story.pipeline.next(), Next::OpenApproval(GATE));
}

#[test]
fn a_rejection_fails_the_pipeline_with_the_comment() {
    let mut story = Story::begin();
    story.work(ARCHITECT, &done());
    let approval = story.gate();
    story.act(decision(approval, Decision::Reject, Some("Not now.")));
    assert_eq!(story.reason(), ReasonCode::Rejected);
    assert!(matches!(&story.pipeline.status, PipelineStatus::Failed(reason) if reason.message.contains("Not now.")));
}

#[test]
fn a_second_decision_is_told_who_was_first_and_a_stale_one_changes_nothing() {
    let mut story = Story::begin();
    story.work(ARCHITECT, &done());
    let approval = story.gate();
    let stale = Command::DecideApproval {
        approval,
        decision: Decision::Approve,
        comment: None,
        decided_by: "kim".into(),
        digest: Some("other".into()),
        back_to: None,
    };
    assert_eq!(story.refuse(stale), Refused::Stale);
    story.act(decision(approval, Decision::Approve, None));
    let second = story.refuse(decision(approval, Decision::Reject, None));
    assert_eq!(second, Refused::AlreadyDecided { status: "approved", decided_by: "kim".into() });
}

#[test]
fn cancelling_closes_whatever_is_open() {
    let mut story = Story::begin();
    let attempt = story.attempt(ARCHITECT);
    story.act(Command::Cancel { by: "kim".into() });
    assert_eq!(story.pipeline.attempt(attempt).unwrap().1.status, AttemptStatus::Cancelled);
    assert!(story.pipeline.steps.iter().all(|step| step.status == StepStatus::Cancelled));

    let usage = Usage { tokens: crate::Tokens { input: 7, ..Default::default() }, ..Usage::default() };
    story.act(Command::SettleUsage { attempt, usage });
    assert_eq!(story.pipeline.usage().tokens.input, 7);

    let mut waiting = Story::begin();
    waiting.work(ARCHITECT, &done());
    waiting.gate();
    waiting.act(Command::Cancel { by: "kim".into() });
    assert!(waiting.pipeline.pending_approval().is_none());
    assert_eq!(waiting.pipeline.next(), Next::Nothing);
}

#[test]
fn whatever_has_ended_takes_no_command_but_an_observation() {
    let mut story = Story::begin();
    story.act(Command::Cancel { by: "kim".into() });
    let commands = [
        Command::Start,
        Command::BeginAttempt(new_attempt(ARCHITECT, AttemptId(9))),
        Command::OpenApproval { step: GATE, approval: ApprovalId(9), digest: String::new() },
        Command::Cancel { by: "kim".into() },
    ];
    for command in commands {
        assert!(matches!(story.refuse(command), Refused::Conflict(_)));
    }
}

#[test]
fn events_are_all_that_is_needed_to_rebuild_a_pipeline() {
    let mut story = Story::queued();
    let mut replayed = story.pipeline.clone();
    let mut log = story.act(Command::Start);
    let attempt = AttemptId(1);
    log.extend(story.act(Command::BeginAttempt(new_attempt(ARCHITECT, attempt))));
    log.extend(story.act(Command::MarkRunning(attempt)));
    log.extend(story.finish(attempt, handed_off(attempt, &done())));
    let stored = serde_json::to_string(&log).unwrap();
    let read: Vec<Event> = serde_json::from_str(&stored).unwrap();
    replayed.apply_all(&read, story.now);
    assert_eq!(replayed, story.pipeline);
}

#[test]
fn changes_are_asked_of_the_nearest_step_that_may_make_them() {
    let gate = StepPlan::of(StepKind::Approval { question: "Merge it?".into(), remind_after: None });
    let plans = vec![agent("product-owner", false), agent("developer", true), agent("senior-reviewer", false), gate.clone()];
    assert_eq!(Story::over(plans).pipeline.back_to_choices(StepId(4)), ["developer", "senior-reviewer", "product-owner"]);
    let plans = vec![agent("product-owner", false), agent("architect", false), gate];
    assert_eq!(Story::over(plans).pipeline.back_to_choices(StepId(3)), ["architect", "product-owner"], "nobody wrote anything yet");
}
