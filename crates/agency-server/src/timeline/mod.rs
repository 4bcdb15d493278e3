//! The timeline of a pipeline: attempts, gates and the queue on one axis, idle stretches drawn narrow. Pure; called by `http::timeline`.

mod scale;
mod spans;
mod waits;

use crate::figures;
use crate::http::mapping::time;
use agency_contract as wire;
use agency_contract::words::duration;
use agency_contract::{TimelineSpanKind, TimelineSpanState};
use agency_domain::approvals::{Approval, ApprovalState, Decision};
use agency_domain::pipelines::{Attempt, AttemptStatus, Pipeline, Step};
use agency_domain::templates::StepKind;
use agency_domain::transcripts::PartTime;
use agency_domain::{AttemptId, Timestamp};
use scale::{Scale, length};
use spans::Stretch;
use std::collections::HashMap;
use std::ops::Range;

/// More than anybody tells apart on a screen, and little enough to draw at once.
pub(crate) const SPANS_MAX: usize = 1_000;
/// A shorter wait for its turn is no row.
const QUEUE_MS_MIN: i64 = 1_000;

/// What the timeline is made from, besides the pipeline.
pub(crate) struct Times<'a> {
    /// By attempt and place.
    pub(crate) parts: &'a [PartTime],
    /// Beginnings (`true`) and ends of pauses, oldest first.
    pub(crate) pauses: &'a [(Timestamp, bool)],
    pub(crate) now: Timestamp,
}

/// A row before its stretches have places.
struct Row {
    step_id: Option<i64>,
    attempt_id: Option<i64>,
    label: String,
    note: String,
    stretches: Vec<Stretch>,
}

pub(crate) fn timeline(pipeline: &Pipeline, times: &Times<'_>) -> wire::Timeline {
    let until = pipeline.finished_at.unwrap_or(times.now).max(pipeline.created_at);
    let (start, end) = (pipeline.created_at.as_millisecond(), until.as_millisecond());
    let scale = Scale::new(start..end, busy(pipeline, end));
    let waits = waits::all(pipeline, times.pauses, end);
    let worked: i64 = scale.busy.iter().map(length).sum();
    wire::Timeline {
        pipeline_id: pipeline.id.0,
        started_at: time(pipeline.created_at),
        until: time(until),
        busy_seconds: seconds(worked),
        idle_seconds: seconds(end - start - worked),
        rows: rows(pipeline, times.parts, end).into_iter().map(|row| drawn(row, &scale)).collect(),
        gaps: scale.gaps().into_iter().map(|gap| named(&gap, waits::reason(pipeline, &waits, &gap.times))).collect(),
    }
}

/// When something ran: attempts, without what their agents waited for an answer.
fn busy(pipeline: &Pipeline, now: i64) -> Vec<Range<i64>> {
    let mut busy = Vec::new();
    for attempt in carried_out(pipeline).map(|(_, attempt)| attempt) {
        let asks = pipeline.asks.iter().filter(|ask| ask.attempt == attempt.id);
        let times = times_of(attempt, now);
        let waited = scale::merged(&times, asks.map(|ask| waits::ask_times(ask, now)).collect());
        busy.extend(scale::complement(&times, &waited));
    }
    busy
}

/// What a fork took over was carried out elsewhere.
fn carried_out(pipeline: &Pipeline) -> impl Iterator<Item = (&Step, &Attempt)> {
    pipeline.attempts_in_order().into_iter().filter(|(_, attempt)| attempt.copied_from.is_none())
}

fn times_of(attempt: &Attempt, now: i64) -> Range<i64> {
    let start = attempt.started_at.as_millisecond();
    start..attempt.finished_at.map_or(now, Timestamp::as_millisecond).max(start)
}

fn rows(pipeline: &Pipeline, parts: &[PartTime], now: i64) -> Vec<Row> {
    let of_attempt: HashMap<AttemptId, &[PartTime]> =
        parts.chunk_by(|a, b| a.attempt_id == b.attempt_id).map(|parts| (parts[0].attempt_id, parts)).collect();
    let attempts = carried_out(pipeline).map(|(step, attempt)| {
        let parts = of_attempt.get(&attempt.id).copied().unwrap_or_default();
        attempt_row(pipeline, step, attempt, parts, now)
    });
    let gates = pipeline.approvals.iter().map(|approval| gate_row(pipeline, approval, now));
    let mut rows: Vec<Row> = queue_row(pipeline, now).into_iter().chain(attempts).chain(gates).collect();
    rows.sort_by_key(|row| row.stretches.first().map(|stretch| stretch.times.start));
    limit(&mut rows);
    rows
}

/// Joins stretches where all rows together have too many; each row has its share.
fn limit(rows: &mut [Row]) {
    let all: usize = rows.iter().map(|row| row.stretches.len()).sum();
    if all <= SPANS_MAX {
        return;
    }
    let free = SPANS_MAX.saturating_sub(rows.len());
    for row in rows {
        let share = 1 + row.stretches.len() * free / all;
        row.stretches = spans::joined(std::mem::take(&mut row.stretches), share);
    }
}

