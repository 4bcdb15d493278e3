//! What can be asked of a pipeline.

use super::grants::Scope;
use super::steering::{AnsweredBy, AskKind};
use super::{AttemptFailure, FailureReason, Observation, QuestionOutcome, RecordedHandoff};
use crate::approvals::Decision;
use crate::budgets::{Budget, Ceiling};
use crate::checks::CheckRun;
use crate::criteria::BranchFacts;
use crate::{ApprovalId, AskId, AttemptId, CommitId, MessageId, ModelName, QuestionId, SessionId, SteerId, StepId, Timestamp, Usage};
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
    /// The agent rests, having used this; its work is being verified.
    MarkFinishing {
        attempt: AttemptId,
        usage: Usage,
    },
    /// How the attempt ended.
    FinishAttempt {
        attempt: AttemptId,
        usage: Usage,
        result: AttemptResult,
    },
    /// What an attempt under way has used so far, so that it counts even if nobody can say so at its end.
    ReportUsage {
        attempt: AttemptId,
        usage: Usage,
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
    /// Stops before the next attempt, or `now`, with the attempt under way interrupted.
    Pause {
        by: String,
        now: bool,
    },
    /// Stops because a ceiling of the budget is reached and something is still to be done.
    PauseForBudget {
        step: StepId,
    },
    /// Goes on after a pause; `budget` raises what it names.
    Resume {
        by: String,
        budget: Budget,
    },
    /// Changes ceilings without a pause.
    ChangeBudget {
        by: String,
        budget: Budget,
    },
    /// A ceiling is nearly reached by the attempt under way.
    WarnOfBudget {
        ceiling: Ceiling,
        percent: u32,
    },
    /// Begins a step afresh, and everything after it; of an ended pipeline too.
    Retry {
        by: String,
        /// Where none is named: of a run that failed, the step that could not be done; else the one that was attempted last.
        step: Option<StepId>,
        model: Option<ModelName>,
        /// Sent to the step's agent, with this id.
        instruction: Option<(SteerId, String)>,
    },
    /// Says something to the running attempt, or to the next one.
    Steer {
        steer: SteerId,
        text: String,
        by: String,
    },
    /// The running session has it.
    MarkDelivered {
        steer: SteerId,
        attempt: AttemptId,
    },
    /// An agent asks for something that policy leaves open.
    Ask {
        ask: AskId,
        attempt: AttemptId,
        kind: AskKind,
        subject: String,
        patterns: Vec<String>,
        /// What a lasting permission may cover that is given on it.
        suggested: Vec<String>,
        deadline: Timestamp,
    },
    Answer {
        ask: AskId,
        allowed: bool,
        message: Option<String>,
        by: AnsweredBy,
        /// How far the permission holds on, and for which patterns; those that were suggested where none are named.
        grant: Option<(Scope, Vec<String>)>,
    },
    /// Takes back a permission that holds on.
    Revoke {
        ask: AskId,
        by: String,
    },
    /// Asks about an attempt that has ended. Where only a step is named its newest attempt is meant, where nothing is the one that ended last.
    AskQuestion {
        question: QuestionId,
        step: Option<StepId>,
        attempt: Option<AttemptId>,
        text: String,
        by: String,
    },
    /// `text` is the answer, or why there is none.
    EndQuestion {
        question: QuestionId,
        outcome: QuestionOutcome,
        text: String,
        usage: Usage,
    },
    /// A person takes a criterion as met without evidence.
    AcceptCriterion {
        criterion: String,
        by: String,
        reason: String,
    },
    /// A gate has waited for long.
    Remind(ApprovalId),
    /// What a gate stood on has changed since it was decided: it opens again.
    ReopenApproval {
        approval: ApprovalId,
        changed: Vec<String>,
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
    /// `None` for a check.
    pub conversation: Option<Conversation>,
    pub base_commit: CommitId,
    /// What people said that its prompt carries.
    pub steers: Vec<SteerId>,
}

/// What an attempt says to OpenCode, by the ids that are stored before it is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    pub session: SessionId,
    pub message: MessageId,
    /// Of the receipt.
    pub prompt_sha256: String,
    pub prompt_bytes: u64,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum AttemptResult {
    Succeeded(Box<Finished>),
    /// The commands of a check, in order; none where the repository suggests none.
    Checked(Vec<CheckRun>),
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
    /// What the branch changes, this attempt's commit included: criteria are proven by it.
    pub branch: BranchFacts,
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
