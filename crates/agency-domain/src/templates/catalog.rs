//! Where templates and agents are kept.

use super::{PlanFault, StepPlan, Template};
use crate::agents::Agent;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::path::Path;
use thiserror::Error;

/// Where a template or an agent comes from; the nearer one (further down here) wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    BuiltIn,
    User,
    Repository,
}

/// An entry of the catalog: usable, or broken with the reason. A broken nearer file hides a good farther one, so that nobody runs
/// something other than what they wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<T> {
    /// The file's stem.
    pub name: String,
    pub source: Source,
    pub item: Result<T, CatalogError>,
}

/// Templates and agents, as files. Read anew on each call, so that an edit counts at once.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// All templates by name; `repo` adds that repository's own.
    async fn templates(&self, repo: Option<&Path>) -> Result<Vec<Entry<Template>>, CatalogError>;
    /// All agents by name; `repo` adds that repository's own.
    async fn agents(&self, repo: Option<&Path>) -> Result<Vec<Entry<Agent>>, CatalogError>;
    /// Parses the steps of an ad-hoc chain, in the shape of a template's `steps`; faults name `steps[i].field`.
    /// `agents` say what each of them may do, so that a step cannot grant more.
    fn parse_steps(&self, steps: &serde_json::Value, agents: &[Entry<Agent>]) -> Result<Vec<StepPlan>, Vec<PlanFault>>;
}

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CatalogError {
    /// `line` is from 1; `field` is a path such as `steps[2].agent`, or the front matter's key.
    #[error("{file}{}{}: {message}", line.map(|n| format!(":{n}")).unwrap_or_default(), field.as_ref().map(|f| format!(", field {f}")).unwrap_or_default())]
    Broken { file: String, line: Option<u32>, field: Option<String>, message: String },
    #[error("{file} cannot be read: {message}")]
    Unreadable { file: String, message: String },
}
