//! Audit events as one line each.

use super::format::sentence_case;
use agency_contract::AuditEvent;
use serde_json::Value;

/// `Attempt finished`, from `attempt_finished`.
pub fn event_name(event: &AuditEvent) -> String {
    sentence_case(&event.event_type).replace("Handoff", "Hand-off").replace("Opencode", "OpenCode")
}

/// The formats that a log can be downloaded in, and what is read of them: of one pipeline, or of all.
pub fn exports(of_one: bool) -> &'static [(&'static str, &'static str)] {
    let all = &[("json", "Export as JSON"), ("markdown", "Export as Markdown"), ("ndjson", "Export as NDJSON"), ("csv", "Export as CSV")];
    if of_one { all } else { &all[2..] }
}

/// Whether the log is as it was written, in a sentence.
pub fn chain_line(answer: &Value) -> String {
    match answer["broken_at"].as_i64() {
        Some(id) => format!("Changed from outside at event {id}: its hash does not match. Run agency audit verify."),
        None => format!("Unchanged: verified up to event {}.", answer["verified_up_to"].as_i64().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_has_a_name_for_people() {
        for (event_type, name) in [("approval_decided", "Approval decided"), ("handoff_recorded", "Hand-off recorded")] {
            let event = AuditEvent {
                id: 1,
                pipeline_id: 1,
                step_id: None,
                event_type: event_type.to_owned(),
                summary: String::new(),
                payload: Value::Null,
                created_at: String::new(),
            };
            assert_eq!(event_name(&event), name);
        }
    }

    #[test]
    fn a_log_that_was_changed_says_where() {
        assert_eq!(chain_line(&json!({ "verified_up_to": 231, "broken_at": null })), "Unchanged: verified up to event 231.");
        assert!(chain_line(&json!({ "verified_up_to": 4, "broken_at": 7 })).starts_with("Changed from outside at event 7"));
        assert_eq!((exports(true).len(), exports(false)[0].0), (4, "ndjson"));
    }
}
