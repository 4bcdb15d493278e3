//! Why lines of a diff are there.

use serde::{Deserialize, Serialize};

/// `GET /pipelines/{id}/blame`: the tool call that wrote the hunk in which a line is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Blame {
    pub step_id: i64,
    pub attempt_id: i64,
    /// Place of the step in the chain, from 1.
    pub step_number: u32,
    /// From 1, within its step.
    pub attempt_number: u32,
    /// Of the part of the attempt's transcript.
    pub ordinal: u32,
    /// What was done: `edit src/a.rs`.
    pub title: String,
    /// When it was done.
    pub at: String,
}
