//! A timeline in words, classes and places.

use super::selection::Choice;
use super::status::Tone;
use agency_contract::words::duration;
use agency_contract::{PipelineDetail, Timeline, TimelineRow, TimelineSpan, TimelineSpanKind, TimelineSpanState};

/// Thousandths as a length of CSS.
pub fn percent(permille: u32) -> String {
    format!("{}.{}%", permille / 10, permille % 10)
}

pub fn span_tone(span: &TimelineSpan) -> Tone {
    match (span.state, span.kind) {
        (TimelineSpanState::Failed, _) => Tone::Bad,
        (TimelineSpanState::Waiting, _) | (_, TimelineSpanKind::Gate) => Tone::Waiting,
        (TimelineSpanState::Done, TimelineSpanKind::Tool | TimelineSpanKind::Check) => Tone::Good,
        (_, TimelineSpanKind::Queued) => Tone::Quiet,
        (TimelineSpanState::Running, _) | (_, TimelineSpanKind::Model) => Tone::Active,
    }
}

/// What the tones stand for.
pub const LEGEND: [(Tone, &str); 5] = [
    (Tone::Active, "the model"),
    (Tone::Good, "tools and checks"),
    (Tone::Bad, "failed"),
    (Tone::Waiting, "a person decides"),
    (Tone::Quiet, "in the queue"),
];

pub fn span_title(span: &TimelineSpan) -> String {
    format!("{} · {}", span.title, span.lasted)
}

/// How long something ran, and how long nothing did.
pub fn spent(timeline: &Timeline) -> String {
    let [busy, idle] = [timeline.busy_seconds, timeline.idle_seconds].map(|seconds| duration(i64::try_from(seconds).unwrap_or(0) * 1_000));
    format!("{busy} at work, {idle} waiting")
}

/// The attempt, or the gate, that a row is about, or one entry of the attempt's transcript.
pub fn row_href(row: &TimelineRow, ordinal: Option<u32>, detail: &PipelineDetail) -> Option<String> {
    let step = detail.steps.iter().find(|step| Some(step.id) == row.step_id)?;
    let attempt = step.attempts.iter().find(|attempt| Some(attempt.id) == row.attempt_id).map(|attempt| attempt.number);
    let part = ordinal.map(|ordinal| ordinal + 1);
    Some(Choice { step: Some(step.order_index + 1), attempt, part, ..Choice::default() }.href(detail.pipeline.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_lies_where_the_server_places_it() {
        assert_eq!([5, 250, 1_000].map(percent), ["0.5%", "25.0%", "100.0%"]);
    }

    #[test]
    fn what_failed_is_red_whatever_it_was_and_a_gate_waits() {
        let span = |kind: &str, state: &str| -> TimelineSpan {
            serde_json::from_value(serde_json::json!({"kind": kind, "title": "bash: ls", "state": state, "start_permille": 0,
                "length_permille": 1, "starts_at": "", "seconds": 12, "lasted": "12.4 s", "part": null, "ordinal": null}))
            .unwrap()
        };
        let classes =
            [("tool", "failed"), ("gate", "done"), ("check", "done"), ("model", "running"), ("model", "done"), ("queued", "done")];
        let found = classes.map(|(kind, state)| span_tone(&span(kind, state)));
        assert_eq!(found, [Tone::Bad, Tone::Waiting, Tone::Good, Tone::Active, Tone::Active, Tone::Quiet]);
        assert_eq!(span_title(&span("tool", "done")), "bash: ls · 12.4 s");
    }
}
