//! Templates and agents.

use serde::{Deserialize, Serialize};

/// Where a template or an agent comes from; the nearer one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Source {
    BuiltIn,
    User,
    Repository,
}

/// A named chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Template {
    pub name: String,
    pub description: String,
    pub source: Source,
    /// Ceilings of the whole run.
    pub budget: crate::Budget,
    pub steps: Vec<crate::NewStep>,
    /// Why the file cannot be used (file, line, field, what to do); `null` when it is fine.
    pub error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AgentAccess {
    /// May not change a file; verified after each attempt.
    ReadOnly,
    Write,
}

/// A role that a step can name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Agent {
    pub name: String,
    pub description: String,
    pub source: Source,
    pub access: AgentAccess,
    /// True where the agent must give a verdict.
    pub reviews: bool,
    pub model: Option<String>,
    pub prompt: String,
    /// What it may use, in a sentence: `May use read and grep.`
    pub tools: String,
    pub error: Option<String>,
}

/// A template with the text of its file. Its `sha256` is the `ETag` too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateFile {
    #[serde(flatten)]
    pub template: Template,
    #[serde(flatten)]
    pub file: FileText,
}

/// An agent with the text of its file. Its `sha256` is the `ETag` too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentFile {
    #[serde(flatten)]
    pub agent: Agent,
    #[serde(flatten)]
    pub file: FileText,
}

/// The file that counts, and those of the same name behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileText {
    /// Where it is, for people.
    pub file: String,
    /// Its whole text, with `\n` between lines; `null` where it cannot be read.
    pub content: Option<String>,
    /// Of `content`; lower-case hex. Send it as `If-Match` to change this version and no other.
    pub sha256: Option<String>,
    /// Files of the same name that this one hides, the nearest first.
    pub shadows: Vec<ShadowedFile>,
    /// What a change has done to others, a sentence each.
    pub warnings: Vec<String>,
}

/// A file that does not count, because a nearer one has its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShadowedFile {
    pub source: Source,
    pub file: String,
    pub content: Option<String>,
    pub sha256: Option<String>,
}

/// The text of a file of the user's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PutFile {
    /// At most 256 kB.
    pub content: String,
}

/// A text that somebody is writing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckFile {
    pub content: String,
    /// What it will be called; the text's own `name` where it is left out.
    #[serde(default)]
    pub name: Option<String>,
}

/// `POST /api/v1/agents/{name}/tries`. Unknown fields are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TryAgent {
    /// What the agent is to do. At most 200,000 bytes.
    pub description: String,
    /// Absolute path of a git repository on the server's machine, for an agent that is of it, or that is to be seen at work there: on a branch of its own,
    /// like any pipeline. Left out, a small repository is made for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// `provider/model`; the agent's own, or OpenCode's default, where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckedFile {
    /// Whether it could be written.
    pub valid: bool,
    /// In the order of the text; `field` is a path in it, such as `steps[1].agent`, or `content`.
    pub errors: Vec<crate::FieldError>,
    /// Of a template without faults, its chain as a pipeline would take it.
    pub steps: Vec<crate::NewStep>,
}
