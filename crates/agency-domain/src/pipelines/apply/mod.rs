//! The only way that a pipeline changes: one event at a time.

mod approvals;
mod attempts;
mod ledgers;

use super::{Attempt, Event, Pipeline, PipelineStatus, SentBackBy, Step, StepStatus};
use crate::{AttemptId, CommitId, ModelName, StepId, Timestamp};

impl Pipeline {
    /// Takes in an event that [`super::decide`] answered (or that was stored then). Events of other origin may panic.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        self.updated_at = at;
        match event {
            Event::PipelineCreated { .. } | Event::Observed { .. } => {}
            Event::PipelineStarted => {
                self.status = PipelineStatus::Running;
                self.started_at = Some(at);
            }
            Event::PipelineSucceeded => self.end(PipelineStatus::Succeeded, StepStatus::Skipped, at),
            Event::PipelineFailed { reason } => self.end(PipelineStatus::Failed(reason.clone()), StepStatus::Skipped, at),
            Event::PipelineCancelled { .. } => self.end(PipelineStatus::Cancelled, StepStatus::Cancelled, at),
            Event::StepStarted { step_id } => {
                let step = self.step_mut(*step_id);
                step.status = StepStatus::Running;
                step.started_at = Some(step.started_at.unwrap_or(at));
                step.finished_at = None;
            }
            Event::StepFinished { step_id, status } => {
                let step = self.step_mut(*step_id);
                step.status = *status;
                step.finished_at = Some(at);
            }
            Event::SentBack { from, to, by } => self.send_back(*from, *to, *by),
            Event::StepRetried { step_id, model, head_commit, .. } => self.retry(*step_id, model.as_ref(), head_commit, at),
            Event::ApprovalRequested { .. }
            | Event::ApprovalDecided { .. }
            | Event::ApprovalWithdrawn { .. }
            | Event::ApprovalReminded { .. }
            | Event::ApprovalReopened { .. } => self.apply_to_approval(event, at),
            Event::PauseRequested { .. }
            | Event::PipelinePaused { .. }
            | Event::PipelineResumed { .. }
            | Event::BudgetChanged { .. }
            | Event::BudgetWarning { .. } => self.apply_to_control(event),
            Event::CriteriaUpdated { .. }
            | Event::CriterionAccepted { .. }
            | Event::FindingOpened { .. }
            | Event::FindingReworded { .. }
            | Event::FindingClosed { .. } => self.apply_to_ledgers(event),
            Event::Steered { .. }
            | Event::SteerDelivered { .. }
            | Event::PermissionAsked { .. }
            | Event::PermissionAnswered { .. }
            | Event::PermissionRevoked { .. } => {
                self.apply_to_talk(event);
            }
            Event::QuestionAsked { .. } | Event::QuestionAnswered { .. } | Event::QuestionFailed { .. } => self.apply_to_questions(event),
            Event::AttemptStarted { .. }
            | Event::AttemptRunning { .. }
            | Event::AttemptFinishing { .. }
            | Event::HandoffRecorded { .. }
            | Event::VerdictRecorded { .. }
            | Event::ChecksRan { .. }
            | Event::UsageReported { .. }
            | Event::UsageSettled { .. } => self.apply_to_attempt(event, at),
            Event::AttemptSucceeded { .. }
            | Event::AttemptFailed { .. }
            | Event::AttemptInterrupted { .. }
            | Event::AttemptCancelled { .. } => {
                self.end_attempt(event, at);
            }
        }
    }

    /// Takes in several events of one moment.
    pub fn apply_all(&mut self, events: &[Event], at: Timestamp) {
        for event in events {
            self.apply(event, at);
        }
    }

    fn send_back(&mut self, from: StepId, to: StepId, by: SentBackBy) {
        let range = self.index_of(to).expect("known step")..=self.index_of(from).expect("known step");
        for step in &mut self.steps[range] {
            step.status = StepStatus::Pending;
            step.finished_at = None;
            match by {
                SentBackBy::Review | SentBackBy::Check if step.id == from => step.rounds += 1,
                SentBackBy::Review | SentBackBy::Check => {}
                SentBackBy::Approval => step.rounds = 0,
            }
        }
    }

    fn retry(&mut self, id: StepId, model: Option<&ModelName>, head_commit: &CommitId, at: Timestamp) {
        self.status = PipelineStatus::Running;
        self.started_at = Some(self.started_at.unwrap_or(at));
        self.finished_at = None;
        self.pause_requested = None;
        self.head_commit = head_commit.clone();
        let from = self.index_of(id).expect("known step");
        for step in &mut self.steps[from..] {
            step.status = StepStatus::Pending;
            step.finished_at = None;
            step.rounds = 0;
            step.retry_at = None;
            step.tries_from = u32::try_from(step.attempts.len()).expect("fewer attempts than 2^32");
        }
        if let Some(model) = model {
            self.steps[from].plan.model = Some(model.clone());
        }
    }

    fn apply_to_control(&mut self, event: &Event) {
        if let Event::PauseRequested { by } = event {
            self.pause_requested = Some(by.clone());
        }
        if let Event::PipelinePaused { reason } = event {
            self.pause_requested = None;
            self.status = PipelineStatus::Paused(reason.clone());
        }
        if let Event::PipelineResumed { .. } = event {
            self.status = PipelineStatus::Running;
        }
        if let Event::BudgetChanged { budget, .. } = event {
            self.budget = *budget;
            self.warned.clear();
        }
        if let Event::BudgetWarning { ceiling, .. } = event {
            self.warned.push(*ceiling);
        }
    }

    fn end(&mut self, status: PipelineStatus, rest: StepStatus, at: Timestamp) {
        self.status = status;
        self.finished_at = Some(at);
        for step in self.steps.iter_mut().filter(|step| step.status == StepStatus::Pending) {
            step.status = rest;
        }
    }

    fn step_mut(&mut self, id: StepId) -> &mut Step {
        self.steps.iter_mut().find(|step| step.id == id).expect("known step")
    }

    fn attempt_mut(&mut self, id: AttemptId) -> &mut Attempt {
        self.steps.iter_mut().flat_map(|step| &mut step.attempts).find(|attempt| attempt.id == id).expect("known attempt")
    }
}
