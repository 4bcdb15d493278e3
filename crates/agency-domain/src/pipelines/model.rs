//! The pipeline as it stands.

use super::questions::Question;
use super::steering::{Ask, Steer};
use super::{FailureClass, FailureReason, PauseReason};
use crate::agents::SubmittedHandoff;
use crate::approvals::Approval;
use crate::attachments::Attachment;
use crate::budgets::{Budget, Ceiling};
use crate::checks::CheckRun;
use crate::criteria::Criterion;
use crate::handoffs::{Channel, HandoffRecord};
use crate::reviews::{LedgerFinding, Verdict};
use crate::templates::{StepKind, StepPlan, TemplateVersion};
use crate::{
    AgentName, AttemptId, BranchName, CommitId, HandoffId, MessageId, ModelName, PipelineId, SessionId, StepId, TemplateName, Timestamp,
    Usage,
};

/// What a pipeline is made from; everything is checked already.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPipeline {
    pub id: PipelineId,
    pub title: String,
    pub description: String,
    /// What every step is sent beside the description.
    pub attachments: Vec<Attachment>,
    pub template: TemplateName,
    /// `None` for a chain that no file holds.
    pub template_version: Option<TemplateVersion>,
    /// Top level of the repository's checkout, absolute.
    pub repo: String,
    /// The base as it was named.
    pub base: String,
    pub base_commit: CommitId,
    pub branch: BranchName,
    pub model: Option<ModelName>,
    pub budget: Budget,
    pub steps: Vec<(StepId, StepPlan)>,
    pub forked_from: Option<Origin>,
}

/// The step that a fork begins after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Origin {
    pub pipeline: PipelineId,
    pub step: StepId,
}

/// One run of a chain over one feature request.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    pub id: PipelineId,
    pub title: String,
    pub description: String,
    /// What every step is sent beside the description, in the order in which it was given.
    pub attachments: Vec<Attachment>,
    pub template: TemplateName,
    /// `None` for a chain that no file holds, and where nobody took note of it.
    pub template_version: Option<TemplateVersion>,
    pub repo: String,
    pub base: String,
    pub base_commit: CommitId,
    pub branch: BranchName,
    /// The newest commit that an attempt made; the base commit until then.
    pub head_commit: CommitId,
    pub model: Option<ModelName>,
    pub status: PipelineStatus,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// By place in the chain.
    pub steps: Vec<Step>,
    /// Oldest first.
    pub approvals: Vec<Approval>,
    pub budget: Budget,
    /// Ceilings of which a person was told that they are nearly reached.
    pub warned: Vec<Ceiling>,
    /// Who wants it to pause once the attempt under way has ended.
    pub pause_requested: Option<String>,
    /// In the order in which they were defined.
    pub criteria: Vec<Criterion>,
    /// In the order in which they were raised.
    pub findings: Vec<LedgerFinding>,
    /// What people said to it, oldest first.
    pub steers: Vec<Steer>,
    /// What agents asked people, oldest first.
    pub asks: Vec<Ask>,
    /// What people asked about finished work, oldest first.
    pub questions: Vec<Question>,
    pub forked_from: Option<Origin>,
    /// Rises with every committed change; a change names the version that it was decided on.
    pub version: i64,
}

/// Where a pipeline stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PipelineStatus {
    Queued,
    Running,
    WaitingForApproval,
    /// Nothing is begun until a person resumes it.
    Paused(PauseReason),
    Succeeded,
    Failed(FailureReason),
    Cancelled,
}

impl PipelineStatus {
    /// Whether nothing can happen any more.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Succeeded | Self::Failed(_) | Self::Cancelled => true,
            Self::Queued | Self::Running | Self::WaitingForApproval | Self::Paused(_) => false,
        }
    }

    /// The word on the wire and in tables.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::WaitingForApproval => "waiting_for_approval",
            Self::Paused(_) => "paused",
            Self::Succeeded => "succeeded",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One place in the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub id: StepId,
    pub plan: StepPlan,
    pub status: StepStatus,
    /// How many times this step has sent the chain back since it last began afresh.
    pub rounds: u32,
    /// Attempts up to this number do not count for the retry policy: the step has begun afresh since.
    pub tries_from: u32,
    /// Before this nothing is tried again.
    pub retry_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
}

