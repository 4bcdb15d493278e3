//! Approvals: a person's decision at a gate.

use crate::{ApprovalId, StepId, Timestamp};
use serde::{Deserialize, Serialize};

/// A gate that waits, waited, or was withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub id: ApprovalId,
    pub step_id: StepId,
    pub question: String,
    /// Names what is decided on: lower-case hex SHA-256 over the branch's head and the hand-offs so far.
    pub digest: String,
    pub created_at: Timestamp,
    pub reminded_at: Option<Timestamp>,
    pub state: ApprovalState,
}

/// Where a gate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalState {
    Pending,
    Decided {
        decision: Decision,
        comment: Option<String>,
        decided_by: String,
        at: Timestamp,
    },
    /// The pipeline ended before anybody decided.
    Withdrawn {
        at: Timestamp,
    },
}

/// What a person can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Approve,
    RequestChanges,
    Reject,
}
