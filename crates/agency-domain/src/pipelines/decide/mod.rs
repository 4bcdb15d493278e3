//! State and command in, events out. Pure; the one place that knows which transitions exist.

mod approvals;
mod attempts;
mod control;
mod endings;
mod questions;
mod steering;

use super::{
    Answer, AnsweredBy, Attempt, AttemptFailure, AttemptStatus, Command, Event, FailureClass, FailureReason, PauseCode, PauseReason,
    Pipeline, PipelineStatus, ReasonCode, Refused, Step, StepStatus,
};
use crate::{AttemptId, StepId, Timestamp, Usage};
use questions::Asking;
use steering::Asked;

/// How often the same failure in a row ends a step, whatever its class: a fourth time is the same again.
pub const SAME_FAILURES_MAX: usize = 3;

/// Which events a command brings about at a moment.
///
/// # Errors
/// Where the state forbids the command or its input does not fit. Nothing has changed then.
pub fn decide(pipeline: &Pipeline, command: Command, at: Timestamp) -> Result<Vec<Event>, Refused> {
    match command {
        Command::Start => start(pipeline),
        Command::BeginAttempt(new) => attempts::begin_attempt(pipeline, new, at),
        Command::MarkRunning(id) => {
            let (step, _) = expect_attempt(pipeline, id, |status| matches!(status, AttemptStatus::Starting))?;
            Ok(vec![Event::AttemptRunning { step_id: step.id, attempt_id: id }])
        }
        Command::MarkFinishing { attempt, usage } => {
            let (step, known) =
                expect_attempt(pipeline, attempt, |status| matches!(status, AttemptStatus::Starting | AttemptStatus::Running))?;
            let finishing = Event::AttemptFinishing { step_id: step.id, attempt_id: attempt };
            Ok(report_usage(step, known, usage).into_iter().chain([finishing]).collect())
        }
        Command::FinishAttempt { attempt, usage, result } => endings::finish_attempt(pipeline, attempt, usage, result, at),
        Command::ReportUsage { attempt, usage } => {
            let (step, known) = expect_attempt(pipeline, attempt, AttemptStatus::is_open)?;
            Ok(report_usage(step, known, usage).into_iter().collect())
        }
        Command::SettleUsage { attempt, usage } => {
            let stopped = |status: &AttemptStatus| matches!(status, AttemptStatus::Cancelled | AttemptStatus::Interrupted);
            let (step, known) = expect_attempt(pipeline, attempt, stopped)?;
            let usage = usage.or_more(known.usage);
            Ok(vec![Event::UsageSettled { step_id: step.id, attempt_id: attempt, usage }])
        }
        Command::OpenApproval { step, approval, digest } => approvals::open_approval(pipeline, step, approval, digest),
        Command::DecideApproval { approval, decision, comment, decided_by, digest, back_to } => {
            let said =
                approvals::Said { decision, comment: comment.filter(|comment| !comment.trim().is_empty()), decided_by, digest, back_to };
            approvals::decide_approval(pipeline, approval, &said, at)
        }
        Command::Remind(approval) => approvals::remind(pipeline, approval),
        Command::ReopenApproval { approval, changed } => approvals::reopen(pipeline, approval, changed),
        Command::Cancel { by } => cancel(pipeline, by, at),
        Command::Fail(reason) => fail(pipeline, reason, at),
        Command::Pause { by, now } => control::pause(pipeline, by, now, at),
        Command::PauseForBudget { step } => control::pause_for_budget(pipeline, step, at),
        Command::Resume { by, budget } => control::resume(pipeline, by, budget, at),
        Command::ChangeBudget { by, budget } => control::change_budget(pipeline, by, budget),
        Command::WarnOfBudget { ceiling, percent } => Ok(control::warn_of_budget(pipeline, ceiling, percent)),
        Command::Retry { by, step, model, instruction } => control::retry(pipeline, &control::Retry { by, step, model, instruction }, at),
        Command::Steer { steer, text, by } => steering::steer(pipeline, steer, text, by, at),
        Command::MarkDelivered { steer, attempt } => steering::mark_delivered(pipeline, steer, attempt),
        Command::Ask { ask, attempt, kind, subject, patterns, suggested, deadline } => {
            steering::ask(pipeline, attempt, Asked { id: ask, kind, subject, patterns, suggested, deadline }, at)
        }
        Command::Answer { ask, allowed, message, by, grant } => {
            steering::answer(pipeline, ask, Answer { allowed, message, by, at, grant: None }, grant)
        }
        Command::Revoke { ask, by } => steering::revoke(pipeline, ask, by, at),
        Command::AskQuestion { question, step, attempt, text, by } => {
            questions::ask(pipeline, Asking { id: question, step, attempt, text, by }, at)
        }
        Command::EndQuestion { question, outcome, text, usage } => questions::end(pipeline, question, outcome, text, usage, at),
        Command::AcceptCriterion { criterion, by, reason } => control::accept_criterion(pipeline, criterion, by, reason, at),
        Command::Observe { step, attempt, what } => Ok(vec![Event::Observed { step_id: step, attempt_id: attempt, what }]),
    }
}

