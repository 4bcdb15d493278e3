//! Steps that a person begins afresh, and everything after them.

use super::*;
use crate::pipelines::Next;
use crate::{ModelName, SteerId};

fn retry(step: Option<StepId>) -> Command {
    Command::Retry { by: "kim".into(), step, model: None, instruction: None }
}

#[test]
fn a_retry_begins_a_step_and_all_after_it_afresh() {
    let mut story = Story::approved();
    let attempt = story.attempt(DEVELOPER);
    story.finish(attempt, failed(FailureClass::AgentError));
    assert_eq!(story.reason(), ReasonCode::StepFailed);
    let model = ModelName::parse("other/model").unwrap();
    let instruction = Some((SteerId(1), "Use the old parser.".to_owned()));
    story.act(Command::Retry { by: "kim".into(), step: None, model: Some(model.clone()), instruction });
    assert_eq!(story.pipeline.next(), Next::Attempt(DEVELOPER));
    let step = story.pipeline.step(DEVELOPER).unwrap();
    assert_eq!(story.pipeline.model_for(step), Some(&model));
    assert_eq!(story.pipeline.steers_for(DEVELOPER).count(), 1);
    assert_eq!(story.pipeline.steers_for(REVIEWER).count(), 0);
    story.work(DEVELOPER, &done());
    story.work(REVIEWER, &review("approved", 1));
    assert_eq!(story.pipeline.status, PipelineStatus::Succeeded);
    story.act(retry(Some(ARCHITECT)));
    assert_eq!((story.pipeline.next(), story.status_of(GATE)), (Next::Attempt(ARCHITECT), StepStatus::Pending));
    assert_eq!(story.pipeline.head_commit, commit('a'));
    assert!(matches!(story.refuse(retry(None)), Refused::Conflict(_)));
}

fn worktree_gone() -> Command {
    Command::Fail(FailureReason { code: ReasonCode::GitError, message: "The worktree is gone.".into(), hint: "Retry.".into() })
}

#[test]
fn a_run_that_failed_between_two_steps_goes_on_with_the_one_that_could_not_begin() {
    let mut story = Story::approved();
    story.work(DEVELOPER, &done());
    let head = story.pipeline.head_commit.clone();
    story.act(worktree_gone());
    story.act(retry(None));
    assert_eq!((story.pipeline.next(), story.status_of(DEVELOPER)), (Next::Attempt(REVIEWER), StepStatus::Succeeded));
    assert_eq!(story.pipeline.head_commit, head, "what is done stays done");
}

#[test]
fn a_retry_after_a_round_keeps_the_work_of_that_round() {
    let mut story = Story::approved();
    story.work(DEVELOPER, &done());
    let first = story.pipeline.head_commit.clone();
    story.work(REVIEWER, &review("changes_requested", 1));
    story.work(DEVELOPER, &done());
    story.pipeline.head_commit = commit('f');
    story.act(worktree_gone());
    story.act(retry(None));
    assert_eq!(story.pipeline.next(), Next::Attempt(REVIEWER));
    assert!(first != commit('f') && story.pipeline.head_commit == commit('f'), "{}", story.pipeline.head_commit);
}

#[test]
fn a_step_that_an_end_left_undone_is_not_done_because_of_an_earlier_round() {
    let mut story = Story::over(vec![agent("developer", true), reviewing(), agent("writer", true), agent("editor", false)]);
    story.act(Command::Start);
    story.work(StepId(1), &done());
    story.work(StepId(2), &review("changes_requested", 1));
    story.work(StepId(1), &done());
    story.act(worktree_gone());
    assert!(matches!(story.refuse(retry(Some(StepId(3)))), Refused::Conflict(_)), "nobody has approved");
}

fn reviewing() -> StepPlan {
    let back = crate::templates::ReviewLoop { back_to: AgentName::parse("developer").unwrap(), max_rounds: 3 };
    StepPlan::of(StepKind::Agent { agent: AgentName::parse("reviewer").unwrap(), on_changes_requested: Some(back) })
}

#[test]
fn a_gate_that_could_not_open_opens_and_a_rejected_one_is_worked_for_again() {
    let mut story = Story::begin();
    story.work(ARCHITECT, &done());
    story.act(worktree_gone());
    story.act(retry(None));
    assert_eq!(story.pipeline.next(), Next::OpenApproval(GATE));
    let approval = story.gate();
    story.act(decision(approval, Decision::Reject, Some("No.")));
    story.act(retry(None));
    assert_eq!(story.pipeline.next(), Next::Attempt(ARCHITECT));
}

#[test]
fn a_step_that_was_never_reached_is_not_retried() {
    let mut story = Story::begin();
    let attempt = story.attempt(ARCHITECT);
    story.finish(attempt, failed(FailureClass::AgentError));
    assert!(matches!(story.refuse(retry(Some(REVIEWER))), Refused::Conflict(_)));
}
