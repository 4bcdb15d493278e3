//! What a template plans.

use super::Source;
use crate::budgets::Budget;
use crate::{AgentName, ModelName, TemplateName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// A named chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub name: TemplateName,
    pub description: String,
    /// Of the whole run.
    pub budget: Budget,
    /// At least one.
    pub steps: Vec<StepPlan>,
    /// Of the file's text; lower-case hex SHA-256. A run keeps the version that it started with, and names it by this.
    pub sha256: String,
}

/// One planned step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepPlan {
    pub kind: StepKind,
    /// What this step is to do, in the words that its agent is sent.
    pub description: Option<String>,
    pub model: Option<ModelName>,
    pub settings: StepSettings,
}

impl StepPlan {
    /// A step with nothing but its kind.
    pub fn of(kind: StepKind) -> Self {
        Self { kind, description: None, model: None, settings: StepSettings::default() }
    }
}

/// What a step is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum StepKind {
    /// An agent works; where it reviews, `on_changes_requested` says where its findings go.
    Agent { agent: AgentName, on_changes_requested: Option<ReviewLoop> },
    /// Commands that must exit with 0.
    Check(CheckPlan),
    /// A person decides `question`.
    Approval { question: String, remind_after: Option<Duration> },
}

/// Commands that must exit with 0, one after the other, in the worktree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckPlan {
    /// As a shell takes them. Empty: the command that the repository's own files suggest, found when the step begins.
    pub commands: Vec<String>,
    /// Of each command.
    pub timeout: Duration,
    /// Who mends what fails. `None`: the nearest earlier agent that may write, where there is one.
    pub on_failure: Option<ReviewLoop>,
}

/// Where a reviewing step's `changes_requested`, or a check's failure, goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewLoop {
    /// The nearest earlier step of this agent.
    pub back_to: AgentName,
    /// How many times it may go back; the next time after that ends the pipeline.
    pub max_rounds: u32,
}

/// What a step may use, and how it is watched.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepSettings {
    /// Of all attempts at this step together.
    #[serde(default)]
    pub budget: Budget,
    #[serde(default)]
    pub retry: RetryPolicy,
    /// Silence after which an attempt counts as stalled; the server's own setting where none is given.
    #[serde(default)]
    pub stall_after: Option<Duration>,
    /// Tried in this order once the provider of the model before has failed.
    #[serde(default)]
    pub fallback_models: Vec<ModelName>,
    /// OpenCode permission rules that come after the agent's own; the order of the keys matters.
    #[serde(default)]
    pub permissions: Option<Value>,
    /// Whether the step's agent may change files. Filled in when the pipeline is created.
    #[serde(default)]
    pub writes: bool,
    /// Of the agent's file as it was when the pipeline was created. Filled in then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_sha256: Option<String>,
}

/// The file that a chain comes from, as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateVersion {
    /// Of its text; lower-case hex SHA-256.
    pub sha256: String,
    pub source: Source,
}

/// How often a failed attempt is followed by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// Attempts in a row that may fail before the step does; 1 never tries again.
    pub attempts: u32,
    /// Before the second attempt; doubled for each one after that, up to [`RetryPolicy::PAUSE_MAX`].
    pub pause: Duration,
}

impl RetryPolicy {
    /// Longest pause between two attempts.
    pub const PAUSE_MAX: Duration = Duration::from_secs(300);
    /// Most attempts that a template may ask for.
    pub const ATTEMPTS_MAX: u32 = 10;
}

impl Default for RetryPolicy {
    /// Three: OpenCode has tried five times itself within each of them.
    fn default() -> Self {
        Self { attempts: 3, pause: Duration::from_secs(2) }
    }
}

/// Most rounds that a template may ask for: more has never converged, and each costs a developer and a reviewer.
pub const ROUNDS_MAX: u32 = 10;
/// Most steps of a chain.
pub const STEPS_MAX: usize = 32;
