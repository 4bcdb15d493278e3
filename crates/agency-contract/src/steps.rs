//! Steps, attempts, hand-offs.

use crate::{Budget, Loop, Usage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StepKind {
    Agent,
    /// Commands that must exit with 0.
    Check,
    Approval,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StepStatus {
    Pending,
    Running,
    WaitingForApproval,
    Succeeded,
    Failed,
    Skipped,
    Cancelled,
}

/// One place in the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    pub id: i64,
    /// From 0.
    pub order_index: u32,
    pub kind: StepKind,
    /// The agent's name; for the others `check` or `approval`.
    pub agent_name: String,
    /// Hash of the agent's file as it was when the pipeline was created (lower-case hex SHA-256); the pipeline keeps that version. `null` for the
    /// others, and for a pipeline of an older server, which takes the file as it is when it starts OpenCode.
    #[serde(default)]
    pub agent_sha256: Option<String>,
    /// What the step is to do, or the question of an approval.
    pub description: String,
    pub status: StepStatus,
    /// `provider/model` of the next attempt, where anything names one.
    pub model: Option<String>,
    pub on_changes_requested: Option<Loop>,
    /// Of a check, in order. Empty: what the repository's own files suggest.
    pub commands: Vec<String>,
    /// Of a check, for each command: `10m`.
    pub timeout: Option<String>,
    /// Of a check: who mends what fails.
    pub on_failure: Option<Loop>,
    /// Of an approval: `4h`.
    pub remind_after: Option<String>,
    /// Of an agent's step.
    pub settings: Option<StepSettings>,
    /// How many times it has sent the chain back since it last began afresh.
    pub rounds: u32,
    /// Before this nothing is tried again.
    pub retry_at: Option<String>,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
}

/// What an agent's step may use, and how it is watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepSettings {
    /// Of all its attempts together.
    pub budget: Budget,
    pub retry: RetryPolicy,
    /// Silence after which it counts as stalled: `10m`. `null`: the server's own setting.
    pub stall_after: Option<String>,
    /// Tried in this order once the provider of the model before has failed.
    pub fallback_models: Vec<String>,
    /// OpenCode permission rules that come after the agent's own.
    pub permissions: Option<Value>,
    /// Whether the agent may change files.
    pub writes: bool,
}

/// How often a failed attempt is followed by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetryPolicy {
    /// Attempts in a row that may fail before the step does; 1 never tries again.
    pub attempts: u32,
    /// Before the second attempt, doubled for each one after that: `2s`.
    pub pause: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AttemptStatus {
    Starting,
    Running,
    Finishing,
    Succeeded,
    Failed,
    Interrupted,
    Cancelled,
}

/// One visit of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attempt {
    pub id: i64,
    pub step_id: i64,
    /// From 1, within its step.
    pub number: u32,
    pub status: AttemptStatus,
    pub model: Option<String>,
    /// `null` for a check.
    pub session_id: Option<String>,
    pub base_commit: String,
    /// Set where the attempt changed something.
    pub head_commit: Option<String>,
    pub started_at: String,
    pub finished_at: Option<String>,
    pub usage: Usage,
    pub failure: Option<Failure>,
    pub verdict: Option<Verdict>,
    pub handoff: Option<Handoff>,
    /// Of a check: the commands that ran, up to the first that failed.
    pub checks: Vec<CheckRun>,
    /// Of a fork: the attempt whose result this is; it was not carried out here.
    pub copied_from: Option<i64>,
}

/// A command that a check ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckRun {
    pub command: String,
    /// `null` where it did not exit by itself.
    pub exit_code: Option<i32>,
    /// What became of it, as the end of a sentence: `exited with 1`.
    pub outcome: String,
    /// Whether it exited with 0.
    pub passed: bool,
    pub duration_ms: u64,
    /// The end of what it printed, at most 8,000 bytes, without escape sequences of terminals; the transcript has more of it.
    pub tail: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Failure {
    /// One of the failure classes: `agent_error`, `provider_rate_limited`, …
    pub class: String,
    pub message: String,
    pub hint: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Verdict {
    Approved,
    ChangesRequested,
    Blocked,
}

/// What an attempt leaves for those after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Handoff {
    pub id: i64,
    pub step_id: i64,
    pub attempt_id: i64,
    pub content_md: String,
    /// Markdown as sanitised HTML, made by the server: safe to insert as it is.
    pub content_html: String,
    /// The record: `summary`, `outcome`, `decisions`, `findings`, …, and what the engine added (`files_changed`, `head_commit`, …).
    pub metadata: Value,
    /// Ids of which the agent had to say something and did not, though it was reminded: open `blocker` and `major` findings in a fix round, and what people
    /// said (`A-3` at an approval, `M-12` in a message).
    #[serde(default)]
    pub unacknowledged: Vec<String>,
    pub created_at: String,
}
