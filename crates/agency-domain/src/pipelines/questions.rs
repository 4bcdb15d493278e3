//! Questions that people ask about finished work. Each is answered in a session of its own that can only read; nothing of the run depends on it.

use crate::{AttemptId, QuestionId, StepId, Timestamp, Usage};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A question to the agent of an attempt that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub id: QuestionId,
    pub step: StepId,
    pub attempt: AttemptId,
    pub text: String,
    pub by: String,
    pub asked_at: Timestamp,
    /// `None` while it waits for its answer.
    #[serde(default)]
    pub end: Option<QuestionEnd>,
    /// What its session has used, known once it has ended.
    #[serde(default)]
    pub usage: Usage,
}

/// How a question ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionEnd {
    pub outcome: QuestionOutcome,
    /// The answer, in Markdown; else why there is none, in one plain sentence.
    pub text: String,
    pub at: Timestamp,
}

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionOutcome {
    Answered,
    Failed,
    /// The server went away under it.
    Interrupted,
    /// The pipeline was cancelled or cleaned up.
    Cancelled,
}

impl QuestionOutcome {
    /// The word on the wire and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Question {
    pub fn is_open(&self) -> bool {
        self.end.is_none()
    }

    /// How long it has taken. Counted once it has ended: a run that is refused an attempt for it would have nothing new to go by until then.
    pub(super) fn lasted(&self) -> Duration {
        let ended = self.end.as_ref().map(|end| end.at.duration_since(self.asked_at).try_into().unwrap_or_default());
        ended.unwrap_or_default()
    }
}
