//! What has happened to a pipeline. Facts, in the past tense; the audit log is made of them.

use super::grants::Revocation;
use super::observation::Observation;
use super::questions::{Question, QuestionEnd};
use super::steering::{Answer, Ask, Steer};
use super::{AttemptFailure, FailureReason, Origin, PauseReason, RecordedHandoff, StepStatus};
use crate::approvals::Decision;
use crate::attachments::Attachment;
use crate::budgets::{Budget, Ceiling};
use crate::checks::CheckRun;
use crate::criteria::{Acceptance, Criterion};
use crate::reviews::{LedgerFinding, Verdict};
use crate::templates::TemplateVersion;
use crate::{
    AgentName, ApprovalId, AskId, AttemptId, BranchName, CommitId, MessageId, ModelName, QuestionId, SessionId, SteerId, StepId,
    TemplateName, Timestamp, Usage,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A fact. Serialises as `{"type": "...", ...}`: the type is the audit log's `event_type`, the rest its payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    PipelineCreated {
        title: String,
        template: TemplateName,
        repo: String,
        base: String,
        base_commit: CommitId,
        branch: BranchName,
        steps: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        forked_from: Option<Origin>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        template_version: Option<TemplateVersion>,
        /// The hash of each agent's file.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        agents: BTreeMap<AgentName, String>,
        /// With their hashes, so that the log answers for what was attached.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
    },
    PipelineStarted,
    StepStarted {
        step_id: StepId,
    },
    AttemptStarted {
        step_id: StepId,
        attempt_id: AttemptId,
        number: u32,
        model: Option<ModelName>,
        #[serde(default)]
        session: Option<SessionId>,
        #[serde(default)]
        message: Option<MessageId>,
        base_commit: CommitId,
        #[serde(default)]
        prompt_sha256: Option<String>,
        #[serde(default)]
        prompt_bytes: Option<u64>,
    },
    AttemptRunning {
        step_id: StepId,
        attempt_id: AttemptId,
    },
    AttemptFinishing {
        step_id: StepId,
        attempt_id: AttemptId,
    },
    HandoffRecorded {
        step_id: StepId,
        attempt_id: AttemptId,
        handoff: Box<RecordedHandoff>,
    },
    VerdictRecorded {
        step_id: StepId,
        attempt_id: AttemptId,
        verdict: Verdict,
    },
    AttemptSucceeded {
        step_id: StepId,
        attempt_id: AttemptId,
        head_commit: Option<CommitId>,
        usage: Usage,
    },
    AttemptFailed {
        step_id: StepId,
        attempt_id: AttemptId,
        failure: AttemptFailure,
        usage: Usage,
        /// Before this the step is not tried again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
    },
    /// The commands of a check ran.
    ChecksRan {
        step_id: StepId,
        attempt_id: AttemptId,
        checks: Vec<CheckRun>,
    },
    /// Criteria as a hand-off leaves them: only those that it changes.
    CriteriaUpdated {
        step_id: StepId,
        attempt_id: AttemptId,
        criteria: Vec<Criterion>,
    },
    CriterionAccepted {
        criterion_id: String,
        acceptance: Acceptance,
    },
    FindingOpened {
        step_id: StepId,
        finding: LedgerFinding,
    },
    FindingReworded {
        step_id: StepId,
        finding: LedgerFinding,
    },
    FindingClosed {
        step_id: StepId,
        finding: LedgerFinding,
    },
    AttemptInterrupted {
        step_id: StepId,
        attempt_id: AttemptId,
        reason: String,
        usage: Usage,
    },
    AttemptCancelled {
        step_id: StepId,
        attempt_id: AttemptId,
    },
    /// What an attempt under way has used so far.
    UsageReported {
        step_id: StepId,
        attempt_id: AttemptId,
        usage: Usage,
    },
    /// What a cancelled attempt had used, known only once its agent was stopped.
    UsageSettled {
        step_id: StepId,
        attempt_id: AttemptId,
        usage: Usage,
    },
    StepFinished {
        step_id: StepId,
        status: StepStatus,
    },
    /// The steps from `to` to `from` are pending again.
    SentBack {
        from: StepId,
        to: StepId,
        by: SentBackBy,
    },
    ApprovalRequested {
        step_id: StepId,
        approval_id: ApprovalId,
        question: String,
        digest: String,
    },
    ApprovalDecided {
        step_id: StepId,
        approval_id: ApprovalId,
        decision: Decision,
        comment: Option<String>,
        decided_by: String,
    },
    ApprovalWithdrawn {
        step_id: StepId,
        approval_id: ApprovalId,
    },
    ApprovalReminded {
        step_id: StepId,
        approval_id: ApprovalId,
    },
    /// What the gate stood on has changed since it was decided: its step is pending again.
    ApprovalReopened {
        step_id: StepId,
        approval_id: ApprovalId,
        changed: Vec<String>,
    },
    PauseRequested {
        by: String,
    },
    PipelinePaused {
        reason: PauseReason,
    },
    PipelineResumed {
        by: String,
    },
    BudgetChanged {
        by: String,
        budget: Budget,
    },
    BudgetWarning {
        ceiling: Ceiling,
        percent: u32,
    },
    /// The step and everything after it begin afresh.
    StepRetried {
        step_id: StepId,
        by: String,
        model: Option<ModelName>,
        /// Where the branch stands again.
        head_commit: CommitId,
    },
    Steered {
        steer: Steer,
    },
    SteerDelivered {
        steer_id: SteerId,
        attempt_id: AttemptId,
    },
    PermissionAsked {
        step_id: StepId,
        attempt_id: AttemptId,
        ask: Ask,
    },
    PermissionAnswered {
        step_id: StepId,
        attempt_id: AttemptId,
        ask_id: AskId,
        answer: Answer,
    },
    /// What it allowed from then on is asked for again.
    PermissionRevoked {
        step_id: StepId,
        attempt_id: AttemptId,
        ask_id: AskId,
        revocation: Revocation,
    },
    QuestionAsked {
        step_id: StepId,
        attempt_id: AttemptId,
        question: Question,
    },
    QuestionAnswered {
        step_id: StepId,
        attempt_id: AttemptId,
        question_id: QuestionId,
        end: QuestionEnd,
        usage: Usage,
    },
    /// It has no answer: it failed, was interrupted or was cancelled.
    QuestionFailed {
        step_id: StepId,
        attempt_id: AttemptId,
        question_id: QuestionId,
        end: QuestionEnd,
        usage: Usage,
    },
    PipelineSucceeded,
    PipelineFailed {
        reason: FailureReason,
    },
    PipelineCancelled {
        by: String,
    },
    Observed {
        step_id: Option<StepId>,
        attempt_id: Option<AttemptId>,
        #[serde(flatten)]
        what: Observation,
    },
}

