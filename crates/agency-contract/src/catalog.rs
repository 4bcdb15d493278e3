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
    pub error: Option<String>,
}
