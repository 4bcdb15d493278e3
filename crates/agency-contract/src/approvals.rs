//! The inbox and its decisions.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ApprovalStatus {
    Pending,
    Approved,
    ChangesRequested,
    Rejected,
    /// Nobody needs to decide any more: the pipeline has ended, or went back.
    Withdrawn,
}

/// One gate that waits, waited, or was withdrawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Approval {
    pub id: i64,
    pub pipeline_id: i64,
    pub pipeline_title: String,
    pub step_id: i64,
    /// What the person is asked.
    pub question: String,
    pub status: ApprovalStatus,
    pub comment: Option<String>,
    pub decided_by: Option<String>,
    pub decided_at: Option<String>,
    pub created_at: String,
    /// When a person was reminded of it.
    pub reminded_at: Option<String>,
    /// Names what is decided on (the branch's head and the hand-offs); send it back with the decision.
    pub digest: String,
    /// The newest hand-off before the gate.
    pub handoff: Option<crate::Handoff>,
    /// Earlier agent steps that `request_changes` may go back to. The first is where it goes without `back_to`: the nearest that may change files, or the
    /// nearest. The others follow, nearest first.
    pub back_to_choices: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ApprovalDecision {
    Approve,
    RequestChanges,
    Reject,
}

/// `POST /api/v1/approvals/{id}/decision`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecideApproval {
    pub decision: ApprovalDecision,
    /// Sent to the next agent; `request_changes` needs it, or `comments`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Remarks on lines of the diff; each is sent with its place and its excerpt, behind the text. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<crate::LineComment>,
    /// Who decides, as the audit log shall name them. Defaults to `local user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Agent name of the step to go back to. Defaults to the nearest earlier agent step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_to: Option<String>,
    /// The approval's `digest` as it was shown; another one is a 409 that says what changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}
