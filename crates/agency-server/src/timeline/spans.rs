//! The stretches of an attempt, from the ends of its parts, and which of them are joined where there are too many to draw.

use super::scale::length;
use agency_contract::{TimelineSpanKind, TimelineSpanState};
use agency_domain::pipelines::{Attempt, AttemptStatus};
use agency_domain::transcripts::{PartKind, PartState, PartTime};
use std::ops::Range;

/// A stretch as it was, before it has a place on the axis. Times are milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) kind: TimelineSpanKind,
    pub(super) state: TimelineSpanState,
    pub(super) title: String,
    pub(super) times: Range<i64>,
    /// Id and place of a part.
    pub(super) part: Option<(String, u32)>,
}

/// The stretches of an attempt, which lasted as `times` says. Of a part only the end is known: it begins where the one before it ended.
pub(super) fn of_attempt(attempt: &Attempt, is_check: bool, parts: &[PartTime], times: &Range<i64>) -> Vec<Stretch> {
    let is_open = attempt.status.is_open();
    let mut shown: Vec<&PartTime> = parts.iter().filter(|part| part.kind != PartKind::Notice).collect();
    shown.sort_by_key(|part| (is_open && part.state == PartState::Open, part.at, part.ordinal));
    let mut stretches = Vec::with_capacity(shown.len() + 1);
    let mut from = times.start;
    for part in shown {
        let runs = is_open && part.state == PartState::Open;
        let end = if runs { times.end } else { part.at.as_millisecond().clamp(from, times.end.max(from)) };
        stretches.push(of_part(part, is_check, runs, from..end));
        from = end;
    }
    if stretches.is_empty() && !attempt.checks.is_empty() {
        return of_checks(attempt, times);
    }
    let nothing_is_known = stretches.is_empty();
    if nothing_is_known || (is_open && from < times.end) {
        stretches.push(rest(attempt, is_check, from..times.end));
    }
    stretches
}

fn of_part(part: &PartTime, is_check: bool, runs: bool, times: Range<i64>) -> Stretch {
    let (kind, title) = match part.kind {
        PartKind::Reasoning => (TimelineSpanKind::Model, "thinking".to_owned()),
        PartKind::Text | PartKind::Notice => (TimelineSpanKind::Model, "writing".to_owned()),
        PartKind::Tool if is_check => (TimelineSpanKind::Check, part.title.clone()),
        PartKind::Tool => (TimelineSpanKind::Tool, tool_title(part)),
    };
    let state = match part.state {
        PartState::Open if runs => TimelineSpanState::Running,
        PartState::Open | PartState::Done => TimelineSpanState::Done,
        PartState::Error => TimelineSpanState::Failed,
    };
    Stretch { kind, state, title, times, part: Some((part.part_id.clone(), part.ordinal)) }
}

fn tool_title(part: &PartTime) -> String {
    let (tool, title) = (part.tool.as_deref().unwrap_or("tool"), part.title.trim());
    if title.is_empty() || title == tool { tool.to_owned() } else { format!("{tool}: {title}") }
}

/// The commands of a check without a transcript, one after the other.
fn of_checks(attempt: &Attempt, times: &Range<i64>) -> Vec<Stretch> {
    let mut from = times.start;
    let commands = attempt.checks.iter().map(|check| {
        let end = (from + i64::try_from(check.duration_ms).unwrap_or(i64::MAX / 2)).clamp(from, times.end.max(from));
        let state = if check.passed() { TimelineSpanState::Done } else { TimelineSpanState::Failed };
        let stretch = Stretch { kind: TimelineSpanKind::Check, state, title: check.command.clone(), times: from..end, part: None };
        from = end;
        stretch
    });
    commands.collect()
}

/// What is under way, or an attempt of which nothing else is known.
fn rest(attempt: &Attempt, is_check: bool, times: Range<i64>) -> Stretch {
    let (state, title) = match &attempt.status {
        AttemptStatus::Starting | AttemptStatus::Running => (TimelineSpanState::Running, "working"),
        AttemptStatus::Finishing => (TimelineSpanState::Running, "finishing"),
        AttemptStatus::Succeeded => (TimelineSpanState::Done, "worked"),
        AttemptStatus::Failed(_) => (TimelineSpanState::Failed, "failed"),
        AttemptStatus::Interrupted => (TimelineSpanState::Failed, "interrupted"),
        AttemptStatus::Cancelled => (TimelineSpanState::Failed, "cancelled"),
    };
    let kind = if is_check { TimelineSpanKind::Check } else { TimelineSpanKind::Model };
    Stretch { kind, state, title: title.to_owned(), times, part: None }
}

