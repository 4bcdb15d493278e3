//! What a pipeline has spent of its budgets. Reads only.

use super::{Attempt, Pipeline, Step};
use crate::budgets::{Ceiling, Spent};
use crate::{Timestamp, Usage};
use std::time::Duration;

impl Pipeline {
    /// What all attempts and questions have used; an attempt under way counts its time up to `at`. A result that a fork took over costs nothing.
    pub fn spent(&self, at: Timestamp) -> Spent {
        let attempts = spent_in(self.steps.iter().flat_map(|step| &step.attempts), at);
        self.questions.iter().fold(attempts, |sum, question| Spent {
            usage: sum.usage.plus(question.usage),
            time: sum.time + question.lasted(),
            attempts: sum.attempts,
        })
    }

    /// The ceiling that forbids another attempt at this step.
    pub fn ceiling_reached(&self, step: &Step, at: Timestamp) -> Option<Ceiling> {
        self.budget.reached(&self.spent(at)).or_else(|| own_ceiling_reached(step, at))
    }

    /// As [`Pipeline::ceiling_reached`], where no attempt is under way.
    pub(super) fn ceiling_reached_before(&self, step: &Step) -> bool {
        self.ceiling_reached(step, self.updated_at).is_some()
    }

    /// The ceiling that an attempt under way at this step has reached with this usage of its own.
    pub fn ceiling_reached_after(&self, step: &Step, own: Usage, at: Timestamp) -> Option<Ceiling> {
        let all = spent_with(self.steps.iter().flat_map(|step| &step.attempts), own, at);
        let of_step = spent_with(counted_at(step), own, at);
        self.budget.reached_within(&all).or_else(|| step.plan.settings.budget.reached_within(&of_step))
    }

    /// The ceilings of the whole run that are nearly reached with this usage of an attempt under way, and of which nobody was told yet.
    pub fn warnings_due(&self, own: Usage, at: Timestamp) -> Vec<(Ceiling, u32)> {
        let spent = spent_with(self.steps.iter().flat_map(|step| &step.attempts), own, at);
        let near = self.budget.nearly_reached(&spent);
        near.into_iter().filter(|(ceiling, _)| !self.warned.contains(ceiling)).collect()
    }
}

/// The ceiling of its own that forbids another attempt at a step.
pub(super) fn own_ceiling_reached(step: &Step, at: Timestamp) -> Option<Ceiling> {
    step.plan.settings.budget.reached(&spent_at(step, at))
}

/// What a step has used since it last began afresh: its own ceilings count from there, so that a person can lift them.
fn spent_at(step: &Step, at: Timestamp) -> Spent {
    spent_in(counted_at(step), at)
}

fn counted_at(step: &Step) -> impl Iterator<Item = &Attempt> + Clone {
    step.attempts.iter().filter(|attempt| attempt.number > step.tries_from)
}

/// What attempts have used, the one that is under way as much as `own` says: what it has reported is part of that.
fn spent_with<'a>(attempts: impl Iterator<Item = &'a Attempt> + Clone, own: Usage, at: Timestamp) -> Spent {
    let ended = attempts.clone().filter(|attempt| !attempt.status.is_open());
    let usage = spent_in(ended, at).usage.plus(own);
    Spent { usage, ..spent_in(attempts, at) }
}

fn spent_in<'a>(attempts: impl Iterator<Item = &'a Attempt>, at: Timestamp) -> Spent {
    attempts.filter(|attempt| attempt.copied_from.is_none()).fold(Spent::default(), |sum, attempt| Spent {
        usage: sum.usage.plus(attempt.usage),
        time: sum.time + lasted(attempt, at),
        attempts: sum.attempts + 1,
    })
}

fn lasted(attempt: &Attempt, at: Timestamp) -> Duration {
    let until = attempt.finished_at.unwrap_or(at).duration_since(attempt.started_at);
    until.try_into().unwrap_or_default()
}
