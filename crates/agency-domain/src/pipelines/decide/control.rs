//! What people do with a run: pause, resume, retry, change its budget, accept a criterion.

use super::{after, close_open_ends, conflict, end_of_chain};
use crate::budgets::{Budget, Ceiling};
use crate::criteria::Acceptance;
use crate::pipelines::spending::own_ceiling_reached;
use crate::pipelines::{Event, PauseCode, PauseReason, Pipeline, PipelineStatus, Refused, Steer, Step};
use crate::{CommitId, ModelName, SteerId, StepId, Timestamp};

pub(super) fn pause(pipeline: &Pipeline, by: String, now: bool, at: Timestamp) -> Result<Vec<Event>, Refused> {
    match pipeline.status {
        PipelineStatus::Queued => Ok(vec![Event::PipelinePaused { reason: PauseReason::by_user(&by) }]),
        PipelineStatus::Running => {
            let Some((step, attempt)) = pipeline.open_attempt() else {
                return Ok(vec![Event::PipelinePaused { reason: PauseReason::by_user(&by) }]);
            };
            if !now {
                return Ok(if pipeline.pause_requested.is_some() { Vec::new() } else { vec![Event::PauseRequested { by }] });
            }
            let reason = format!("{by} paused the pipeline");
            let end = |_: &_, _: &_| Event::AttemptInterrupted {
                step_id: step.id,
                attempt_id: attempt.id,
                reason: reason.clone(),
                usage: attempt.usage,
            };
            let mut events = close_open_ends(pipeline, end, None, at);
            events.push(Event::PipelinePaused { reason: PauseReason::by_user(&by) });
            Ok(events)
        }
        PipelineStatus::WaitingForApproval
        | PipelineStatus::Paused(_)
        | PipelineStatus::Succeeded
        | PipelineStatus::Failed(_)
        | PipelineStatus::Cancelled => Err(conflict(pipeline, "be paused")),
    }
}

pub(super) fn pause_for_budget(pipeline: &Pipeline, step: StepId, at: Timestamp) -> Result<Vec<Event>, Refused> {
    if pipeline.status != PipelineStatus::Running || pipeline.open_attempt().is_some() {
        return Err(conflict(pipeline, "be paused for its budget"));
    }
    let step = pipeline.step(step).ok_or_else(|| Refused::NoSuch(format!("step {step}")))?;
    let Some(ceiling) = pipeline.ceiling_reached(step, at) else { return Ok(Vec::new()) };
    Ok(vec![Event::PipelinePaused { reason: PauseReason::budget(ceiling) }])
}

pub(super) fn resume(pipeline: &Pipeline, by: String, raise: Budget, at: Timestamp) -> Result<Vec<Event>, Refused> {
    let PipelineStatus::Paused(_) = &pipeline.status else {
        return Err(conflict(pipeline, "be resumed"));
    };
    let own = pipeline.first_open_step().and_then(|step| Some((step.id, own_ceiling_reached(step, at)?)));
    // Where only the step's own ceiling is in the way, the run's stays as it is.
    let is_for_the_step = own.is_some() && pipeline.budget.reached(&pipeline.spent(at)).is_none();
    let mut events = if raise.is_empty() || is_for_the_step { Vec::new() } else { change_budget(pipeline, by.clone(), raise)? };
    let left = after(pipeline, &events, at);
    if left.first_open_step().is_none() {
        return match end_of_chain(&left) {
            Event::PipelineSucceeded => {
                events.extend([Event::PipelineResumed { by }, Event::PipelineSucceeded]);
                Ok(events)
            }
            _ => Err(Refused::Conflict(format!(
                "pipeline {} waits for evidence: accept the criteria that have none, or retry a step",
                pipeline.id
            ))),
        };
    }
    if let Some(ceiling) = left.budget.reached(&left.spent(at)) {
        let message = format!("the ceiling of {} is reached: raise it, for example {{\"budget\": {{\"{0}\": …}}}}", ceiling.as_str());
        return Err(Refused::Invalid { field: "budget", message });
    }
    if let Some((step, ceiling)) = own {
        events.push(lift_own_ceiling(pipeline, step, ceiling, by, raise)?);
        return Ok(events);
    }
    events.push(if pipeline.started_at.is_some() { Event::PipelineResumed { by } } else { Event::PipelineStarted });
    Ok(events)
}

/// A step's own ceiling is the template's, and counts from where the step last began afresh: lifting it begins it afresh, once a person names it.
fn lift_own_ceiling(pipeline: &Pipeline, step_id: StepId, ceiling: Ceiling, by: String, raise: Budget) -> Result<Event, Refused> {
    let is_named = match ceiling {
        Ceiling::Tokens => raise.tokens.is_some(),
        Ceiling::Money => raise.money.is_some(),
        Ceiling::Minutes => raise.minutes.is_some(),
        Ceiling::Attempts => raise.attempts.is_some(),
    };
    if !is_named {
        let name = ceiling.as_str();
        let message = format!(
            "the step's own ceiling of {name} is reached: name it, for example {{\"budget\": {{\"{name}\": …}}}}, and it counts afresh"
        );
        return Err(Refused::Invalid { field: "budget", message });
    }
    Ok(Event::StepRetried { step_id, by, model: None, head_commit: pipeline.head_commit.clone() })
}

