//! What happened when in a pipeline, as a drawing has it: places in thousandths of the axis, texts ready for people.

use serde::{Deserialize, Serialize};

/// `GET /pipelines/{id}/timeline`. Long stretches in which nothing ran have a small fixed width on the axis; `gaps` names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timeline {
    pub pipeline_id: i64,
    /// The beginning of the axis: when the pipeline was created.
    pub started_at: String,
    /// The end of the axis; now for a pipeline that has not ended.
    pub until: String,
    /// Seconds in which something ran.
    pub busy_seconds: u64,
    /// Seconds in which nothing ran: in the queue, at a gate, paused, or while an agent waited for an answer.
    pub idle_seconds: u64,
    /// By their beginning.
    pub rows: Vec<TimelineRow>,
    pub gaps: Vec<TimelineGap>,
}

/// An attempt, a gate, or the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimelineRow {
    /// `null` for the queue.
    pub step_id: Option<i64>,
    /// `null` for a gate and the queue.
    pub attempt_id: Option<i64>,
    /// `developer · attempt 2`, `approval`, `queue`.
    pub label: String,
    /// `1 min 12 s · 8,210 tokens · $0.03`.
    pub note: String,
    /// By their beginning; they do not overlap within a row. Where a run has very many, short ones that follow each other are joined.
    pub spans: Vec<TimelineSpan>,
}

/// What a stretch of a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TimelineSpanKind {
    /// The model thinks or writes.
    Model,
    /// A tool call, with what the model took to ask for it.
    Tool,
    /// A command of a check.
    Check,
    /// A person decides.
    Gate,
    /// The pipeline waits for its turn.
    Queued,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TimelineSpanState {
    Done,
    Failed,
    Running,
    /// For a person.
    Waiting,
}

/// A stretch of a row. Of a part only its end is stored, so that it begins where the part before it ended: a tool call includes the time in
/// which the model wrote its input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimelineSpan {
    pub kind: TimelineSpanKind,
    /// `bash: cargo test`, or `214 calls, 3 failed` for those that are joined.
    pub title: String,
    pub state: TimelineSpanState,
    /// Thousandths of the axis.
    pub start_permille: u32,
    /// At least 1.
    pub length_permille: u32,
    pub starts_at: String,
    pub seconds: u64,
    /// `12 s`.
    pub lasted: String,
    /// Of a part of the transcript, or the first of those that are joined: its `part_id`.
    pub part: Option<String>,
    /// The `ordinal` of that part.
    pub ordinal: Option<u32>,
}

/// A stretch in which nothing ran and which is drawn shorter than it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimelineGap {
    pub at_permille: u32,
    /// How wide it is drawn.
    pub length_permille: u32,
    pub seconds: u64,
    /// `2 h 10 m waiting for a person`.
    pub label: String,
}