fn queue_row(pipeline: &Pipeline, now: i64) -> Option<Row> {
    let times = waits::queue(pipeline, now);
    let state =
        if pipeline.started_at.is_none() && !pipeline.status.is_final() { TimelineSpanState::Waiting } else { TimelineSpanState::Done };
    let note = duration(length(&times));
    (length(&times) >= QUEUE_MS_MIN).then(|| {
        let stretch = Stretch { kind: TimelineSpanKind::Queued, state, title: "in the queue".into(), times, part: None };
        Row { step_id: None, attempt_id: None, label: "queue".into(), note, stretches: vec![stretch] }
    })
}

fn attempt_row(pipeline: &Pipeline, step: &Step, attempt: &Attempt, parts: &[PartTime], now: i64) -> Row {
    let is_check = matches!(step.plan.kind, StepKind::Check(_));
    let times = times_of(attempt, now);
    let mut stretches = spans::of_attempt(attempt, is_check, parts, &times);
    let waits_now = pipeline.asks.iter().any(|ask| ask.attempt == attempt.id && ask.answer.is_none());
    if let Some(last) = stretches.last_mut().filter(|last| waits_now && last.state == TimelineSpanState::Running) {
        last.state = TimelineSpanState::Waiting;
    }
    let lasted = duration(length(&times));
    let used = if is_check { lasted } else { format!("{lasted} · {}", figures::usage(attempt.usage)) };
    let note = outcome(&attempt.status).map_or(used.clone(), |outcome| format!("{used} · {outcome}"));
    let label = format!("{} · attempt {}", step.name(), attempt.number);
    Row { step_id: Some(step.id.0), attempt_id: Some(attempt.id.0), label, note, stretches }
}

/// What is worth saying of how an attempt ended.
fn outcome(status: &AttemptStatus) -> Option<&'static str> {
    match status {
        AttemptStatus::Failed(_) | AttemptStatus::Interrupted | AttemptStatus::Cancelled => Some(status.as_str()),
        AttemptStatus::Starting | AttemptStatus::Running | AttemptStatus::Finishing => Some("running"),
        AttemptStatus::Succeeded => None,
    }
}

fn gate_row(pipeline: &Pipeline, approval: &Approval, now: i64) -> Row {
    let times = waits::gate(approval, now);
    let (state, outcome) = match &approval.state {
        ApprovalState::Pending => (TimelineSpanState::Waiting, "waiting for a person".to_owned()),
        ApprovalState::Decided { decision: Decision::Approve, decided_by, .. } => {
            (TimelineSpanState::Done, format!("approved by {decided_by}"))
        }
        ApprovalState::Decided { decision: Decision::RequestChanges, decided_by, .. } => {
            (TimelineSpanState::Failed, format!("changes requested by {decided_by}"))
        }
        ApprovalState::Decided { decision: Decision::Reject, decided_by, .. } => {
            (TimelineSpanState::Failed, format!("rejected by {decided_by}"))
        }
        ApprovalState::Withdrawn { .. } => (TimelineSpanState::Done, "withdrawn".to_owned()),
    };
    let note = format!("{} · {outcome}", duration(length(&times)));
    let stretch = Stretch { kind: TimelineSpanKind::Gate, state, title: approval.question.clone(), times, part: None };
    let label = pipeline.step(approval.step_id).map_or("approval", Step::name).to_owned();
    Row { step_id: Some(approval.step_id.0), attempt_id: None, label, note, stretches: vec![stretch] }
}

fn drawn(row: Row, scale: &Scale) -> wire::TimelineRow {
    let spans = row.stretches.into_iter().map(|stretch| {
        let (start_permille, length_permille) = scale.span(&stretch.times);
        let (part, ordinal) = stretch.part.unzip();
        wire::TimelineSpan {
            kind: stretch.kind,
            title: stretch.title,
            state: stretch.state,
            start_permille,
            length_permille,
            starts_at: Timestamp::from_millisecond(stretch.times.start).map(time).unwrap_or_default(),
            seconds: seconds(length(&stretch.times)),
            lasted: duration(length(&stretch.times)),
            part,
            ordinal,
        }
    });
    wire::TimelineRow { step_id: row.step_id, attempt_id: row.attempt_id, label: row.label, note: row.note, spans: spans.collect() }
}

fn named(gap: &scale::Gap, reason: &str) -> wire::TimelineGap {
    let lasted = length(&gap.times);
    let label = format!("{} {reason}", duration(lasted));
    wire::TimelineGap { at_permille: gap.at, length_permille: gap.width, seconds: seconds(lasted), label }
}

fn seconds(milliseconds: i64) -> u64 {
    u64::try_from((milliseconds + 500) / 1_000).unwrap_or(0)
}
