//! The audit log: pages, its export, and whether anybody has changed it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// What happened, in one sentence.
    pub summary: String,
    pub payload: Value,
    pub created_at: String,
}

/// One line of the export as NDJSON: the event and its hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedEvent {
    #[serde(flatten)]
    pub event: AuditEvent,
    /// SHA-256 over this event and the hash of the event before it in the whole log; lower-case hex.
    pub hash: String,
}

/// `GET /api/v1/audit/verification`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditVerification {
    /// Id of the last event whose hash matches; 0 where none does, and where an event that was verified before is not there any more.
    pub verified_up_to: i64,
    /// How many events the log has up to there.
    pub events: u64,
    /// The hash of that event, in lower-case hex; zeros where there is none. Kept elsewhere, it shows later that the log up to here is still this one.
    pub head: String,
    /// Id of the first event that does not match: it was changed, or something before it was changed, removed or put in. `null`: all of them match.
    pub broken_at: Option<i64>,
}
