//! What changed from one hand-off of a step to the next.

use serde::{Deserialize, Serialize};

/// `GET /pipelines/{id}/handoff-changes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HandoffChanges {
    pub attempt_id: i64,
    /// The attempt whose hand-off it is compared with.
    pub since_attempt_id: i64,
    /// Which attempt at the step that one was, from 1.
    pub since_number: u32,
    /// From that Markdown to this, as a unified diff; empty where they are the same.
    pub diff: String,
    /// The same as HTML rows, with the words that changed marked: safe to insert as they are.
    pub rows: String,
    pub additions: u32,
    pub deletions: u32,
}