/// What is known of an attempt's usage never becomes less.
fn report_usage(step: &Step, attempt: &Attempt, usage: Usage) -> Option<Event> {
    let usage = usage.or_more(attempt.usage);
    (attempt.usage != usage).then_some(Event::UsageReported { step_id: step.id, attempt_id: attempt.id, usage })
}

fn start(pipeline: &Pipeline) -> Result<Vec<Event>, Refused> {
    match pipeline.status {
        PipelineStatus::Queued => Ok(vec![Event::PipelineStarted]),
        PipelineStatus::Running
        | PipelineStatus::WaitingForApproval
        | PipelineStatus::Paused(_)
        | PipelineStatus::Succeeded
        | PipelineStatus::Failed(_)
        | PipelineStatus::Cancelled => Err(conflict(pipeline, "be started")),
    }
}

fn cancel(pipeline: &Pipeline, by: String, at: Timestamp) -> Result<Vec<Event>, Refused> {
    if pipeline.status.is_final() {
        return Err(conflict(pipeline, "be cancelled"));
    }
    let mut events = close_open_ends(
        pipeline,
        |step, attempt| Event::AttemptCancelled { step_id: step.id, attempt_id: attempt.id },
        Some(StepStatus::Cancelled),
        at,
    );
    events.push(Event::PipelineCancelled { by });
    Ok(events)
}

fn fail(pipeline: &Pipeline, reason: FailureReason, at: Timestamp) -> Result<Vec<Event>, Refused> {
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
        retry_at: None,
    };
    let mut events = close_open_ends(pipeline, failed, Some(StepStatus::Failed), at);
    events.push(Event::PipelineFailed { reason });
    Ok(events)
}

/// Ends the open attempt with what it asked, withdraws the open gate, and gives the step at work its last status, where it has one.
fn close_open_ends(
    pipeline: &Pipeline,
    end_attempt: impl Fn(&Step, &Attempt) -> Event,
    status: Option<StepStatus>,
    at: Timestamp,
) -> Vec<Event> {
    let mut events = Vec::new();
    if let Some((step, attempt)) = pipeline.open_attempt() {
        events.extend(close_asks(pipeline, attempt.id, at));
        events.push(end_attempt(step, attempt));
    }
    if let Some(approval) = pipeline.pending_approval() {
        events.push(Event::ApprovalWithdrawn { step_id: approval.step_id, approval_id: approval.id });
    }
    let at_work = pipeline.steps.iter().filter(|step| matches!(step.status, StepStatus::Running | StepStatus::WaitingForApproval));
    events.extend(status.into_iter().flat_map(|status| at_work.clone().map(move |step| Event::StepFinished { step_id: step.id, status })));
    events
}

/// What an attempt asked and nobody answered: nobody needs to any more.
fn close_asks(pipeline: &Pipeline, attempt: AttemptId, at: Timestamp) -> Vec<Event> {
    let open = pipeline.asks.iter().filter(|ask| ask.attempt == attempt && ask.answer.is_none());
    open.map(|ask| Event::PermissionAnswered {
        step_id: ask.step,
        attempt_id: attempt,
        ask_id: ask.id,
        answer: Answer { allowed: false, message: None, by: AnsweredBy::End, at, grant: None },
    })
    .collect()
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

pub(super) fn conflict(pipeline: &Pipeline, wish: &str) -> Refused {
    Refused::Conflict(format!("pipeline {} is {} and cannot {wish}", pipeline.id, pipeline.status.as_str()))
}

/// Ends the step that the chain stands at, and the pipeline with its last step: as succeeded, or waiting for a person where a criterion is
/// without evidence. `pipeline` is as the events so far leave it.
pub(super) fn finish_step(pipeline: &Pipeline, step: StepId, status: StepStatus) -> Vec<Event> {
    let mut events = vec![Event::StepFinished { step_id: step, status }];
    if pipeline.steps.last().is_some_and(|last| last.id == step) {
        events.push(end_of_chain(pipeline));
    }
    events
}

/// What follows when every step is done.
pub(super) fn end_of_chain(pipeline: &Pipeline) -> Event {
    let open: Vec<&str> = pipeline.unsettled_criteria().map(|criterion| criterion.id.as_str()).collect();
    if open.is_empty() {
        return Event::PipelineSucceeded;
    }
    let (ids, are) = (open.join(", "), if open.len() == 1 { "is" } else { "are" });
    Event::PipelinePaused {
        reason: PauseReason {
            code: PauseCode::NeedsAttention,
            message: format!("Every step is done, but {ids} {are} without evidence."),
            hint: "Look at each and accept it with a reason, or retry a step with an instruction.".into(),
        },
    }
}

pub(super) fn fail_step(step: StepId, reason: FailureReason) -> Vec<Event> {
    vec![Event::StepFinished { step_id: step, status: StepStatus::Failed }, Event::PipelineFailed { reason }]
}

/// Pauses for a person, in the middle of a step.
pub(super) fn needs_attention(message: String, hint: &str) -> Event {
    Event::PipelinePaused { reason: PauseReason { code: PauseCode::NeedsAttention, message, hint: hint.to_owned() } }
}

/// The pipeline as some events leave it.
pub(super) fn after(pipeline: &Pipeline, events: &[Event], at: Timestamp) -> Pipeline {
    let mut after = pipeline.clone();
    after.apply_all(events, at);
    after
}
