//! Questions that people ask about finished work.

use crate::Usage;
use serde::{Deserialize, Serialize};

/// `POST /api/v1/pipelines/{id}/questions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskQuestion {
    /// At most 20,000 bytes.
    pub text: String,
    /// An agent's step, whose newest attempt is meant. Left out: the agent that finished last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_id: Option<i64>,
    /// An earlier attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt_id: Option<i64>,
    /// Who asks, as the audit log shall name them. Defaults to `local user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A question about an attempt that has ended. It is answered in a session of its own that reads the files as the attempt left them, and changes
/// nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Question {
    pub id: i64,
    pub step_id: i64,
    pub attempt_id: i64,
    pub text: String,
    pub by: String,
    pub asked_at: String,
    pub status: QuestionStatus,
    /// In Markdown, once it is answered.
    pub answer: Option<String>,
    /// The same as sanitised HTML, made by the server: safe to insert as it is.
    pub answer_html: Option<String>,
    /// Why there is no answer, where it has ended without one.
    pub message: Option<String>,
    pub ended_at: Option<String>,
    /// Known once it has ended. It counts against the pipeline's budget.
    pub usage: Usage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum QuestionStatus {
    /// It waits for its answer.
    Pending,
    Answered,
    Failed,
    /// The server stopped under it: ask again.
    Interrupted,
    /// The pipeline was cancelled or cleaned up.
    Cancelled,
}
