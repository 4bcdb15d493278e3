//! Transcripts: what an agent said and did, part by part, and the port that keeps them.

mod search;

pub use search::{Excerpt, FoundParts, PartSearch, PartSort, excerpt};

use crate::{AttemptId, PipelineId, StepId, Timestamp};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What kind of part it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    Text,
    Reasoning,
    Tool,
    /// Something the run did: a retry, a permission answered, a re-ask.
    Notice,
}

/// How far a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    Open,
    Done,
    Error,
}

/// One part. A part that changes is stored again whole, under the same `part_id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TranscriptPart {
    pub pipeline_id: PipelineId,
    pub step_id: StepId,
    pub attempt_id: AttemptId,
    /// Unique within the attempt.
    pub part_id: String,
    /// Place within the attempt, from 0.
    pub ordinal: u32,
    pub kind: PartKind,
    pub state: PartState,
    /// Text, reasoning or notice; for a tool its one-line title.
    pub text: String,
    pub tool: Option<String>,
    pub input: Option<Value>,
    pub output: Option<String>,
    pub diff: Option<String>,
    /// Milliseconds from its beginning to its end, by the clock of whoever carried it out: OpenCode, or for a check's command the engine. With the
    /// waits for an answer in between. `None` while it is open, and where nobody said.
    pub took_ms: Option<u64>,
    pub at: Timestamp,
}

/// A part with the sequence of its newest change.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPart {
    pub seq: i64,
    pub part: TranscriptPart,
}

/// Which parts to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartsQuery {
    pub pipeline: PipelineId,
    pub step: Option<StepId>,
    pub attempt: Option<AttemptId>,
    /// Only what lies behind this place, `(attempt, ordinal)`; before it where `backwards`.
    pub after: Option<(AttemptId, u32)>,
    /// From the end: the last part first.
    pub backwards: bool,
    pub limit: u32,
}

/// When a part was written last, and what it is: as much as a timeline needs of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartTime {
    pub attempt_id: AttemptId,
    pub part_id: String,
    pub ordinal: u32,
    pub kind: PartKind,
    pub state: PartState,
    pub tool: Option<String>,
    /// The first [`TITLE_CHARS_MAX`] letters of a tool's title; empty for any other kind.
    pub title: String,
    pub at: Timestamp,
}

/// A finished tool call with what it was given and what it changed, without what it said.
#[derive(Debug, Clone, PartialEq)]
pub struct FinishedCall {
    pub attempt_id: AttemptId,
    pub ordinal: u32,
    pub tool: Option<String>,
    pub input: Option<Value>,
    pub diff: Option<String>,
    pub at: Timestamp,
}

/// Which finished tool calls to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallsQuery {
    pub pipeline: PipelineId,
    pub attempt: Option<AttemptId>,
    /// Contained in the input or in the diff.
    pub mentions: String,
    /// Only what lies before this place, `(attempt, ordinal)`.
    pub before: Option<(AttemptId, u32)>,
    pub limit: u32,
}

/// OpenCode's tools that write files; it has one permission for all of them, `edit`. Not each of their calls has a diff: a new file has none.
pub const EDITORS: [&str; 5] = ["edit", "write", "patch", "multiedit", "apply_patch"];

/// Letters of a title that a timeline shows.
pub const TITLE_CHARS_MAX: u32 = 80;

/// Keeps transcripts.
#[async_trait]
pub trait TranscriptStore: Send + Sync {
    /// Stores parts, each in place of what was under its `(attempt_id, part_id)`, gives each a new sequence and publishes them.
    /// When it returns they survive a crash of the process (not a loss of power).
    async fn put(&self, parts: Vec<TranscriptPart>) -> Result<(), crate::pipelines::StoreError>;

    /// Parts by `(attempt_id, ordinal)`, rising, or falling where the query is backwards.
    async fn parts(&self, query: PartsQuery) -> Result<Vec<StoredPart>, crate::pipelines::StoreError>;

    /// The times of a pipeline's parts by `(attempt_id, ordinal)`, without their contents: cheap for tens of thousands.
    async fn times(&self, pipeline: PipelineId, limit: u32) -> Result<Vec<PartTime>, crate::pipelines::StoreError>;

    /// Finished tool calls that mention something, without their outputs, by falling `(attempt_id, ordinal)`.
    async fn calls(&self, query: &CallsQuery) -> Result<Vec<FinishedCall>, crate::pipelines::StoreError>;

    /// Parts in which something is found, by rising `(attempt_id, ordinal)`, and how many there are in all: those for which [`PartSearch::finds`].
    async fn search(&self, search: &PartSearch) -> Result<FoundParts, crate::pipelines::StoreError>;
}
