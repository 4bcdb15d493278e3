//! Where templates and agents are kept.

use super::{FormChange, FormField, PlanFault, StepPlan, Template};
use crate::NameError;
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

/// What a file of the catalog describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    Template,
    Agent,
}

/// A file of the catalog as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileVersion {
    pub source: Source,
    /// For people.
    pub file: String,
    /// With `\n` between lines; or why it cannot be read.
    pub text: Result<String, CatalogError>,
    /// Of the text; lower-case hex. `None` where there is no text.
    pub sha256: Option<String>,
}

/// A fault in a text that is to become a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFault {
    /// As in [`CatalogError::Broken`]; `None` where it is of the text as a whole.
    pub field: Option<String>,
    /// From 1.
    pub line: Option<u32>,
    /// In characters, from 1.
    pub column: Option<u32>,
    pub message: String,
}

/// Which version a change is made to, so that two people do not overwrite each other unawares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Nobody said: fine as long as nothing of the user's own would be overwritten.
    Nothing,
    /// Whatever is there.
    Anything,
    /// The version with this SHA-256 counts, whether it is the user's or built in.
    Version(String),
}

/// What became of a text that was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The user had no file of this name before.
    pub is_new: bool,
    /// Templates of the user's that could be used before, and cannot now; each with the reason.
    pub broken: Vec<(String, CatalogError)>,
}

/// Why a file of the user's was not changed. Nothing is written then.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditError {
    #[error(transparent)]
    Name(#[from] NameError),
    /// In the order of the file.
    #[error("the text does not fit")]
    Faults(Vec<TextFault>),
    #[error("the text has more than {bytes_max} bytes")]
    TooLarge { bytes_max: u64 },
    /// Somebody else changed it, or it is there and nobody expected it; the hash of what counts now.
    #[error("another version counts by now")]
    Stale { sha256: Option<String> },
    #[error("there is no such file")]
    Missing,
    /// It comes with the program.
    #[error("it is built in")]
    BuiltIn,
    /// These templates of the user's name the agent.
    #[error("{} {} it", .0.join(", "), if .0.len() == 1 { "needs" } else { "need" })]
    Needed(Vec<String>),
    /// A change that the form cannot make in this text; why, as the end of a sentence.
    #[error("{0}")]
    Unable(String),
    #[error("there is no directory for files of the user's own: set HOME or AGENCY_CATALOG__DIR")]
    NoPlace,
    #[error("{file} cannot be written: {message}")]
    Unwritable { file: String, message: String },
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

/// The texts of the catalog's files, and changes to those of the user's own. A file that is written is whole and on disk, or not there at all.
#[async_trait]
pub trait OwnFiles: Send + Sync {
    /// Every file of this name, the one that counts first.
    async fn versions(&self, kind: ItemKind, name: &str, repo: Option<&Path>) -> Result<Vec<FileVersion>, CatalogError>;
    /// What is wrong with a text, in its order, or the template that it says; writes nothing. Without a name, its own. `repo` adds that repository's agents.
    async fn check(&self, kind: ItemKind, name: Option<&str>, text: &str, repo: Option<&Path>) -> Result<Option<Template>, EditError>;
    /// Writes a file of the user's own, which counts in place of a built-in one of this name. `repo` as in `check`.
    async fn put(&self, kind: ItemKind, name: &str, text: &str, expected: Expected, repo: Option<&Path>) -> Result<Written, EditError>;
    /// Removes a file of the user's own; a built-in one of this name counts again.
    async fn remove(&self, kind: ItemKind, name: &str, expected: Expected) -> Result<(), EditError>;
    /// The text of a template as a form; no fields where it cannot be taken apart. `repo` as in `check`.
    async fn fields(&self, text: &str, repo: Option<&Path>) -> Result<Vec<FormField>, EditError>;
    /// The text of a template with just this changed, comments kept; `Unable` where that cannot be done. Writes nothing. `repo` as in `check`.
    async fn changed(&self, text: &str, change: &FormChange, repo: Option<&Path>) -> Result<String, EditError>;
}
