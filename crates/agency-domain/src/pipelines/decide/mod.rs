//! State and command in, events out. Pure; the one place that knows which transitions exist.

mod approvals;
mod attempts;

use super::{
    Attempt, AttemptFailure, AttemptStatus, Command, Event, FailureClass, FailureReason, Pipeline, PipelineStatus, ReasonCode, Refused,
    Step, StepStatus,
};
use crate::{AttemptId, StepId};

/// How many failures of a transient class in a row end a step: OpenCode has tried five times itself within each of them.
pub const TRANSIENT_FAILURES_MAX: usize = 3;

/// Which events a command brings about.
///
/// # Errors
/// Where the state forbids the command or its input does not fit. Nothing has changed then.
pub fn decide(pipeline: &Pipeline, command: Command) -> Result<Vec<Event>, Refused> {
    match command {
        Command::Start => start(pipeline),
        Command::BeginAttempt(new) => attempts::begin_attempt(pipeline, new),
        Command::MarkRunning(id) => {
            let (step, _) = expect_attempt(pipeline, id, |status| matches!(status, AttemptStatus::Starting))?;
            Ok(vec![Event::AttemptRunning { step_id: step.id, attempt_id: id }])
        }
        Command::MarkFinishing(id) => {
            let (step, _) = expect_attempt(pipeline, id, |status| matches!(status, AttemptStatus::Starting | AttemptStatus::Running))?;
            Ok(vec![Event::AttemptFinishing { step_id: step.id, attempt_id: id }])
        }
        Command::FinishAttempt { attempt, usage, result } => attempts::finish_attempt(pipeline, attempt, usage, result),
        Command::SettleUsage { attempt, usage } => {
            let (step, _) = expect_attempt(pipeline, attempt, |status| matches!(status, AttemptStatus::Cancelled))?;
            Ok(vec![Event::UsageSettled { step_id: step.id, attempt_id: attempt, usage }])
        }
        Command::OpenApproval { step, approval, digest } => approvals::open_approval(pipeline, step, approval, digest),
        Command::DecideApproval { approval, decision, comment, decided_by, digest, back_to } => {
            let said =
                approvals::Said { decision, comment: comment.filter(|comment| !comment.trim().is_empty()), decided_by, digest, back_to };
            approvals::decide_approval(pipeline, approval, &said)
        }
        Command::Cancel { by } => cancel(pipeline, by),
        Command::Fail(reason) => fail(pipeline, reason),
        Command::Observe { step, attempt, what } => Ok(vec![Event::Observed { step_id: step, attempt_id: attempt, what }]),
    }
}

fn start(pipeline: &Pipeline) -> Result<Vec<Event>, Refused> {
    match pipeline.status {
        PipelineStatus::Queued => Ok(vec![Event::PipelineStarted]),
        PipelineStatus::Running
        | PipelineStatus::WaitingForApproval
        | PipelineStatus::Paused
        | PipelineStatus::Succeeded
        | PipelineStatus::Failed(_)
        | PipelineStatus::Cancelled => Err(conflict(pipeline, "be started")),
    }
}

fn cancel(pipeline: &Pipeline, by: String) -> Result<Vec<Event>, Refused> {
    if pipeline.status.is_final() {
        return Err(conflict(pipeline, "be cancelled"));
    }
    let mut events = close_open_ends(
        pipeline,
        |step, attempt| Event::AttemptCancelled { step_id: step.id, attempt_id: attempt.id },
        StepStatus::Cancelled,
    );
    events.push(Event::PipelineCancelled { by });
    Ok(events)
}

fn fail(pipeline: &Pipeline, reason: FailureReason) -> Result<Vec<Event>, Refused> {
    if pipeline.status.is_final() {
        return Err(conflict(pipeline, "fail"));
    }
    let class = match reason.code {
        ReasonCode::GitError => FailureClass::GitError,
        ReasonCode::OpencodeUnavailable => FailureClass::OpencodeLost,
        ReasonCode::StepFailed
        | ReasonCode::NotConverging
        | ReasonCode::Rejected
        | ReasonCode::AgentBlocked
        | ReasonCode::CatalogBroken => FailureClass::AgentError,
    };
    let failed = |step: &Step, attempt: &Attempt| Event::AttemptFailed {
        step_id: step.id,
        attempt_id: attempt.id,
        failure: AttemptFailure { class, message: reason.message.clone() },
        usage: attempt.usage,
    };
    let mut events = close_open_ends(pipeline, failed, StepStatus::Failed);
    events.push(Event::PipelineFailed { reason });
    Ok(events)
}

/// Ends the open attempt, withdraws the open gate, and gives the step at work its last status.
fn close_open_ends(pipeline: &Pipeline, end_attempt: impl Fn(&Step, &Attempt) -> Event, status: StepStatus) -> Vec<Event> {
    let mut events: Vec<Event> = pipeline.open_attempt().map(|(step, attempt)| end_attempt(step, attempt)).into_iter().collect();
    if let Some(approval) = pipeline.pending_approval() {
        events.push(Event::ApprovalWithdrawn { step_id: approval.step_id, approval_id: approval.id });
    }
    let at_work = pipeline.steps.iter().filter(|step| matches!(step.status, StepStatus::Running | StepStatus::WaitingForApproval));
    events.extend(at_work.map(|step| Event::StepFinished { step_id: step.id, status }));
    events
}

pub(super) fn expect_attempt(
    pipeline: &Pipeline,
    id: AttemptId,
    fits: impl Fn(&AttemptStatus) -> bool,
) -> Result<(&Step, &Attempt), Refused> {
    let (step, attempt) = pipeline.attempt(id).ok_or_else(|| Refused::NoSuch(format!("attempt {id}")))?;
    if fits(&attempt.status) { Ok((step, attempt)) } else { Err(Refused::Conflict(format!("attempt {id} is {}", attempt.status.as_str()))) }
}

pub(super) fn current(pipeline: &Pipeline, id: StepId) -> Result<&Step, Refused> {
    match pipeline.current_step() {
        Some(step) if step.id == id => Ok(step),
        Some(_) | None => Err(Refused::Conflict(format!("step {id} is not the one that the chain stands at"))),
    }
}

pub(super) fn nearest_before<'a>(pipeline: &'a Pipeline, id: StepId, agent: &str) -> Option<&'a Step> {
    let index = pipeline.index_of(id)?;
    pipeline.steps[..index].iter().rev().find(|step| step.agent().is_some_and(|name| name.as_str() == agent))
}

pub(super) fn name_of(step: &Step) -> String {
    step.agent().map_or_else(|| "approval".to_owned(), ToString::to_string)
}

pub(super) fn conflict(pipeline: &Pipeline, wish: &str) -> Refused {
    Refused::Conflict(format!("pipeline {} is {} and cannot {wish}", pipeline.id, pipeline.status.as_str()))
}

pub(super) fn finish_step(pipeline: &Pipeline, step: &Step) -> Vec<Event> {
    let mut events = vec![Event::StepFinished { step_id: step.id, status: StepStatus::Succeeded }];
    if pipeline.steps.last().is_some_and(|last| last.id == step.id) {
        events.push(Event::PipelineSucceeded);
    }
    events
}

pub(super) fn fail_step(step: &Step, reason: FailureReason) -> Vec<Event> {
    vec![Event::StepFinished { step_id: step.id, status: StepStatus::Failed }, Event::PipelineFailed { reason }]
}
