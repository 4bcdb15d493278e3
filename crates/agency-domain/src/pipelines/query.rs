//! What a pipeline's state says: where it stands, what comes next, what it has cost. Reads only.

use super::{Attempt, NewPipeline, Pipeline, PipelineStatus, SCRIPTED_PROVIDER, Step, StepStatus};
use crate::approvals::{Approval, ApprovalState};
use crate::templates::StepKind;
use crate::{ApprovalId, AttemptId, ModelName, StepId, Timestamp, Usage};

/// What a pipeline waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It is queued: claim and start it.
    Start,
    /// Run an attempt at this step.
    Attempt(StepId),
    /// An attempt is open that nobody may be carrying out.
    Resume(StepId, AttemptId),
    /// Open the gate of this step.
    OpenApproval(StepId),
    /// A person decides.
    Decision(ApprovalId),
    /// A person resumes it.
    Resumption,
    /// Nothing: it has ended.
    Nothing,
}

impl Pipeline {
    /// A pipeline as it is before its first event.
    pub fn new(new: NewPipeline, at: Timestamp) -> Self {
        let steps = new
            .steps
            .into_iter()
            .map(|(id, plan)| Step {
                id,
                plan,
                status: StepStatus::Pending,
                rounds: 0,
                started_at: None,
                finished_at: None,
                attempts: Vec::new(),
            })
            .collect();
        Self {
            id: new.id,
            title: new.title,
            description: new.description,
            template: new.template,
            repo: new.repo,
            base: new.base,
            head_commit: new.base_commit.clone(),
            base_commit: new.base_commit,
            branch: new.branch,
            model: new.model,
            status: PipelineStatus::Queued,
            created_at: at,
            updated_at: at,
            started_at: None,
            finished_at: None,
            steps,
            approvals: Vec::new(),
            version: 0,
        }
    }

    /// The step with this id.
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The place of a step in the chain.
    pub fn index_of(&self, id: StepId) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }

    /// An attempt and the step that it belongs to.
    pub fn attempt(&self, id: AttemptId) -> Option<(&Step, &Attempt)> {
        self.steps.iter().find_map(|step| step.attempts.iter().find(|attempt| attempt.id == id).map(|attempt| (step, attempt)))
    }

    /// The attempt that is under way, if one is.
    pub fn open_attempt(&self) -> Option<(&Step, &Attempt)> {
        self.steps.iter().find_map(|step| step.attempts.iter().find(|attempt| attempt.status.is_open()).map(|attempt| (step, attempt)))
    }

    /// The first step that is not done: where the chain stands.
    pub fn current_step(&self) -> Option<&Step> {
        if self.status.is_final() {
            return None;
        }
        self.steps.iter().find(|step| !matches!(step.status, StepStatus::Succeeded | StepStatus::Skipped))
    }

    /// The gate that waits for a person, if one does.
    pub fn pending_approval(&self) -> Option<&Approval> {
        self.approvals.iter().find(|approval| approval.state == ApprovalState::Pending)
    }

    /// The model of a step: its own, else the pipeline's.
    pub fn model_for<'a>(&'a self, step: &'a Step) -> Option<&'a ModelName> {
        step.plan.model.as_ref().or(self.model.as_ref())
    }

    /// All attempts over all steps, oldest first.
    pub fn attempts_in_order(&self) -> Vec<(&Step, &Attempt)> {
        let mut all: Vec<_> = self.steps.iter().flat_map(|step| step.attempts.iter().map(move |attempt| (step, attempt))).collect();
        all.sort_by_key(|(_, attempt)| attempt.id);
        all
    }

    /// Tokens and cost of all attempts.
    pub fn usage(&self) -> Usage {
        self.steps.iter().flat_map(|step| &step.attempts).fold(Usage::default(), |sum, attempt| sum.plus(attempt.usage))
    }

    /// Whether a step runs on the scripted model of the demo.
    pub fn is_scripted(&self) -> bool {
        self.steps.iter().any(|step| self.model_for(step).is_some_and(|model| model.provider() == SCRIPTED_PROVIDER))
    }

    /// Agents of the steps before `step`, nearest first, each once: where `request_changes` may go back to.
    pub fn back_to_choices(&self, step: StepId) -> Vec<&str> {
        let before = &self.steps[..self.index_of(step).unwrap_or(0)];
        let mut names: Vec<&str> = Vec::new();
        for name in before.iter().rev().filter_map(Step::agent) {
            if !names.contains(&name.as_str()) {
                names.push(name.as_str());
            }
        }
        names
    }

    /// What has to happen next. Reads the state alone, so that a restart goes on where it stood.
    pub fn next(&self) -> Next {
        match &self.status {
            PipelineStatus::Queued => Next::Start,
            PipelineStatus::Succeeded | PipelineStatus::Failed(_) | PipelineStatus::Cancelled => Next::Nothing,
            PipelineStatus::Paused => Next::Resumption,
            PipelineStatus::Running | PipelineStatus::WaitingForApproval => self.next_in_chain(),
        }
    }

    fn next_in_chain(&self) -> Next {
        if let Some(approval) = self.pending_approval() {
            return Next::Decision(approval.id);
        }
        if let Some((step, attempt)) = self.open_attempt() {
            return Next::Resume(step.id, attempt.id);
        }
        match self.current_step() {
            None => Next::Nothing,
            Some(step) => match step.plan.kind {
                StepKind::Agent { .. } => Next::Attempt(step.id),
                StepKind::Approval { .. } => Next::OpenApproval(step.id),
            },
        }
    }
}