/// The same stretches in at most `most` (at least 1): the ones that failed or run, and then the longest, stay as they are; what lies between them
/// is joined.
pub(super) fn joined(stretches: Vec<Stretch>, most: usize) -> Vec<Stretch> {
    if stretches.len() <= most {
        return stretches;
    }
    let mut order: Vec<usize> = (0..stretches.len()).collect();
    order.sort_by_key(|index| {
        let stretch = &stretches[*index];
        (stretch.state == TimelineSpanState::Done, std::cmp::Reverse(length(&stretch.times)))
    });
    let mut is_kept = vec![false; stretches.len()];
    for index in order.into_iter().take(most.saturating_sub(1) / 2) {
        is_kept[index] = true;
    }
    let mut result = Vec::with_capacity(most);
    let mut run: Vec<Stretch> = Vec::new();
    for (stretch, is_kept) in stretches.into_iter().zip(is_kept) {
        if is_kept {
            result.extend(join(std::mem::take(&mut run)));
            result.push(stretch);
        } else {
            run.push(stretch);
        }
    }
    result.extend(join(run));
    result
}

/// Stretches that follow each other as one; the kind is that which took longest.
fn join(mut run: Vec<Stretch>) -> Option<Stretch> {
    if run.len() < 2 {
        return run.pop();
    }
    let time_of = |kind| run.iter().filter(|stretch| stretch.kind == kind).map(|stretch| length(&stretch.times)).sum::<i64>();
    let calls = run.iter().filter(|stretch| stretch.kind != TimelineSpanKind::Model).count();
    let failed = run.iter().filter(|stretch| stretch.state == TimelineSpanState::Failed).count();
    let worked = run.iter().find(|stretch| stretch.kind != TimelineSpanKind::Model).map_or(TimelineSpanKind::Model, |stretch| stretch.kind);
    let kind = if time_of(TimelineSpanKind::Model) > time_of(worked) { TimelineSpanKind::Model } else { worked };
    let mut title = match (calls, run.len() - calls) {
        (0, texts) => counted(texts, "text", "texts"),
        (calls, 0) => counted(calls, "call", "calls"),
        (calls, texts) => format!("{}, {}", counted(calls, "call", "calls"), counted(texts, "text", "texts")),
    };
    if failed > 0 {
        title.push_str(&format!(", {failed} failed"));
    }
    let state = match run.last().map(|last| last.state) {
        Some(TimelineSpanState::Running) => TimelineSpanState::Running,
        Some(_) | None => TimelineSpanState::Done,
    };
    let (first, last) = (run.first()?, run.last()?);
    Some(Stretch { kind, state, title, times: first.times.start..last.times.end, part: first.part.clone() })
}

fn counted(number: usize, one: &str, many: &str) -> String {
    crate::figures::counted(number as u64, one, many)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(number: i64, lasted: i64) -> Stretch {
        let part = Some((format!("prt_{number}"), 0));
        let times = number * 100..number * 100 + lasted;
        Stretch { kind: TimelineSpanKind::Tool, state: TimelineSpanState::Done, title: "read".into(), times, part }
    }

    #[test]
    fn the_longest_and_the_failed_stay_and_the_rest_is_joined() {
        let mut all: Vec<_> = (0..100).map(|number| stretch(number, if number == 50 { 90 } else { 10 })).collect();
        all[20].state = TimelineSpanState::Failed;
        let few = joined(all.clone(), 5);
        let shown: Vec<_> = few.iter().map(|stretch| (stretch.title.as_str(), stretch.times.clone())).collect();
        assert_eq!(
            shown,
            [
                ("20 calls", 0..1_910),
                ("read", 2_000..2_010),
                ("29 calls", 2_100..4_910),
                ("read", 5_000..5_090),
                ("49 calls", 5_100..9_910)
            ]
        );
        assert_eq!(few[2].part.as_ref().map(|(id, _)| id.as_str()), Some("prt_21"));
        for most in 1..=101 {
            let few = joined(all.clone(), most);
            assert!(few.len() <= most.max(1), "{most}: {}", few.len());
            assert_eq!((few.first().unwrap().times.start, few.last().unwrap().times.end), (0, 9_910), "{most}");
        }
        assert_eq!(joined(all.clone(), 1)[0].title, "100 calls, 1 failed");
    }
}
