//! Attempts: how they begin, and what follows from how they end.

use super::{TRANSIENT_FAILURES_MAX, conflict, current, expect_attempt, fail_step, finish_step, name_of, nearest_before};
use crate::handoffs::Outcome;
use crate::pipelines::{
    AttemptFailure, AttemptResult, AttemptStatus, Event, FailureClass, FailureReason, Finished, NewAttempt, Pipeline, PipelineStatus,
    ReasonCode, Refused, SentBackBy, Step, StepStatus,
};
use crate::reviews::Verdict;
use crate::templates::{ReviewLoop, StepKind};
use crate::{AttemptId, Usage};

pub(super) fn begin_attempt(pipeline: &Pipeline, new: NewAttempt) -> Result<Vec<Event>, Refused> {
    if pipeline.status != PipelineStatus::Running {
        return Err(conflict(pipeline, "begin an attempt"));
    }
    if let Some((_, open)) = pipeline.open_attempt() {
        return Err(Refused::Conflict(format!("attempt {} is still {}", open.id, open.status.as_str())));
    }
    let step = current(pipeline, new.step)?;
    let mut events = Vec::new();
    if step.status == StepStatus::Pending {
        events.push(Event::StepStarted { step_id: step.id });
    }
    events.push(Event::AttemptStarted {
        step_id: step.id,
        attempt_id: new.attempt,
        number: u32::try_from(step.attempts.len()).expect("fewer attempts than 2^32") + 1,
        model: new.model,
        session: new.session,
        message: new.message,
        base_commit: new.base_commit,
        prompt_sha256: new.prompt_sha256,
        prompt_bytes: new.prompt_bytes,
    });
    Ok(events)
}

pub(super) fn finish_attempt(pipeline: &Pipeline, id: AttemptId, usage: Usage, result: AttemptResult) -> Result<Vec<Event>, Refused> {
    let (step, _) = expect_attempt(pipeline, id, AttemptStatus::is_open)?;
    match result {
        AttemptResult::Succeeded(finished) => Ok(succeed(pipeline, step, id, usage, *finished)),
        AttemptResult::Failed(failure) => Ok(fail_attempt(step, id, usage, failure)),
        AttemptResult::Interrupted(reason) => Ok(vec![Event::AttemptInterrupted { step_id: step.id, attempt_id: id, reason, usage }]),
    }
}

fn fail_attempt(step: &Step, id: AttemptId, usage: Usage, failure: AttemptFailure) -> Vec<Event> {
    let earlier = step.attempts.iter().rev().filter(|attempt| attempt.id != id && attempt.status != AttemptStatus::Interrupted);
    let failures = 1 + earlier.take_while(|attempt| matches!(attempt.status, AttemptStatus::Failed(_))).count();
    let try_again = failure.class.is_transient() && failures < TRANSIENT_FAILURES_MAX;
    let reason = FailureReason {
        code: ReasonCode::StepFailed,
        message: format!("The step {} failed: {}", name_of(step), failure.message),
        hint: failure.class.hint().to_owned(),
    };
    let mut events = vec![Event::AttemptFailed { step_id: step.id, attempt_id: id, failure, usage }];
    if !try_again {
        events.extend(fail_step(step, reason));
    }
    events
}

fn succeed(pipeline: &Pipeline, step: &Step, id: AttemptId, usage: Usage, finished: Finished) -> Vec<Event> {
    let (step_id, record) = (step.id, &finished.handoff.record);
    let (outcome, verdict, summary) = (record.outcome, record.verdict, record.summary.clone());
    let mut events = vec![Event::HandoffRecorded { step_id, attempt_id: id, handoff: Box::new(finished.handoff) }];
    if outcome == Outcome::Failed {
        events.extend(fail_attempt(step, id, usage, AttemptFailure { class: FailureClass::AgentError, message: summary }));
        return events;
    }
    if finished.verdict_required && verdict.is_none() {
        let failure =
            AttemptFailure { class: FailureClass::HandoffInvalid, message: "the reviewing agent gave no verdict that can be read".into() };
        events.extend(fail_attempt(step, id, usage, failure));
        return events;
    }
    let verdict = verdict.filter(|_| finished.verdict_required);
    events.extend(verdict.map(|verdict| Event::VerdictRecorded { step_id, attempt_id: id, verdict }));
    events.push(Event::AttemptSucceeded { step_id, attempt_id: id, head_commit: finished.head_commit, usage });
    match (outcome, verdict) {
        (Outcome::Blocked, _) | (_, Some(Verdict::Blocked)) => events.extend(fail_step(step, blocked(step, &summary))),
        (_, Some(Verdict::ChangesRequested)) => events.extend(send_back_for_review(pipeline, step, &summary)),
        (Outcome::Done | Outcome::NoChangeNeeded | Outcome::Failed, Some(Verdict::Approved) | None) => {
            events.extend(finish_step(pipeline, step));
        }
    }
    events
}

fn send_back_for_review(pipeline: &Pipeline, step: &Step, summary: &str) -> Vec<Event> {
    let StepKind::Agent { on_changes_requested: Some(ReviewLoop { back_to, max_rounds }), .. } = &step.plan.kind else {
        return fail_step(
            step,
            FailureReason {
                code: ReasonCode::StepFailed,
                message: format!("{} asks for changes, and its step names nobody to make them: {summary}", name_of(step)),
                hint: "Give the step on_changes_requested with back_to and max_rounds in its template.".into(),
            },
        );
    };
    let target =
        nearest_before(pipeline, step.id, back_to.as_str()).expect("the loop's target is an earlier step: checked when the chain was made");
    if step.rounds >= *max_rounds {
        return fail_step(
            step,
            FailureReason {
                code: ReasonCode::NotConverging,
                message: format!(
                    "{} still asks for changes after {max_rounds} round{}: {summary}",
                    name_of(step),
                    if *max_rounds == 1 { "" } else { "s" }
                ),
                hint: "Read the open findings and the branch: finish it by hand, or start a new pipeline from it with a clearer request."
                    .into(),
            },
        );
    }
    vec![Event::SentBack { from: step.id, to: target.id, by: SentBackBy::Review }]
}

fn blocked(step: &Step, summary: &str) -> FailureReason {
    FailureReason {
        code: ReasonCode::AgentBlocked,
        message: format!("{} cannot go on: {summary}", name_of(step)),
        hint: "Answer its open questions in the description of a new pipeline.".into(),
    }
}
