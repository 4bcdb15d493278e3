//! What an agent said and did, what it was sent, and what it changed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PartKind {
    /// What the agent says.
    Text,
    /// What it thinks, where the model shows that.
    Reasoning,
    /// A tool call; a file edit is one with `tool` `edit` or `write`.
    Tool,
    /// Something the run did: a retry, a permission answered, a re-ask.
    Notice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PartState {
    /// Still being written or running.
    Open,
    Done,
    /// A tool call that failed.
    Error,
}

/// One part of a transcript. A part that changes is sent again whole, with the same `part_id` and a higher `seq`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TranscriptPart {
    /// Sequence of its newest change.
    pub seq: i64,
    pub pipeline_id: i64,
    pub step_id: i64,
    pub attempt_id: i64,
    /// Unique within the attempt.
    pub part_id: String,
    /// Place within the attempt, from 0: sort by `(attempt_id, ordinal)`.
    pub ordinal: u32,
    pub kind: PartKind,
    pub state: PartState,
    /// Text, reasoning or notice; for a tool its one-line title.
    pub text: String,
    /// Text as sanitised HTML where the part is finished text.
    pub html: Option<String>,
    pub tool: Option<String>,
    pub input: Option<Value>,
    /// The tool's output without escape sequences of terminals, at most 64 kB; what was left out is said in it.
    pub output: Option<String>,
    /// A short unified diff where the tool changed a file.
    pub diff: Option<String>,
    /// The diff as HTML rows of a table, made like those of `GET …/diff?view=unified`; text that is no diff is rows of context. No row is a stop for
    /// keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<String>,
    /// How many lines the diff adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additions: Option<u32>,
    /// How many it removes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletions: Option<u32>,
    /// Milliseconds from its beginning to its end, the wait for an answer included: by OpenCode's clock, or by the server's own for a command of a check.
    /// Missing while it is open, where its end was never told, and for parts from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    pub at: String,
}

/// What parts of a transcript can be sorted out by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PartSort {
    /// Whatever failed.
    Errors,
    /// Tool calls of any kind.
    Tools,
    /// Tool calls that change a file.
    Edits,
    /// What the agent said.
    Texts,
    /// What the run did by itself, and what people did meanwhile.
    Notices,
}

/// `GET /pipelines/{id}/transcript/search`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FoundParts {
    /// How many parts there are in all, on this page and on others.
    pub total: u64,
    pub items: Vec<FoundPart>,
    pub next_cursor: Option<String>,
}

/// A part that was found, with a line of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FoundPart {
    pub step_id: i64,
    pub attempt_id: i64,
    pub part_id: String,
    /// Place within the attempt, from 0.
    pub ordinal: u32,
    pub kind: PartKind,
    pub state: PartState,
    pub tool: Option<String>,
    /// What stands around the words, at most some 200 letters of one line.
    pub excerpt: String,
    /// The same as HTML, with the words in a `mark` element.
    pub html: String,
    pub at: String,
}

/// The exact prompt that an attempt was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    pub attempt_id: i64,
    /// The agent's role and rules, sent as the system prompt.
    pub role: String,
    /// The prompt itself, to the letter.
    pub prompt: String,
    /// Lower-case hex SHA-256 of `prompt`.
    pub sha256: String,
    /// Bytes of `prompt`.
    pub size: u64,
    /// Ids that it carried: `AC-1`, `F-3`, …
    pub ids: Vec<String>,
    /// The files that were sent beside it.
    #[serde(default)]
    pub attachments: Vec<crate::SentAttachment>,
    pub created_at: String,
}

/// `GET /pipelines/{id}/diff` with `Accept: application/json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Diff {
    pub base_commit: String,
    pub head_commit: String,
    pub files: Vec<DiffFile>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffFile {
    pub path: String,
    /// The former path of a renamed file.
    pub old_path: Option<String>,
    /// `added`, `modified`, `deleted` or `renamed`.
    pub status: String,
    pub additions: u32,
    pub deletions: u32,
    pub binary: bool,
    /// How many lines its hunks have.
    #[serde(default)]
    pub lines: u32,
    /// Empty where a view was asked for.
    #[serde(default)]
    pub hunks: Vec<DiffHunk>,
    /// The lines in the view that was asked for, as HTML rows of a table. Of a long file only where it was asked for by its path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<String>,
    /// Sixteen hex digits that stay as long as the file's changes do, in every view: for marks of what was looked at. Missing where the diff shows no lines of
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// How the lines of a diff stand on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DiffView {
    /// One after the other.
    Unified,
    /// Before and after, side by side.
    Split,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffHunk {
    /// The `@@ … @@` line.
    pub header: String,
    pub lines: Vec<DiffLine>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DiffLineKind {
    Context,
    Added,
    Removed,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffLine {
    pub kind: DiffLineKind,
    pub old_line: Option<u32>,
    pub new_line: Option<u32>,
    pub text: String,
}
