//! The only way that a pipeline changes: one event at a time.

use super::{Attempt, AttemptStatus, Event, Pipeline, PipelineStatus, SentBackBy, Step, StepStatus};
use crate::approvals::{Approval, ApprovalState};
use crate::{ApprovalId, AttemptId, StepId, Timestamp};

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
            Event::ApprovalRequested { .. } | Event::ApprovalDecided { .. } | Event::ApprovalWithdrawn { .. } => {
                self.apply_to_approval(event, at);
            }
            Event::AttemptStarted { .. }
            | Event::AttemptRunning { .. }
            | Event::AttemptFinishing { .. }
            | Event::HandoffRecorded { .. }
            | Event::VerdictRecorded { .. }
            | Event::AttemptSucceeded { .. }
            | Event::AttemptFailed { .. }
            | Event::AttemptInterrupted { .. }
            | Event::AttemptCancelled { .. }
            | Event::UsageSettled { .. } => self.apply_to_attempt(event, at),
        }
    }

    /// Takes in several events of one moment.
    pub fn apply_all(&mut self, events: &[Event], at: Timestamp) {
        for event in events {
            self.apply(event, at);
        }
    }

    fn apply_to_attempt(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::AttemptStarted { step_id, attempt_id, number, model, session, message, base_commit, .. } => {
                self.step_mut(*step_id).attempts.push(Attempt {
                    id: *attempt_id,
                    number: *number,
                    status: AttemptStatus::Starting,
                    model: model.clone(),
                    session: session.clone(),
                    message: message.clone(),
                    base_commit: base_commit.clone(),
                    head_commit: None,
                    started_at: at,
                    finished_at: None,
                    usage: crate::Usage::default(),
                    verdict: None,
                    handoff: None,
                });
            }
            Event::AttemptRunning { attempt_id, .. } => self.attempt_mut(*attempt_id).status = AttemptStatus::Running,
            Event::AttemptFinishing { attempt_id, .. } => self.attempt_mut(*attempt_id).status = AttemptStatus::Finishing,
            Event::HandoffRecorded { attempt_id, handoff, .. } => self.attempt_mut(*attempt_id).handoff = Some((**handoff).clone()),
            Event::VerdictRecorded { attempt_id, verdict, .. } => self.attempt_mut(*attempt_id).verdict = Some(*verdict),
            Event::AttemptSucceeded { attempt_id, head_commit, usage, .. } => {
                if let Some(commit) = head_commit {
                    self.head_commit = commit.clone();
                }
                let attempt = self.end_attempt(*attempt_id, AttemptStatus::Succeeded, at);
                attempt.head_commit.clone_from(head_commit);
                attempt.usage = *usage;
            }
            Event::AttemptFailed { attempt_id, failure, usage, .. } => {
                self.end_attempt(*attempt_id, AttemptStatus::Failed(failure.clone()), at).usage = *usage;
            }
            Event::AttemptInterrupted { attempt_id, usage, .. } => {
                self.end_attempt(*attempt_id, AttemptStatus::Interrupted, at).usage = *usage;
            }
            Event::UsageSettled { attempt_id, usage, .. } => self.attempt_mut(*attempt_id).usage = *usage,
            Event::AttemptCancelled { attempt_id, .. } => {
                self.end_attempt(*attempt_id, AttemptStatus::Cancelled, at);
            }
            Event::PipelineCreated { .. }
            | Event::PipelineStarted
            | Event::PipelineSucceeded
            | Event::PipelineFailed { .. }
            | Event::PipelineCancelled { .. }
            | Event::StepStarted { .. }
            | Event::StepFinished { .. }
            | Event::SentBack { .. }
            | Event::ApprovalRequested { .. }
            | Event::ApprovalDecided { .. }
            | Event::ApprovalWithdrawn { .. }
            | Event::Observed { .. } => unreachable!("only events of attempts come here"),
        }
    }

    fn apply_to_approval(&mut self, event: &Event, at: Timestamp) {
        if let Event::ApprovalRequested { step_id, approval_id, question, digest } = event {
            self.approvals.push(Approval {
                id: *approval_id,
                step_id: *step_id,
                question: question.clone(),
                digest: digest.clone(),
                created_at: at,
                state: ApprovalState::Pending,
            });
            self.step_mut(*step_id).status = StepStatus::WaitingForApproval;
            self.status = PipelineStatus::WaitingForApproval;
        }
        if let Event::ApprovalDecided { approval_id, decision, comment, decided_by, .. } = event {
            self.approval_mut(*approval_id).state =
                ApprovalState::Decided { decision: *decision, comment: comment.clone(), decided_by: decided_by.clone(), at };
            self.status = PipelineStatus::Running;
        }
        if let Event::ApprovalWithdrawn { approval_id, .. } = event {
            self.approval_mut(*approval_id).state = ApprovalState::Withdrawn { at };
        }
    }

    fn send_back(&mut self, from: StepId, to: StepId, by: SentBackBy) {
        let range = self.index_of(to).expect("known step")..=self.index_of(from).expect("known step");
        for step in &mut self.steps[range] {
            step.status = StepStatus::Pending;
            step.finished_at = None;
            match by {
                SentBackBy::Review if step.id == from => step.rounds += 1,
                SentBackBy::Review => {}
                SentBackBy::Approval => step.rounds = 0,
            }
        }
    }

    fn end(&mut self, status: PipelineStatus, rest: StepStatus, at: Timestamp) {
        self.status = status;
        self.finished_at = Some(at);
        for step in self.steps.iter_mut().filter(|step| step.status == StepStatus::Pending) {
            step.status = rest;
        }
    }

    fn end_attempt(&mut self, id: AttemptId, status: AttemptStatus, at: Timestamp) -> &mut Attempt {
        let attempt = self.attempt_mut(id);
        attempt.status = status;
        attempt.finished_at = Some(at);
        attempt
    }

    fn step_mut(&mut self, id: StepId) -> &mut Step {
        self.steps.iter_mut().find(|step| step.id == id).expect("known step")
    }

    fn attempt_mut(&mut self, id: AttemptId) -> &mut Attempt {
        self.steps.iter_mut().flat_map(|step| &mut step.attempts).find(|attempt| attempt.id == id).expect("known attempt")
    }

    fn approval_mut(&mut self, id: ApprovalId) -> &mut Approval {
        self.approvals.iter_mut().find(|approval| approval.id == id).expect("known approval")
    }
}
