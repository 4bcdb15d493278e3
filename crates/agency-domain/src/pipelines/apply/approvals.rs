//! Approvals.

use crate::approvals::{Approval, ApprovalState};
use crate::pipelines::{Event, Pipeline, PipelineStatus, StepStatus};
use crate::{ApprovalId, Timestamp};

impl Pipeline {
    pub(super) fn apply_to_approval(&mut self, event: &Event, at: Timestamp) {
        if let Event::ApprovalRequested { step_id, approval_id, question, digest } = event {
            self.approvals.push(Approval {
                id: *approval_id,
                step_id: *step_id,
                question: question.clone(),
                digest: digest.clone(),
                created_at: at,
                reminded_at: None,
                state: ApprovalState::Pending,
            });
            self.step_mut(*step_id).status = StepStatus::WaitingForApproval;
            self.status = PipelineStatus::WaitingForApproval;
        }
        if let Event::ApprovalDecided { approval_id, decision, comment, decided_by, .. } = event {
            self.approval_mut(*approval_id).state =
                ApprovalState::Decided { decision: *decision, comment: comment.clone(), decided_by: decided_by.clone(), at };
            self.status = PipelineStatus::Running;
        }
        if let Event::ApprovalWithdrawn { approval_id, .. } = event {
            self.approval_mut(*approval_id).state = ApprovalState::Withdrawn { at };
        }
        if let Event::ApprovalReminded { approval_id, .. } = event {
            self.approval_mut(*approval_id).reminded_at = Some(at);
        }
        if let Event::ApprovalReopened { step_id, .. } = event {
            let step = self.step_mut(*step_id);
            step.status = StepStatus::Pending;
            step.finished_at = None;
        }
    }

    fn approval_mut(&mut self, id: ApprovalId) -> &mut Approval {
        self.approvals.iter_mut().find(|approval| approval.id == id).expect("known approval")
    }
}
