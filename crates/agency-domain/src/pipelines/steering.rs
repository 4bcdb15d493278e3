//! What people say to a pipeline while it runs, and what its agents ask them.

use super::Grant;
use crate::{AskId, AttemptId, SteerId, StepId, Timestamp};
use serde::{Deserialize, Serialize};

/// Something that a person said. It goes to the running session, or to the next attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steer {
    pub id: SteerId,
    pub text: String,
    pub by: String,
    pub at: Timestamp,
    /// Where it is meant for one step; the next attempt of any step otherwise.
    pub step: Option<StepId>,
    /// The attempt that was sent it; `None` while it waits.
    pub delivered_in: Option<AttemptId>,
}

/// A permission or a question that policy left open. The attempt waits for the answer, until the deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub id: AskId,
    pub step: StepId,
    pub attempt: AttemptId,
    pub kind: AskKind,
    /// Of a permission: its name (`bash`, `edit`, `external_directory`). Of a question: its text.
    pub subject: String,
    /// What exactly: the commands or paths. Of a question: the answers that it offers.
    pub patterns: Vec<String>,
    /// What a lasting permission may cover that is given on it; nothing for a question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggested: Vec<String>,
    pub asked_at: Timestamp,
    /// It is denied then.
    pub deadline: Timestamp,
    pub answer: Option<Answer>,
}

/// What an agent asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskKind {
    Permission,
    Question,
}

impl AskKind {
    /// The word on the wire and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permission => "permission",
            Self::Question => "question",
        }
    }
}

/// How an ask ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Allowed, or denied. A question is answered where this is true.
    pub allowed: bool,
    /// What the model reads: the reason of a denial, the answer of a question.
    pub message: Option<String>,
    pub by: AnsweredBy,
    pub at: Timestamp,
    /// Where it is allowed from now on, and not this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Grant>,
}

/// Who ended an ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum AnsweredBy {
    Person(String),
    /// Nobody answered in time.
    Deadline,
    /// The attempt ended first.
    End,
}
