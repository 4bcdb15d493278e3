//! The audit log.

mod actor;
mod rows;
mod sentences;

pub(crate) use rows::{csv, csv_names, ndjson};

use super::time;
use agency_contract::{AuditEvent, AuditVerification};
use agency_domain::pipelines::{Event, Fact, Recorded, Verification};
use serde_json::Value;
use std::fmt::Write;

/// A line of the log; `None` for a part of a transcript. An observation goes by its own name.
pub(crate) fn event(recorded: &Recorded) -> Option<AuditEvent> {
    let Fact::Event(event) = &recorded.fact else { return None };
    let mut payload = serde_json::to_value(event).expect("an event is plain data");
    let mut take = |key: &str| payload.as_object_mut()?.remove(key)?.as_str().map(str::to_owned);
    let written_type = take("type");
    let is_observation = matches!(event, Event::Observed { .. });
    let event_type = if is_observation { take("observation").or(written_type) } else { written_type };
    Some(AuditEvent {
        id: recorded.seq,
        pipeline_id: recorded.pipeline_id.0,
        step_id: event.step_id().map(|id| id.0),
        event_type: event_type.unwrap_or_default(),
        summary: sentences::sentence(event),
        payload,
        created_at: time(recorded.at),
    })
}

/// Whether the sentence of an event has the words, which are in lower case; its own case does not matter within ASCII.
pub(crate) fn says(recorded: &Recorded, words: &str) -> bool {
    matches!(&recorded.fact, Fact::Event(event) if sentences::sentence(event).to_ascii_lowercase().contains(words))
}

/// What came of verifying the log.
pub(crate) fn verification(found: &Verification) -> AuditVerification {
    AuditVerification {
        verified_up_to: found.up_to.id,
        events: found.up_to.events,
        head: found.up_to.hash.to_string(),
        broken_at: found.broken_at,
    }
}

/// One event as Markdown: a heading, what happened, and its payload as a list.
pub(crate) fn markdown(event: &AuditEvent) -> String {
    let step = event.step_id.map(|id| format!(", step {id}")).unwrap_or_default();
    let mut out = format!("## {} `{}`\n\n{}{step}: {}\n\n", event.id, event.event_type, event.created_at, event.summary);
    for (key, value) in event.payload.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::String(text) if !text.contains('\n') => {
                let _ = writeln!(out, "- {key}: {text}");
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                let text = value.as_str().map_or_else(|| format!("{value:#}"), str::to_owned);
                let _ = writeln!(out, "- {key}:\n\n{}\n", indented(&text));
            }
        }
    }
    out.push('\n');
    out
}

/// As a code block that no content can end.
fn indented(text: &str) -> String {
    text.lines().map(|line| format!("      {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
