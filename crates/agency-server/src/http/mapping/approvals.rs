//! Approvals.

use super::{steps, time};
use crate::markdown::Markdown;
use agency_contract as wire;
use agency_domain::approvals::{Approval, ApprovalState, Decision};
use agency_domain::pipelines::Pipeline;

pub(crate) fn approval(pipeline: &Pipeline, approval: &Approval, markdown: &Markdown) -> wire::Approval {
    let (status, comment, decided_by, decided_at) = match &approval.state {
        ApprovalState::Pending => (wire::ApprovalStatus::Pending, None, None, None),
        ApprovalState::Decided { decision, comment, decided_by, at } => {
            (decided(*decision), comment.clone(), Some(decided_by.clone()), Some(*at))
        }
        ApprovalState::Withdrawn { at } => (wire::ApprovalStatus::Withdrawn, None, None, Some(*at)),
    };
    wire::Approval {
        id: approval.id.0,
        pipeline_id: pipeline.id.0,
        pipeline_title: pipeline.title.clone(),
        step_id: approval.step_id.0,
        question: approval.question.clone(),
        status,
        comment,
        decided_by,
        decided_at: decided_at.map(time),
        created_at: time(approval.created_at),
        reminded_at: approval.reminded_at.map(time),
        digest: approval.digest.clone(),
        handoff: handoff_before(pipeline, approval, markdown),
        back_to_choices: pipeline.back_to_choices(approval.step_id).into_iter().map(str::to_owned).collect(),
    }
}

pub(crate) fn decided(decision: Decision) -> wire::ApprovalStatus {
    match decision {
        Decision::Approve => wire::ApprovalStatus::Approved,
        Decision::RequestChanges => wire::ApprovalStatus::ChangesRequested,
        Decision::Reject => wire::ApprovalStatus::Rejected,
    }
}

pub(crate) fn decision(decision: wire::ApprovalDecision) -> Decision {
    match decision {
        wire::ApprovalDecision::Approve => Decision::Approve,
        wire::ApprovalDecision::RequestChanges => Decision::RequestChanges,
        wire::ApprovalDecision::Reject => Decision::Reject,
    }
}

/// The newest hand-off of the steps before the gate, as it was when the gate opened.
fn handoff_before(pipeline: &Pipeline, approval: &Approval, markdown: &Markdown) -> Option<wire::Handoff> {
    let gate = pipeline.index_of(approval.step_id)?;
    pipeline
        .attempts_in_order()
        .into_iter()
        .rev()
        .filter(|(step, _)| pipeline.index_of(step.id).is_some_and(|index| index < gate))
        .find_map(|(step, attempt)| {
            let handoff = attempt.handoff.as_ref().filter(|handoff| handoff.at <= approval.created_at)?;
            Some(steps::handoff(step.id, attempt.id, handoff, markdown))
        })
}
