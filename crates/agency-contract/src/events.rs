//! `GET /events`: one stream for everything, one `data:` line of JSON each.

use crate::{Budget, PipelineStatus, PipelineStatusReason, RequestKind, StepStatus, TranscriptPart, Verdict};
use serde::{Deserialize, Serialize};

/// One event. Durable ones carry `pipeline_id`, `seq` and `at`, and the same `seq` as SSE id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StreamEvent {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline_id: Option<i64>,
    /// Rises with every durable event of the whole server, without regard to the pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    #[serde(flatten)]
    pub payload: StreamPayload,
}

/// What happened. A reader skips the types that it does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StreamPayload {
    /// Every 5 seconds; `ts` in Unix seconds.
    Heartbeat {
        ts: i64,
    },
    PipelineCreated {
        title: String,
    },
    /// Comes with an unchanged `running` too, where something that has no event of its own changed: the attempt under way went on, or has used more
    /// tokens, at most once a second.
    PipelineUpdated {
        status: PipelineStatus,
        status_reason: Option<PipelineStatusReason>,
    },
    StepStarted {
        step_id: i64,
    },
    /// `status` is `pending` where the step begins again: a loop, a person or a check sent it back, it is retried, or its gate opened again.
    StepFinished {
        step_id: i64,
        status: StepStatus,
    },
    AttemptStarted {
        step_id: i64,
        attempt_id: i64,
        number: u32,
    },
    AttemptFinished {
        step_id: i64,
        attempt_id: i64,
        status: crate::AttemptStatus,
        failure: Option<crate::Failure>,
        /// Set where it is tried again, not before this.
        retry_at: Option<String>,
    },
    /// The commands of a check ended; the attempt's `checks` have more of them.
    ChecksRan {
        step_id: i64,
        attempt_id: i64,
        checks: Vec<CheckResult>,
    },
    HandoffRecorded {
        step_id: i64,
        attempt_id: i64,
        handoff_id: i64,
    },
    VerdictRecorded {
        step_id: i64,
        attempt_id: i64,
        verdict: Verdict,
    },
    /// Evidence came, a person accepted, or the criteria themselves changed.
    CriteriaUpdated {
        criterion_ids: Vec<String>,
    },
    /// Raised, open again, or still open in other words.
    FindingOpened {
        step_id: i64,
        finding_id: String,
        severity: String,
        claim: String,
    },
    /// `status` is `fixed` or `wont_fix`.
    FindingClosed {
        step_id: i64,
        finding_id: String,
        status: String,
    },
    ApprovalRequested {
        step_id: i64,
        approval_id: i64,
    },
    ApprovalDecided {
        step_id: i64,
        approval_id: i64,
        status: crate::ApprovalStatus,
    },
    /// It has waited for as long as its template says.
    ApprovalReminded {
        step_id: i64,
        approval_id: i64,
    },
    /// What it was decided on has changed since: another decision is asked for.
    ApprovalReopened {
        step_id: i64,
        approval_id: i64,
        changed: Vec<String>,
    },
    /// The agent waits for an answer to this request.
    PermissionAsked {
        step_id: i64,
        attempt_id: i64,
        request_id: i64,
        kind: RequestKind,
        /// The permission's name, or the question.
        permission: String,
        patterns: Vec<String>,
        deadline: String,
    },
    /// `request_id` is `null` where policy, or a permission that holds on, answered at once.
    PermissionAnswered {
        step_id: i64,
        attempt_id: i64,
        request_id: Option<i64>,
        permission: String,
        patterns: Vec<String>,
        allowed: bool,
        /// The person; `null` where policy, the deadline or the attempt's end answered.
        by: Option<String>,
    },
    /// What the answer of a request allowed from then on is asked for again.
    PermissionRevoked {
        step_id: i64,
        request_id: i64,
        by: String,
    },
    /// A warning: another run that has not ended changes the same files.
    FilesOverlap {
        with_pipeline_id: i64,
        files: Vec<String>,
    },
    /// A person wants a pause after the attempt under way.
    PauseRequested {
        by: String,
    },
    /// A ceiling is nearly reached: `tokens`, `money`, `minutes` or `attempts`.
    BudgetWarning {
        ceiling: String,
        percent: u32,
    },
    BudgetChanged {
        budget: Budget,
    },
    /// A person said something.
    MessageReceived {
        message_id: i64,
        /// Where it is meant for one step alone.
        step_id: Option<i64>,
        by: String,
        text: String,
    },
    /// An attempt was sent it.
    MessageDelivered {
        message_id: i64,
        attempt_id: i64,
    },
    /// A person asks about an attempt that has ended.
    QuestionAsked {
        step_id: i64,
        attempt_id: i64,
        question_id: i64,
        by: String,
        text: String,
    },
    QuestionAnswered {
        step_id: i64,
        attempt_id: i64,
        question_id: i64,
        /// In Markdown.
        answer: String,
    },
    /// It has no answer: `status` is `failed`, `interrupted` or `cancelled`.
    QuestionFailed {
        step_id: i64,
        attempt_id: i64,
        question_id: i64,
        status: crate::QuestionStatus,
        message: String,
    },
    /// Durable and whole; replaces what is shown under its `part_id`.
    TranscriptPart {
        part: Box<TranscriptPart>,
    },
    /// Live only: `text` belongs at byte `offset` of the part's text. A part that is not known yet is an open one of `kind`.
    TranscriptDelta {
        attempt_id: i64,
        step_id: i64,
        part_id: String,
        ordinal: u32,
        kind: crate::PartKind,
        offset: u64,
        text: String,
    },
    /// The cursor is older (or newer) than what can be replayed: load everything again, then go on from `seq`.
    Reset,
    /// The server is about to stop; reconnect.
    Closing,
    /// From a newer server.
    #[serde(other)]
    Unknown,
}

/// How a command of a check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckResult {
    pub command: String,
    /// `null` where it did not exit by itself.
    pub exit_code: Option<i32>,
    /// As the end of a sentence: `exited with 1`.
    pub outcome: String,
    pub passed: bool,
}
