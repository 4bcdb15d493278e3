//! Attempts.

use crate::Timestamp;
use crate::pipelines::{Attempt, AttemptStatus, Event, Pipeline};

impl Pipeline {
    pub(super) fn apply_to_attempt(&mut self, event: &Event, at: Timestamp) {
        if let Event::AttemptStarted { step_id, attempt_id, number, model, session, message, base_commit, .. } = event {
            let step = self.step_mut(*step_id);
            step.retry_at = None;
            step.attempts.push(Attempt {
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
                checks: Vec::new(),
                copied_from: None,
            });
        }
        if let Event::AttemptRunning { attempt_id, .. } = event {
            self.attempt_mut(*attempt_id).status = AttemptStatus::Running;
        }
        if let Event::AttemptFinishing { attempt_id, .. } = event {
            self.attempt_mut(*attempt_id).status = AttemptStatus::Finishing;
        }
        if let Event::HandoffRecorded { attempt_id, handoff, .. } = event {
            self.attempt_mut(*attempt_id).handoff = Some((**handoff).clone());
        }
        if let Event::VerdictRecorded { attempt_id, verdict, .. } = event {
            self.attempt_mut(*attempt_id).verdict = Some(*verdict);
        }
        if let Event::ChecksRan { attempt_id, checks, .. } = event {
            self.attempt_mut(*attempt_id).checks.clone_from(checks);
        }
        if let Event::UsageReported { attempt_id, usage, .. } | Event::UsageSettled { attempt_id, usage, .. } = event {
            self.attempt_mut(*attempt_id).usage = *usage;
        }
    }

    pub(super) fn end_attempt(&mut self, event: &Event, at: Timestamp) {
        if let Event::AttemptSucceeded { attempt_id, head_commit, usage, .. } = event {
            if let Some(commit) = head_commit {
                self.head_commit = commit.clone();
            }
            let attempt = self.ended(*attempt_id, AttemptStatus::Succeeded, at);
            attempt.head_commit.clone_from(head_commit);
            attempt.usage = *usage;
        }
        if let Event::AttemptFailed { step_id, attempt_id, failure, usage, retry_at } = event {
            self.step_mut(*step_id).retry_at = *retry_at;
            self.ended(*attempt_id, AttemptStatus::Failed(failure.clone()), at).usage = *usage;
        }
        if let Event::AttemptInterrupted { attempt_id, usage, .. } = event {
            self.ended(*attempt_id, AttemptStatus::Interrupted, at).usage = *usage;
        }
        if let Event::AttemptCancelled { attempt_id, .. } = event {
            self.ended(*attempt_id, AttemptStatus::Cancelled, at);
        }
    }

    fn ended(&mut self, id: crate::AttemptId, status: AttemptStatus, at: Timestamp) -> &mut Attempt {
        let attempt = self.attempt_mut(id);
        attempt.status = status;
        attempt.finished_at = Some(at);
        attempt
    }
}
