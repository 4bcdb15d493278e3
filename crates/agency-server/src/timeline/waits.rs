//! Why nothing ran: what a gap is named after.

use super::scale::overlap;
use agency_domain::Timestamp;
use agency_domain::approvals::{Approval, ApprovalState};
use agency_domain::pipelines::{Ask, AttemptStatus, Pipeline};
use std::ops::Range;

/// A stretch in which somebody was waited for, with the words for it. Times are milliseconds.
pub(super) type Wait = (Range<i64>, &'static str);

/// Everything that the pipeline has waited for. `pauses` are beginnings (`true`) and ends, oldest first.
pub(super) fn all(pipeline: &Pipeline, pauses: &[(Timestamp, bool)], now: i64) -> Vec<Wait> {
    let gates = pipeline.approvals.iter().map(|approval| (gate(approval, now), "waiting for a person"));
    let asks = pipeline.asks.iter().map(|ask| (ask_times(ask, now), "waiting for an answer"));
    let queue = (queue(pipeline, now), "in the queue");
    let mut waits: Vec<Wait> = gates.chain(asks).chain([queue]).collect();
    let mut since = None;
    for (at, begins) in pauses {
        match (since, begins) {
            (None, true) => since = Some(at.as_millisecond()),
            (Some(from), false) => {
                waits.push((from..at.as_millisecond(), "paused"));
                since = None;
            }
            (Some(_), true) | (None, false) => {}
        }
    }
    if let Some(from) = since {
        waits.push((from..now, "paused"));
    }
    waits
}

/// Until when nobody had decided.
pub(super) fn gate(approval: &Approval, now: i64) -> Range<i64> {
    let end = match &approval.state {
        ApprovalState::Pending => now,
        ApprovalState::Decided { at, .. } | ApprovalState::Withdrawn { at } => at.as_millisecond(),
    };
    approval.created_at.as_millisecond()..end
}

/// How long an agent waited for an answer.
pub(super) fn ask_times(ask: &Ask, now: i64) -> Range<i64> {
    ask.asked_at.as_millisecond()..ask.answer.as_ref().map_or(now, |answer| answer.at.as_millisecond())
}

/// From its creation until it was started.
pub(super) fn queue(pipeline: &Pipeline, now: i64) -> Range<i64> {
    let end = pipeline.started_at.or(pipeline.finished_at).map_or(now, Timestamp::as_millisecond);
    pipeline.created_at.as_millisecond()..end
}

/// What was waited for longest in a gap.
pub(super) fn reason(pipeline: &Pipeline, waits: &[Wait], gap: &Range<i64>) -> &'static str {
    let longest = waits.iter().max_by_key(|(times, _)| overlap(times, gap)).filter(|(times, _)| overlap(times, gap) > 0);
    let after_interruption = || {
        let ended_there = |at: Timestamp| at.as_millisecond() == gap.start;
        let attempts = pipeline.steps.iter().flat_map(|step| &step.attempts);
        attempts.into_iter().any(|attempt| attempt.status == AttemptStatus::Interrupted && attempt.finished_at.is_some_and(ended_there))
    };
    match longest {
        Some((_, words)) => words,
        None if after_interruption() => "after an interruption",
        None => "in which nothing ran",
    }
}
