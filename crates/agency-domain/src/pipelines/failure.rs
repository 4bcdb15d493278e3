//! Why an attempt or a pipeline failed, in classes that programs read and sentences that people read.

use crate::budgets::Ceiling;
use serde::{Deserialize, Serialize};

/// The class of an attempt's failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    AgentError,
    ProviderRateLimited,
    ProviderUnavailable,
    ContextOverflow,
    Stalled,
    HandoffInvalid,
    NoChanges,
    CheckFailed,
    GitError,
    OpencodeLost,
    Budget,
}

impl FailureClass {
    /// The word on the wire and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AgentError => "agent_error",
            Self::ProviderRateLimited => "provider_rate_limited",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::ContextOverflow => "context_overflow",
            Self::Stalled => "stalled",
            Self::HandoffInvalid => "handoff_invalid",
            Self::NoChanges => "no_changes",
            Self::CheckFailed => "check_failed",
            Self::GitError => "git_error",
            Self::OpencodeLost => "opencode_lost",
            Self::Budget => "budget",
        }
    }

    /// Whether trying again, with nothing changed, may well succeed.
    pub fn is_transient(self) -> bool {
        match self {
            Self::ProviderRateLimited | Self::ProviderUnavailable | Self::OpencodeLost | Self::Stalled => true,
            Self::AgentError
            | Self::ContextOverflow
            | Self::HandoffInvalid
            | Self::NoChanges
            | Self::CheckFailed
            | Self::GitError
            | Self::Budget => false,
        }
    }

    /// What a person can do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::AgentError => "Read the transcript's end; start a new pipeline with a clearer request or another model.",
            Self::ProviderRateLimited => "Wait for the provider's limit to pass, or name another model.",
            Self::ProviderUnavailable => "Check the provider's status, your network and the key in your OpenCode set-up.",
            Self::ContextOverflow => "Ask for less in one pipeline, or name a model with a larger context.",
            Self::Stalled => "Read the transcript's end: the last tool call may wait for something that never comes.",
            Self::HandoffInvalid => "The agent did not hand off in a form that can be read; a stronger model usually does.",
            Self::NoChanges => "Read what the agent said; say more exactly what should change.",
            Self::CheckFailed => "Read the check's output in the transcript.",
            Self::GitError => "Look at the worktree and the branch, mend what the message names, and retry the step.",
            Self::OpencodeLost => "Look at the server's log; `agency doctor` says whether OpenCode works on this machine.",
            Self::Budget => "Raise the budget or ask for less.",
        }
    }
}

/// The code of a pipeline's reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// An attempt failed and may not be tried again.
    StepFailed,
    /// The reviewer still asks for changes after the last round.
    NotConverging,
    /// A person rejected at an approval.
    Rejected,
    /// An agent said that it cannot go on without a person.
    AgentBlocked,
    /// The worktree or the branch could not be made or is broken.
    GitError,
    /// OpenCode is missing, unsupported, or does not start.
    OpencodeUnavailable,
    /// A template or agent of the chain cannot be read any more.
    CatalogBroken,
}

impl ReasonCode {
    /// The word on the wire and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StepFailed => "step_failed",
            Self::NotConverging => "not_converging",
            Self::Rejected => "rejected",
            Self::AgentBlocked => "agent_blocked",
            Self::GitError => "git_error",
            Self::OpencodeUnavailable => "opencode_unavailable",
            Self::CatalogBroken => "catalog_broken",
        }
    }
}

/// Why a pipeline failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureReason {
    pub code: ReasonCode,
    /// One plain sentence.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

/// The code of a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseCode {
    /// A person asked for it.
    ByUser,
    /// A ceiling of the budget is reached.
    Budget,
    /// Only a person can say how it goes on.
    NeedsAttention,
}

impl PauseCode {
    /// The word on the wire and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByUser => "by_user",
            Self::Budget => "budget",
            Self::NeedsAttention => "needs_attention",
        }
    }
}

/// Why a pipeline is paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseReason {
    pub code: PauseCode,
    /// One plain sentence.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

impl PauseReason {
    pub(super) fn by_user(name: &str) -> Self {
        Self { code: PauseCode::ByUser, message: format!("Paused by {name}."), hint: "Resume it when you like; nothing is lost.".into() }
    }

    pub(super) fn budget(ceiling: Ceiling) -> Self {
        Self {
            code: PauseCode::Budget,
            message: format!("The budget's ceiling of {} is reached.", ceiling.as_str()),
            hint: "Raise it and resume in one call, or cancel. Nothing is lost: what an attempt had changed is kept under a ref.".into(),
        }
    }
}
