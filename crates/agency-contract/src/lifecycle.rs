//! Before and after a run: dry runs, forecasts, forks, clean-up.

use crate::{Budget, Loop, StepKind};
use serde::{Deserialize, Serialize};

/// `POST /api/v1/pipelines/{id}/fork`. What is left out stays as it is in the original.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForkPipeline {
    /// The finished step to go on after; the last one, where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_step_id: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Name of the new branch, under `agency/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// `provider/model` of every step that is still to be worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// Sent to the first step that works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// `GET /api/v1/templates/{name}/record`: how the newest runs of a template ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateRecord {
    /// At most 30, the newest first. A run that is under way has no end yet, and is not among them.
    pub runs: Vec<RecordedRun>,
    pub succeeded: u32,
    pub failed: u32,
    pub cancelled: u32,
    /// From start to end, waiting for people included; the middle one of those that succeeded.
    pub minutes: Option<f64>,
    /// In US dollars; the middle one of those that succeeded. `null` where the cost of one is unknown.
    pub money: Option<f64>,
    /// All of it in a sentence.
    pub summary: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordedRun {
    pub pipeline_id: i64,
    pub title: String,
    pub status: crate::PipelineStatus,
}

/// What became of an agent's results, in the newest 30 pipelines of whose chains it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentRecord {
    /// Pipelines in which it handed something on.
    pub runs: u32,
    /// Results that met a gate behind its step: a person's decision, a verdict or a check.
    pub judged: u32,
    /// Those of them that passed it.
    pub passed: u32,
    /// All of it in a sentence.
    pub summary: String,
}

/// What a request would start: every prompt, every command, and the way that the chain would take. Nothing was stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DryRun {
    pub title: String,
    /// The template's name; `ad_hoc` for a chain given as `steps`.
    pub template: String,
    pub base_commit: String,
    pub budget: Budget,
    /// In the order in which they would come.
    pub steps: Vec<DryRunStep>,
    /// The `agency` command that starts the same, for a POSIX shell; `null` where it has no words for it, as for a chain of one's own.
    pub command: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DryRunStep {
    /// From 0.
    pub order_index: u32,
    pub kind: StepKind,
    /// The agent's name, `check` or `approval`.
    pub name: String,
    /// `provider/model` of an agent's step, where one is named.
    pub model: Option<String>,
    /// Of an agent: role and rules, sent as the system prompt.
    pub role: Option<String>,
    /// Of an agent: the prompt to the letter, but for hand-offs that do not exist yet.
    pub prompt: Option<String>,
    pub prompt_bytes: Option<u64>,
    /// Of a check; empty where the repository's files decide.
    pub commands: Vec<String>,
    /// Of an approval.
    pub question: Option<String>,
    /// Where it may send the chain back to, and how often.
    pub back: Option<Loop>,
}

/// What past runs of a template used. Without `runs` enough to say anything, the bands are `null`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Forecast {
    pub runs: u32,
    pub tokens: Option<Band>,
    /// In the provider's currency (US dollars); `null` too where a run's cost is unknown.
    pub money: Option<Band>,
    /// From start to end, waiting for people included.
    pub minutes: Option<Band>,
}

/// Nine of ten runs stayed below `high`, one of ten below `low`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Band {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

/// `POST /api/v1/clean-up`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CleanUp {
    /// Looks, and changes nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Pipelines whose worktree may go though their branch is neither merged nor pushed. Their branch stays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pipelines: Vec<i64>,
    /// Whether branches that are merged or pushed go too.
    #[serde(default)]
    pub branches: bool,
}

/// What has become of the remains of ended runs, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CleanedUp {
    /// Runs that have nothing left are not listed.
    pub items: Vec<CleanedUpPipeline>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CleanedUpPipeline {
    pub pipeline_id: i64,
    pub title: String,
    pub worktree: String,
    pub removed_worktree: bool,
    pub removed_branch: bool,
    /// Bytes of OpenCode's home that went; `null` where it stayed, and in a dry run.
    pub removed_home_bytes: Option<u64>,
    /// Why this goes, or why the rest stays.
    pub reasons: Vec<String>,
}
