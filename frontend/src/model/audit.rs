//! Audit events as one line each.

use super::format::sentence_case;
use agency_contract::AuditEvent;

/// `Attempt finished`, from `attempt_finished`.
pub fn event_name(event: &AuditEvent) -> String {
    sentence_case(&event.event_type).replace("Handoff", "Hand-off").replace("Opencode", "OpenCode")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

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
}
