//! What can be asked of a pipeline.

use super::{AttemptFailure, FailureReason, Observation, RecordedHandoff};
use crate::approvals::Decision;
use crate::{ApprovalId, AttemptId, CommitId, MessageId, ModelName, SessionId, StepId, Usage};
use thiserror::Error;

/// A request. [`super::decide`] answers with events, or refuses it.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Takes it out of the queue.
    Start,
    /// A new attempt at the current step.
    BeginAttempt(NewAttempt),
    /// The prompt is with OpenCode.
    MarkRunning(AttemptId),
    /// The agent rests; its work is being verified.
    MarkFinishing(AttemptId),
    /// How the attempt ended.
    FinishAttempt {
        attempt: AttemptId,
        usage: Usage,
        result: AttemptResult,
    },
    /// What a cancelled attempt had used; its agent was stopped after the cancellation was recorded.
    SettleUsage {
        attempt: AttemptId,
        usage: Usage,
    },
    /// Opens the gate of the current step.
    OpenApproval {
        step: StepId,
        approval: ApprovalId,
        digest: String,
    },
    /// A person's decision. `digest` is what they saw; `back_to` names an earlier agent's step.
    DecideApproval {
        approval: ApprovalId,
        decision: Decision,
        comment: Option<String>,
        decided_by: String,
        digest: Option<String>,
        back_to: Option<String>,
    },
    Cancel {
        by: String,
    },
    /// Ends it for a reason outside any attempt.
    Fail(FailureReason),
    /// Writes something down that changes nothing.
    Observe {
        step: Option<StepId>,
        attempt: Option<AttemptId>,
        what: Observation,
    },
}

/// An attempt to be committed before its prompt is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAttempt {
    pub step: StepId,
    pub attempt: AttemptId,
    pub model: Option<ModelName>,
    pub session: SessionId,
    pub message: MessageId,
    pub base_commit: CommitId,
    /// Of the receipt.
    pub prompt_sha256: String,
    pub prompt_bytes: u64,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum AttemptResult {
    Succeeded(Box<Finished>),
    Failed(AttemptFailure),
    /// The server or OpenCode went away under it; the reason is for people.
    Interrupted(String),
}

/// The fruits of a successful attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    pub handoff: RecordedHandoff,
    /// The commit that it made, if it changed something.
    pub head_commit: Option<CommitId>,
    /// Whether the step must have a verdict: its agent reviews, or its template has a loop.
    pub verdict_required: bool,
}

/// Why a command was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// The state forbids it; the text names the state.
    #[error("{0}")]
    Conflict(String),
    /// Somebody decided before.
    #[error("this approval is {status} already, by {decided_by}")]
    AlreadyDecided { status: &'static str, decided_by: String },
    /// What was shown is not what stands now.
    #[error("what this approval is about has changed since you looked at it; load it again and decide on what it shows now")]
    Stale,
    /// The input does not fit.
    #[error("{field}: {message}")]
    Invalid { field: &'static str, message: String },
    /// There is no such step, attempt or approval.
    #[error("the pipeline has no {0}")]
    NoSuch(String),
}