impl Step {
    /// The agent that works here; `None` for a check and an approval.
    pub fn agent(&self) -> Option<&AgentName> {
        match &self.plan.kind {
            StepKind::Agent { agent, .. } => Some(agent),
            StepKind::Check(_) | StepKind::Approval { .. } => None,
        }
    }

    /// Whether it is the work of an agent of this name.
    pub fn is_of(&self, agent: &str) -> bool {
        self.agent().is_some_and(|name| name.as_str() == agent)
    }

    /// Whether the chain may go on behind it. A check that found nothing to run is skipped and done; what was skipped because of an end is not.
    pub fn is_done(&self) -> bool {
        match self.status {
            StepStatus::Succeeded => true,
            StepStatus::Skipped => self.finished_at.is_some(),
            StepStatus::Pending | StepStatus::Running | StepStatus::WaitingForApproval | StepStatus::Failed | StepStatus::Cancelled => {
                false
            }
        }
    }

    /// What people call it: its agent, or what it is.
    pub fn name(&self) -> &str {
        match &self.plan.kind {
            StepKind::Agent { agent, .. } => agent.as_str(),
            StepKind::Check(_) => "check",
            StepKind::Approval { .. } => "approval",
        }
    }
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    Pending,
    Running,
    WaitingForApproval,
    Succeeded,
    Failed,
    Skipped,
    Cancelled,
}

impl StepStatus {
    /// The word on the wire and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::WaitingForApproval => "waiting_for_approval",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One visit of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    pub id: AttemptId,
    /// From 1, within its step.
    pub number: u32,
    pub status: AttemptStatus,
    pub model: Option<ModelName>,
    /// `None` for a check.
    pub session: Option<SessionId>,
    pub message: Option<MessageId>,
    pub base_commit: CommitId,
    /// Set where the attempt changed something.
    pub head_commit: Option<CommitId>,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub usage: Usage,
    pub verdict: Option<Verdict>,
    pub handoff: Option<RecordedHandoff>,
    /// Of a check: the commands that ran.
    pub checks: Vec<CheckRun>,
    /// Of a fork: the attempt whose result this is; it was not carried out here.
    pub copied_from: Option<AttemptId>,
}

/// Where an attempt stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptStatus {
    /// The row and the ids are committed; the prompt may not have been sent.
    Starting,
    Running,
    /// The agent rests; its work is being verified and committed.
    Finishing,
    Succeeded,
    Failed(AttemptFailure),
    /// The server or OpenCode went away under it.
    Interrupted,
    Cancelled,
}

impl AttemptStatus {
    /// Whether it may still change.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Starting | Self::Running | Self::Finishing => true,
            Self::Succeeded | Self::Failed(_) | Self::Interrupted | Self::Cancelled => false,
        }
    }

    /// The word on the wire and in tables.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Finishing => "finishing",
            Self::Succeeded => "succeeded",
            Self::Failed(_) => "failed",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AttemptFailure {
    pub class: FailureClass,
    /// One plain sentence.
    pub message: String,
}

impl AttemptFailure {
    /// What two failures share that are the same again: the class, and the sentence without its numbers.
    pub fn signature(&self) -> (FailureClass, String) {
        let mut text: String = self.message.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
        while text.contains("##") {
            text = text.replace("##", "#");
        }
        (self.class, text)
    }
}

/// A hand-off as it was recorded.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RecordedHandoff {
    pub id: HandoffId,
    pub record: HandoffRecord,
    /// Which way it came.
    pub channel: Channel,
    /// Rendered from the record.
    pub content_md: String,
    pub at: Timestamp,
}

impl From<HandoffRecord> for SubmittedHandoff {
    fn from(record: HandoffRecord) -> Self {
        Self { record }
    }
}

/// The provider id of the scripted model, which tests and the demo use; whatever runs on it is labelled.
pub const SCRIPTED_PROVIDER: &str = "scripted";
