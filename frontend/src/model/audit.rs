//! Audit events as one line each.

use super::format::{sentence_case, words};
use agency_contract::AuditEvent;
use serde_json::Value;

/// `Attempt finished`, from `attempt_finished`.
pub fn event_name(event: &AuditEvent) -> String {
    sentence_case(&event.event_type).replace("Handoff", "Hand-off").replace("Opencode", "OpenCode")
}

/// The few fields of the payload that say what happened, as one line; the whole payload is shown on demand.
pub fn gist(event: &AuditEvent) -> String {
    let payload = &event.payload;
    let field = |name: &str, line: fn(&str) -> String| text_of(&payload[name]).map(|text| line(&text));
    let reason = ["failure", "reason", "status_reason"].iter().find_map(|name| text_of(&payload[*name]["message"]));
    let steps = payload["steps"].as_array().map(|steps| steps.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" → "));
    [
        field("title", str::to_owned),
        steps.filter(|steps| !steps.is_empty()),
        field("number", |number| format!("attempt {number}")),
        field("model", str::to_owned),
        field("status", words),
        field("verdict", words),
        field("decision", words),
        field("decided_by", |name| format!("by {name}")),
        field("comment", str::to_owned),
        field("question", str::to_owned),
        field("finding_id", str::to_owned),
        field("permission", str::to_owned),
        field("version", str::to_owned),
        field("branch", str::to_owned),
        text_of(&payload["handoff"]["record"]["summary"]),
        reason,
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(" · ")
}

/// A string or a number as it reads; nothing for anything else.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(event_type: &str, payload: Value) -> AuditEvent {
        AuditEvent { id: 1, pipeline_id: 1, step_id: None, event_type: event_type.to_owned(), payload, created_at: String::new() }
    }

    #[test]
    fn an_event_reads_as_a_line() {
        let decided = event(
            "approval_decided",
            json!({"status": "changes_requested", "decided_by": "kim", "comment": "Smaller, please", "approval_id": 4}),
        );
        assert_eq!(event_name(&decided), "Approval decided");
        assert_eq!(gist(&decided), "changes requested · by kim · Smaller, please");
    }

    #[test]
    fn a_failure_shows_its_message_and_an_attempt_not_the_id_of_its_prompt() {
        let failed = event("attempt_failed", json!({"failure": {"class": "stalled", "message": "the model did not answer"}}));
        assert_eq!(gist(&failed), "the model did not answer");
        let started = event("attempt_started", json!({"number": 2, "model": "a/b", "message": "msg_1"}));
        assert_eq!(gist(&started), "attempt 2 · a/b");
    }

    #[test]
    fn a_hand_off_shows_its_summary() {
        let recorded = event("handoff_recorded", json!({"handoff": {"id": 4, "record": {"summary": "Added it."}}}));
        assert_eq!((event_name(&recorded).as_str(), gist(&recorded).as_str()), ("Hand-off recorded", "Added it."));
    }

    #[test]
    fn an_event_without_a_telling_field_is_just_its_name() {
        assert_eq!(gist(&event("step_started", json!({"step_id": 3}))), "");
        assert_eq!(gist(&event("note", json!(null))), "");
    }
}