pub(super) fn change_budget(pipeline: &Pipeline, by: String, raise: Budget) -> Result<Vec<Event>, Refused> {
    if pipeline.status.is_final() {
        return Err(conflict(pipeline, "change its budget"));
    }
    let numbers = [raise.tokens.map(|n| n > 0), raise.money.map(|n| n > 0.0), raise.minutes.map(|n| n > 0), raise.attempts.map(|n| n > 0)];
    if numbers.into_iter().flatten().any(|positive| !positive) {
        return Err(Refused::Invalid { field: "budget", message: "use numbers above 0, or leave a ceiling out".into() });
    }
    if raise.is_empty() {
        return Err(Refused::Invalid { field: "budget", message: "name at least one of tokens, money, minutes and attempts".into() });
    }
    Ok(vec![Event::BudgetChanged { by, budget: pipeline.budget.with(raise) }])
}

pub(super) fn warn_of_budget(pipeline: &Pipeline, ceiling: Ceiling, percent: u32) -> Vec<Event> {
    // A warning may come late by a moment; what has ended needs none.
    let is_late = pipeline.status.is_final() || pipeline.warned.contains(&ceiling);
    if is_late { Vec::new() } else { vec![Event::BudgetWarning { ceiling, percent }] }
}

/// What is retried, and how differently.
pub(super) struct Retry {
    pub(super) by: String,
    pub(super) step: Option<StepId>,
    pub(super) model: Option<ModelName>,
    pub(super) instruction: Option<(SteerId, String)>,
}

pub(super) fn retry(pipeline: &Pipeline, retry: &Retry, at: Timestamp) -> Result<Vec<Event>, Refused> {
    if matches!(pipeline.status, PipelineStatus::Queued | PipelineStatus::Running) {
        return Err(Refused::Conflict(format!("pipeline {} is {}: pause it first, then retry", pipeline.id, pipeline.status.as_str())));
    }
    let step = match retry.step {
        Some(id) => pipeline.step(id).ok_or_else(|| Refused::NoSuch(format!("step {id}")))?,
        None => stood_at(pipeline).ok_or_else(|| Refused::NoSuch("step".into()))?,
    };
    if !steps_before(pipeline, step).iter().all(Step::is_done) {
        return Err(Refused::Conflict(format!("step {} has not been reached yet: retry an earlier one, or resume", step.id)));
    }
    if retry.model.is_some() && step.agent().is_none() {
        return Err(Refused::Invalid { field: "model", message: format!("step {} is no agent's step, so it has no model", step.id) });
    }
    let mut events = close_open_ends(pipeline, |_, _| unreachable!("no attempt is open here"), None, at);
    if let Some((id, text)) = &retry.instruction {
        let steer = Steer { id: *id, text: text.clone(), by: retry.by.clone(), at, step: Some(step.id), delivered_in: None };
        events.push(Event::Steered { steer });
    }
    let head_commit = began_at(pipeline, step).clone();
    events.push(Event::StepRetried { step_id: step.id, by: retry.by.clone(), model: retry.model.clone(), head_commit });
    Ok(events)
}

/// Where the chain stood: of a run that failed, the step that could not be done; else the one that was attempted last.
fn stood_at(pipeline: &Pipeline) -> Option<&Step> {
    let undone = pipeline.steps.iter().find(|step| !step.is_done()).filter(|_| matches!(pipeline.status, PipelineStatus::Failed(_)));
    // A gate that has been open was rejected: what it asked about is worked for again.
    let was_open = |step: &Step| pipeline.approvals.iter().any(|approval| approval.step_id == step.id);
    let attempted_last = || pipeline.attempts_in_order().last().map(|(step, _)| *step);
    // It ended before any attempt: with the first step it begins.
    undone.filter(|step| !was_open(step)).or_else(attempted_last).or(pipeline.steps.first())
}

/// The commit from which a step begins afresh: where its last attempt began; the branch as it stands, where none began since the step was
/// reached last.
fn began_at<'a>(pipeline: &'a Pipeline, step: &'a Step) -> &'a CommitId {
    let newest_before = steps_before(pipeline, step).iter().flat_map(|step| &step.attempts).map(|attempt| attempt.id).max();
    let began = step.attempts.last().filter(|attempt| newest_before.is_none_or(|newest| newest < attempt.id));
    began.map_or(&pipeline.head_commit, |attempt| &attempt.base_commit)
}

fn steps_before<'a>(pipeline: &'a Pipeline, step: &Step) -> &'a [Step] {
    &pipeline.steps[..pipeline.index_of(step.id).unwrap_or(0)]
}

pub(super) fn accept_criterion(pipeline: &Pipeline, id: String, by: String, reason: String, at: Timestamp) -> Result<Vec<Event>, Refused> {
    if pipeline.status.is_final() {
        return Err(conflict(pipeline, "accept a criterion"));
    }
    let criterion =
        pipeline.criteria.iter().find(|criterion| criterion.id == id).ok_or_else(|| Refused::NoSuch(format!("criterion {id}")))?;
    if reason.trim().is_empty() {
        return Err(Refused::Invalid { field: "reason", message: "say why it may be taken as met without evidence".into() });
    }
    if let Some(acceptance) = &criterion.accepted {
        return Err(Refused::Conflict(format!("{id} is accepted already, by {}", acceptance.by)));
    }
    let mut events = vec![Event::CriterionAccepted { criterion_id: id, acceptance: Acceptance { by: by.clone(), reason, at } }];
    let left = after(pipeline, &events, at);
    let waits = matches!(&left.status, PipelineStatus::Paused(reason) if reason.code == PauseCode::NeedsAttention);
    if waits && left.first_open_step().is_none() && left.unsettled_criteria().next().is_none() {
        events.extend([Event::PipelineResumed { by }, Event::PipelineSucceeded]);
    }
    Ok(events)
}
