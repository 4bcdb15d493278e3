//! Pipelines, steps, attempts, hand-offs, usage.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `POST /api/v1/pipelines`. Unknown fields are refused.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatePipeline {
    /// Defaults to the description's first line. At most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The feature request; every step is sent it word for word. At most 200,000 bytes.
    pub description: String,
    /// Absolute path of a git repository on the server's machine.
    pub repo: String,
    /// Name of a template. Exactly one of `template` and `steps`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// An ad-hoc chain, in the shape of a template's `steps`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<NewStep>>,
    /// Branch, tag or commit to start from. Defaults to the branch that is checked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Name of the new branch, under `agency/`. Defaults to `agency/<id>-<slug of the title>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// `provider/model` for every step that names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `provider/model` by agent name, before `model`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::HashMap<String, String>))]
    pub models: Map<String, Value>,
}

/// One step of an ad-hoc chain: exactly one of `agent`, `check` and `approval`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewStep {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// The question that the person decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// What this step is to do, in the words that its agent is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `provider/model` for this step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_changes_requested: Option<Loop>,
    /// For a check: `90s`, `10m`, `1h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// For an approval: `30m`, `4h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_after: Option<String>,
}

/// Where a reviewing step's `changes_requested` goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Loop {
    /// Agent name of an earlier step.
    pub back_to: String,
    /// How many times it may go back. 1–10.
    pub max_rounds: u32,
}

/// Query of `GET /api/v1/pipelines`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
pub struct ListPipelines {
    /// One status, or several with commas.
    pub status: Option<String>,
    pub template: Option<String>,
    pub repo: Option<String>,
    /// Words that the title or the description contains.
    pub q: Option<String>,
    /// 1–200, default 50.
    pub limit: Option<u32>,
    pub cursor: Option<String>,
}

/// `status` of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PipelineStatus {
    Queued,
    Running,
    WaitingForApproval,
    Paused,
    Succeeded,
    Failed,
    Cancelled,
}

/// Why a pipeline is paused or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PipelineStatusReason {
    /// Stable: `step_failed`, `not_converging`, `rejected`, `git_error`, `opencode_unavailable`, …
    pub code: String,
    /// One plain sentence.
    pub message: String,
    /// What to do next, where something can be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A pipeline as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pipeline {
    pub id: i64,
    pub title: String,
    pub description: String,
    /// The template's name; `ad_hoc` for a chain given as `steps`.
    pub template: String,
    pub repo: String,
    /// What `base` named: a branch, tag or commit.
    pub base: String,
    pub base_commit: String,
    pub branch: String,
    /// The newest commit of the branch; the base commit until a step has changed something.
    pub head_commit: String,
    pub status: PipelineStatus,
    pub status_reason: Option<PipelineStatusReason>,
    pub created_at: String,
    pub updated_at: String,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
    pub model: Option<String>,
    /// True where the model is the scripted one of the demo: say so wherever the pipeline shows.
    pub scripted: bool,
    pub usage: Usage,
    pub current_step_id: Option<i64>,
    /// How many steps the chain has, and how many have succeeded.
    pub steps_total: u32,
    pub steps_done: u32,
}

/// A pipeline with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PipelineDetail {
    #[serde(flatten)]
    pub pipeline: Pipeline,
    /// By `order_index`.
    pub steps: Vec<Step>,
    pub approvals: Vec<crate::Approval>,
    pub criteria: Vec<Criterion>,
    pub findings: Vec<Finding>,
    /// The newest event sequence that this answer contains: open `/events?after=` with it.
    pub seq: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StepKind {
    Agent,
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
    /// The agent's name; for an approval `approval`.
    pub agent_name: String,
    /// What the step is to do, or the question of an approval.
    pub description: String,
    pub status: StepStatus,
    /// `provider/model`, where the step or the pipeline names one.
    pub model: Option<String>,
    pub on_changes_requested: Option<Loop>,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
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
    pub created_at: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Criterion {
    /// `AC-1`.
    pub id: String,
    pub text: String,
    pub status: String,
    pub evidence: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// `F-3`.
    pub id: String,
    pub severity: String,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub claim: String,
    pub status: String,
}

/// Tokens and cost, child sessions included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    pub tokens: Tokens,
    /// In the provider's currency (US dollars); `null` where it is unknown.
    pub cost: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
    pub reasoning: u64,
    pub cache_read: u64,
    pub cache_write: u64,
}