impl Event {
    /// The step that it is about.
    pub fn step_id(&self) -> Option<StepId> {
        match self {
            Self::StepStarted { step_id }
            | Self::AttemptStarted { step_id, .. }
            | Self::AttemptRunning { step_id, .. }
            | Self::AttemptFinishing { step_id, .. }
            | Self::HandoffRecorded { step_id, .. }
            | Self::VerdictRecorded { step_id, .. }
            | Self::AttemptSucceeded { step_id, .. }
            | Self::AttemptFailed { step_id, .. }
            | Self::AttemptInterrupted { step_id, .. }
            | Self::AttemptCancelled { step_id, .. }
            | Self::UsageReported { step_id, .. }
            | Self::UsageSettled { step_id, .. }
            | Self::StepFinished { step_id, .. }
            | Self::ApprovalRequested { step_id, .. }
            | Self::ApprovalDecided { step_id, .. }
            | Self::ApprovalWithdrawn { step_id, .. }
            | Self::ChecksRan { step_id, .. }
            | Self::CriteriaUpdated { step_id, .. }
            | Self::FindingOpened { step_id, .. }
            | Self::FindingReworded { step_id, .. }
            | Self::FindingClosed { step_id, .. }
            | Self::ApprovalReminded { step_id, .. }
            | Self::ApprovalReopened { step_id, .. }
            | Self::StepRetried { step_id, .. }
            | Self::PermissionAsked { step_id, .. }
            | Self::PermissionAnswered { step_id, .. }
            | Self::PermissionRevoked { step_id, .. }
            | Self::QuestionAsked { step_id, .. }
            | Self::QuestionAnswered { step_id, .. }
            | Self::QuestionFailed { step_id, .. }
            | Self::SentBack { from: step_id, .. } => Some(*step_id),
            Self::Observed { step_id, .. } => *step_id,
            Self::PipelineCreated { .. }
            | Self::PipelineStarted
            | Self::CriterionAccepted { .. }
            | Self::PauseRequested { .. }
            | Self::PipelinePaused { .. }
            | Self::PipelineResumed { .. }
            | Self::BudgetChanged { .. }
            | Self::BudgetWarning { .. }
            | Self::Steered { .. }
            | Self::SteerDelivered { .. }
            | Self::PipelineSucceeded
            | Self::PipelineFailed { .. }
            | Self::PipelineCancelled { .. } => None,
        }
    }

    /// Whether it may be lost with the power (never with the process): it says how far something is, and the end of it says it again.
    pub fn is_progress(&self) -> bool {
        matches!(self, Self::AttemptRunning { .. } | Self::AttemptFinishing { .. } | Self::UsageReported { .. } | Self::Observed { .. })
    }
}

/// What sent the chain back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentBackBy {
    Review,
    Approval,
    Check,
}
