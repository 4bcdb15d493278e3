//! Approvals to rows, and back.

use super::{Row, time_of};
use crate::rows::approvals::Model;
use agency_domain::approvals::{Approval, ApprovalState, Decision};
use agency_domain::pipelines::StoreError;
use agency_domain::{ApprovalId, PipelineId, StepId};

const PENDING: &str = "pending";
const APPROVED: &str = "approved";
const CHANGES_REQUESTED: &str = "changes_requested";
const REJECTED: &str = "rejected";
const WITHDRAWN: &str = "withdrawn";

pub(crate) fn row_of(pipeline: PipelineId, approval: &Approval) -> Model {
    let mut model = Model {
        id: approval.id.0,
        pipeline_id: pipeline.0,
        step_id: approval.step_id.0,
        question: approval.question.clone(),
        digest: approval.digest.clone(),
        status: PENDING.to_owned(),
        comment: None,
        decided_by: None,
        decided_at: None,
        created_at: time_of(approval.created_at),
        reminded_at: approval.reminded_at.map(time_of),
    };
    match &approval.state {
        ApprovalState::Pending => {}
        ApprovalState::Decided { decision, comment, decided_by, at } => {
            model.status = decision_word(*decision).to_owned();
            model.comment.clone_from(comment);
            model.decided_by = Some(decided_by.clone());
            model.decided_at = Some(time_of(*at));
        }
        ApprovalState::Withdrawn { at } => {
            model.status = WITHDRAWN.to_owned();
            model.decided_at = Some(time_of(*at));
        }
    }
    model
}

fn decision_word(decision: Decision) -> &'static str {
    match decision {
        Decision::Approve => APPROVED,
        Decision::RequestChanges => CHANGES_REQUESTED,
        Decision::Reject => REJECTED,
    }
}

pub(crate) fn approval_of(model: Model) -> Result<Approval, StoreError> {
    let row = Row::new("approvals", model.id);
    let decided = |decision| -> Result<ApprovalState, StoreError> {
        Ok(ApprovalState::Decided {
            decision,
            comment: model.comment.clone(),
            decided_by: row.needed("decided_by", model.decided_by.clone())?,
            at: row.time("decided_at", row.needed("decided_at", model.decided_at.as_deref())?)?,
        })
    };
    let state = match model.status.as_str() {
        PENDING => ApprovalState::Pending,
        APPROVED => decided(Decision::Approve)?,
        CHANGES_REQUESTED => decided(Decision::RequestChanges)?,
        REJECTED => decided(Decision::Reject)?,
        WITHDRAWN => ApprovalState::Withdrawn { at: row.time("decided_at", row.needed("decided_at", model.decided_at.as_deref())?)? },
        other => return Err(row.corrupt("status", format!("{other:?} is no status of an approval"))),
    };
    Ok(Approval {
        id: ApprovalId(model.id),
        step_id: StepId(model.step_id),
        created_at: row.time("created_at", &model.created_at)?,
        reminded_at: row.time_if("reminded_at", model.reminded_at.as_deref())?,
        question: model.question,
        digest: model.digest,
        state,
    })
}
