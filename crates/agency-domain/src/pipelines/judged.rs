//! What became of an agent's results: whether what came next in the chain to judge them let them pass.

use super::{Attempt, AttemptStatus, Pipeline, Step};
use crate::Timestamp;
use crate::approvals::{ApprovalState, Decision};
use crate::reviews::Verdict;
use crate::templates::StepKind;

impl Pipeline {
    /// For each result that an agent of this name has handed on here: whether it passed the next gate, which is a person's decision, a verdict or a
    /// check behind its step. `None` where nothing has judged it: no gate came, or the step began afresh before one did.
    pub fn judged(&self, agent: &str) -> Vec<Option<bool>> {
        let steps = self.steps.iter().enumerate().filter(|(_, step)| step.is_of(agent));
        steps.flat_map(|(place, step)| self.judged_of(step, &self.steps[place + 1..])).collect()
    }

    fn judged_of(&self, step: &Step, behind: &[Step]) -> Vec<Option<bool>> {
        let judgements: Vec<_> = behind.iter().flat_map(|step| self.judgements(step)).collect();
        let passed = |(place, attempt): (usize, &Attempt)| {
            let until = step.attempts.get(place + 1).map(|next| next.started_at);
            let in_time = judgements.iter().filter(|(at, _)| Some(*at) >= attempt.finished_at && until.is_none_or(|until| *at <= until));
            in_time.min_by_key(|(at, _)| *at).map(|(_, passed)| *passed)
        };
        // What a fork took over was made, and is counted, elsewhere.
        let made = |attempt: &Attempt| attempt.status == AttemptStatus::Succeeded && attempt.copied_from.is_none();
        step.attempts.iter().enumerate().filter(|(_, attempt)| made(attempt)).map(passed).collect()
    }

    /// When a step judged, and whether it let pass.
    fn judgements(&self, step: &Step) -> Vec<(Timestamp, bool)> {
        let at_end = |attempt: &Attempt| match (&step.plan.kind, &attempt.status, attempt.verdict) {
            (StepKind::Agent { .. }, _, Some(verdict)) => Some(verdict == Verdict::Approved),
            (StepKind::Check(_), AttemptStatus::Succeeded, _) => Some(true),
            (StepKind::Check(_), AttemptStatus::Failed(_), _) => Some(false),
            (_, _, _) => None,
        };
        let by_attempts = step.attempts.iter().filter_map(|attempt| Some((attempt.finished_at?, at_end(attempt)?)));
        let by_people = self.approvals.iter().filter(|approval| approval.step_id == step.id).filter_map(|approval| match &approval.state {
            ApprovalState::Decided { decision, at, .. } => Some((*at, *decision == Decision::Approve)),
            ApprovalState::Pending | ApprovalState::Withdrawn { .. } => None,
        });
        by_attempts.chain(by_people).collect()
    }
}
