//! `GET /events`: one stream for everything, one `data:` line of JSON each.

use crate::{PipelineStatus, PipelineStatusReason, StepStatus, TranscriptPart, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One event. Durable ones carry `pipeline_id`, `seq` and `at`, and the same `seq` as SSE id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StreamEvent {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline_id: Option<i64>,
    /// Rises with every durable event of the whole server, without regard to the pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    #[serde(flatten)]
    pub payload: StreamPayload,
}

/// What happened. A reader skips the types that it does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StreamPayload {
    /// Every 5 seconds; `ts` in Unix seconds.
    Heartbeat {
        ts: i64,
    },
    PipelineCreated {
        title: String,
    },
    PipelineUpdated {
        status: PipelineStatus,
        status_reason: Option<PipelineStatusReason>,
    },
    StepStarted {
        step_id: i64,
    },
    /// `status` is `pending` where a loop sent the step back.
    StepFinished {
        step_id: i64,
        status: StepStatus,
    },
    AttemptStarted {
        step_id: i64,
        attempt_id: i64,
        number: u32,
    },
    AttemptFinished {
        step_id: i64,
        attempt_id: i64,
        status: crate::AttemptStatus,
        failure: Option<crate::Failure>,
    },
    HandoffRecorded {
        step_id: i64,
        attempt_id: i64,
        handoff_id: i64,
    },
    VerdictRecorded {
        step_id: i64,
        attempt_id: i64,
        verdict: Verdict,
    },
    FindingOpened {
        finding_id: String,
    },
    FindingClosed {
        finding_id: String,
    },
    ApprovalRequested {
        step_id: i64,
        approval_id: i64,
    },
    ApprovalDecided {
        step_id: i64,
        approval_id: i64,
        status: crate::ApprovalStatus,
    },
    PermissionAsked {
        step_id: i64,
        attempt_id: i64,
        permission: String,
        patterns: Vec<String>,
    },
    PermissionAnswered {
        step_id: i64,
        attempt_id: i64,
        permission: String,
        patterns: Vec<String>,
        allowed: bool,
    },
    BudgetWarning {
        message: String,
    },
    /// Durable and whole; replaces what is shown under its `part_id`.
    TranscriptPart {
        part: Box<TranscriptPart>,
    },
    /// Live only: `text` belongs at byte `offset` of the part's text. A part that is not known yet is an open one of `kind`.
    TranscriptDelta {
        attempt_id: i64,
        step_id: i64,
        part_id: String,
        ordinal: u32,
        kind: crate::PartKind,
        offset: u64,
        text: String,
    },
    /// The cursor is older (or newer) than what can be replayed: load everything again, then go on from `seq`.
    Reset,
    /// The server is about to stop; reconnect.
    Closing,
    /// From a newer server.
    #[serde(other)]
    Unknown,
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEvent {
    /// Its sequence in the whole log.
    pub id: i64,
    pub pipeline_id: i64,
    pub step_id: Option<i64>,
    /// snake_case; the stream's types and more.
    pub event_type: String,
    pub payload: Value,
    pub created_at: String,
}
