//! Approvals: how a gate opens, and what follows from a person's decision.

use super::{after, conflict, current, fail_step, finish_step};
use crate::approvals::{ApprovalState, Decision};
use crate::pipelines::{Event, FailureReason, Pipeline, PipelineStatus, ReasonCode, Refused, SentBackBy, Step, StepStatus};
use crate::templates::StepKind;
use crate::{ApprovalId, StepId, Timestamp};

pub(super) fn open_approval(pipeline: &Pipeline, step: StepId, approval: ApprovalId, digest: String) -> Result<Vec<Event>, Refused> {
    if pipeline.status != PipelineStatus::Running || pipeline.pending_approval().is_some() {
        return Err(conflict(pipeline, "ask for an approval"));
    }
    let step = current(pipeline, step)?;
    match &step.plan.kind {
        StepKind::Approval { question, .. } => Ok(vec![
            Event::StepStarted { step_id: step.id },
            Event::ApprovalRequested { step_id: step.id, approval_id: approval, question: question.clone(), digest },
        ]),
        StepKind::Agent { .. } | StepKind::Check(_) => Err(Refused::Conflict(format!("step {} is no approval", step.id))),
    }
}

/// A decision as it came in, with an empty comment taken for none.
pub(super) struct Said {
    pub(super) decision: Decision,
    pub(super) comment: Option<String>,
    pub(super) decided_by: String,
    pub(super) digest: Option<String>,
    pub(super) back_to: Option<String>,
}

pub(super) fn decide_approval(pipeline: &Pipeline, id: ApprovalId, said: &Said, at: Timestamp) -> Result<Vec<Event>, Refused> {
    let approval = pipeline.approvals.iter().find(|approval| approval.id == id).ok_or_else(|| Refused::NoSuch(format!("approval {id}")))?;
    match &approval.state {
        ApprovalState::Pending => {}
        ApprovalState::Decided { decision, decided_by, .. } => {
            return Err(Refused::AlreadyDecided { status: decided_word(*decision), decided_by: decided_by.clone() });
        }
        ApprovalState::Withdrawn { .. } => return Err(conflict(pipeline, "take a decision")),
    }
    if said.digest.as_ref().is_some_and(|digest| *digest != approval.digest) {
        return Err(Refused::Stale);
    }
    let step = pipeline.step(approval.step_id).ok_or_else(|| Refused::NoSuch(format!("step {}", approval.step_id)))?;
    let decided = Event::ApprovalDecided {
        step_id: step.id,
        approval_id: id,
        decision: said.decision,
        comment: said.comment.clone(),
        decided_by: said.decided_by.clone(),
    };
    let mut events = vec![decided];
    match said.decision {
        Decision::Approve => {
            let left = after(pipeline, &events, at);
            events.extend(finish_step(&left, step.id, StepStatus::Succeeded));
        }
        Decision::RequestChanges => events.push(send_back_for_person(pipeline, step, said)?),
        Decision::Reject => events.extend(fail_step(step.id, rejected(said))),
    }
    Ok(events)
}

fn send_back_for_person(pipeline: &Pipeline, step: &Step, said: &Said) -> Result<Event, Refused> {
    if said.comment.is_none() {
        return Err(Refused::Invalid { field: "comment", message: "say what should change: the agent is sent your comment".into() });
    }
    let choices = pipeline.back_to_choices(step.id);
    let wanted = said.back_to.as_deref().or(choices.first().copied());
    let target = wanted.and_then(|name| pipeline.nearest_before(step.id, name)).ok_or_else(|| Refused::Invalid {
        field: "back_to",
        message: format!("name the agent of an earlier step: {}", choices.join(", ")),
    })?;
    Ok(Event::SentBack { from: step.id, to: target.id, by: SentBackBy::Approval })
}

/// Reminds once of a gate that waits.
pub(super) fn remind(pipeline: &Pipeline, id: ApprovalId) -> Result<Vec<Event>, Refused> {
    let approval = pipeline.approvals.iter().find(|approval| approval.id == id).ok_or_else(|| Refused::NoSuch(format!("approval {id}")))?;
    let due = approval.state == ApprovalState::Pending && approval.reminded_at.is_none();
    Ok(if due { vec![Event::ApprovalReminded { step_id: approval.step_id, approval_id: id }] } else { Vec::new() })
}

/// Opens the gate that was passed last again.
pub(super) fn reopen(pipeline: &Pipeline, id: ApprovalId, changed: Vec<String>) -> Result<Vec<Event>, Refused> {
    if pipeline.status != PipelineStatus::Running || pipeline.open_attempt().is_some() {
        return Err(conflict(pipeline, "open an approval again"));
    }
    let approval = pipeline.approval_passed_last().filter(|approval| approval.id == id);
    let approval = approval.ok_or_else(|| Refused::Conflict(format!("approval {id} is not the one that was passed last")))?;
    Ok(vec![Event::ApprovalReopened { step_id: approval.step_id, approval_id: id, changed }])
}

fn rejected(said: &Said) -> FailureReason {
    let comment = said.comment.as_deref().map(|comment| format!(": {comment}")).unwrap_or_default();
    FailureReason {
        code: ReasonCode::Rejected,
        message: format!("{} rejected it{comment}", said.decided_by),
        hint: "The branch and every hand-off stay as they are.".into(),
    }
}

fn decided_word(decision: Decision) -> &'static str {
    match decision {
        Decision::Approve => "approved",
        Decision::RequestChanges => "sent back for changes",
        Decision::Reject => "rejected",
    }
}
