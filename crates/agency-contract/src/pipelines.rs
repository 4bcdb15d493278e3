//! Pipelines as lists and pages show them: state, budget, usage.

use crate::{AgentRequest, Approval, Attachment, Criterion, Finding, Message, Question, Source, Step};
use serde::{Deserialize, Serialize};

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
    /// Nothing is begun until a person resumes it.
    Paused,
    Succeeded,
    Failed,
    Cancelled,
}

/// Why a pipeline is paused or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PipelineStatusReason {
    /// Stable. Paused: `by_user`, `budget`, `needs_attention`. Failed: `step_failed`, `not_converging`, `rejected`, `git_error`,
    /// `opencode_unavailable`, …
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
    /// Hash of the template's file as it was when the pipeline was created (lower-case hex SHA-256); the pipeline keeps that version. `null` for a
    /// chain given as `steps`, and for a pipeline of an older server.
    #[serde(default)]
    pub template_sha256: Option<String>,
    /// Where that file was found.
    #[serde(default)]
    pub template_source: Option<Source>,
    pub repo: String,
    /// What `base` named: a branch, tag or commit.
    pub base: String,
    pub base_commit: String,
    pub branch: String,
    /// The newest commit of the branch; the base commit until a step has changed something.
    pub head_commit: String,
    pub status: PipelineStatus,
    /// Of a paused or failed pipeline.
    pub status_reason: Option<PipelineStatusReason>,
    pub created_at: String,
    pub updated_at: String,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
    pub model: Option<String>,
    /// True where the model is the scripted one of the demo: say so wherever the pipeline shows.
    pub scripted: bool,
    /// Of attempts and questions.
    pub usage: Usage,
    pub budget: Budget,
    /// Who wants it to pause once the attempt under way has ended.
    pub pause_requested: Option<String>,
    /// Where a fork comes from.
    pub forked_from: Option<Origin>,
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
    /// What counts against `budget`. What a fork took over does not.
    pub spent: Spent,
    /// What every step is sent beside the description.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// By `order_index`.
    pub steps: Vec<Step>,
    /// Oldest first, as are the lists below.
    pub approvals: Vec<Approval>,
    pub criteria: Vec<Criterion>,
    pub findings: Vec<Finding>,
    /// What people said to it.
    pub messages: Vec<Message>,
    /// What its agents asked people.
    pub requests: Vec<AgentRequest>,
    /// What people asked about finished work.
    pub questions: Vec<Question>,
    /// The part of `usage` that questions used.
    pub questions_usage: Usage,
    /// What was forked from it.
    #[serde(default)]
    pub forks: Vec<Fork>,
    /// The newest event sequence that this answer contains: open `/events?after=` with it.
    pub seq: i64,
}

/// A pipeline as its origin lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fork {
    pub id: i64,
    pub title: String,
    pub status: PipelineStatus,
}

/// The finished step of another pipeline that a fork goes on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Origin {
    pub pipeline_id: i64,
    pub step_id: i64,
}

/// Ceilings; what is `null` has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Budget {
    /// Of all kinds together.
    #[serde(default)]
    pub tokens: Option<u64>,
    /// In the provider's currency (US dollars).
    #[serde(default)]
    pub money: Option<f64>,
    /// Of agents' and checks' time, not of waiting.
    #[serde(default)]
    pub minutes: Option<u64>,
    #[serde(default)]
    pub attempts: Option<u32>,
}

/// What counts against a budget, in its own units; an attempt under way counts its time and its tokens so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Spent {
    pub tokens: u64,
    /// `null` where a part of it is unknown.
    pub money: Option<f64>,
    /// To the hundredth.
    pub minutes: f64,
    pub attempts: u32,
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
