//! A role that a step can name.

use crate::templates::Source;
use crate::{AgentName, ModelName};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whether an agent may change files. Verified after each attempt, whatever its permissions say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    ReadOnly,
    Write,
}

/// A role: a prompt, a model, permissions. Read from a Markdown file in OpenCode's agent format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    pub name: AgentName,
    pub description: String,
    /// The body of the file: role and rules.
    pub prompt: String,
    pub model: Option<ModelName>,
    pub access: Access,
    /// Whether a hand-off of this agent must carry a verdict.
    pub reviews: bool,
    /// OpenCode's permission rules, as in the front matter; the order of the keys matters (the last match wins).
    pub permission: Value,
    /// Other front matter that OpenCode understands (`temperature`, `top_p`, `steps`, …), passed on as it is.
    pub options: serde_json::Map<String, Value>,
    /// Of the file's text; lower-case hex SHA-256.
    pub sha256: String,
}

/// An agent as a pipeline found it when it was created, and keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptAgent {
    pub agent: Agent,
    pub source: Source,
}

/// A hand-off that came through the tool, checked but not yet recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct SubmittedHandoff {
    pub record: crate::handoffs::HandoffRecord,
}
