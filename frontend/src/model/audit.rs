//! Audit events as one line each, and what narrows them.

use super::format::sentence_case;
use super::route::Address;
use super::selection::Choice;
use super::urls;
use agency_contract::AuditEvent;
use serde_json::Value;

/// `Attempt finished`, from `attempt_finished`.
pub fn event_name(event: &AuditEvent) -> String {
    sentence_case(&event.event_type).replace("Handoff", "Hand-off").replace("Opencode", "OpenCode")
}

/// The step that an event is about, with its attempt where it names one; `None` for an event of the whole pipeline.
pub fn step_href(event: &AuditEvent) -> Option<String> {
    let choice = Choice { step_id: Some(event.step_id?), attempt_id: event.payload["attempt_id"].as_i64(), ..Choice::default() };
    Some(choice.href(event.pipeline_id))
}

/// The kinds that the log can be narrowed to: the word in the address, and what a person reads.
pub const KIND_CHOICES: [(&str, &str); 9] = [
    ("", "All"),
    ("decisions", "Decisions"),
    ("pipelines", "Beginnings and ends"),
    ("steps", "Steps and attempts"),
    ("results", "Results"),
    ("permissions", "Permissions"),
    ("messages", "Messages and questions"),
    ("budgets", "Budgets and usage"),
    ("machinery", "Machinery"),
];

/// The events of a kind, by their types; none for a word that is no kind.
fn event_types(kind: &str) -> &'static str {
    match kind {
        "decisions" => "approval_requested,approval_decided,approval_withdrawn,approval_reminded,approval_reopened,criterion_accepted",
        "pipelines" => {
            "pipeline_created,pipeline_started,pause_requested,pipeline_paused,pipeline_resumed,pipeline_succeeded,pipeline_failed,\
             pipeline_cancelled"
        }
        "steps" => {
            "step_started,step_finished,step_retried,sent_back,attempt_started,attempt_running,attempt_finishing,attempt_succeeded,attempt_failed,\
             attempt_interrupted,attempt_cancelled"
        }
        "results" => {
            "handoff_recorded,handoff_reasked,verdict_recorded,checks_ran,criteria_updated,finding_opened,finding_reworded,finding_closed"
        }
        "permissions" => "permission_asked,permission_answered,permission_revoked,permission_settled",
        "messages" => "steered,steer_delivered,question_asked,question_answered,question_failed",
        "budgets" => "budget_changed,budget_warning,usage_reported,usage_settled",
        "machinery" => {
            "worktree_prepared,opencode_started,opencode_replaced,recovered,preservation_begun,work_preserved,provider_retried,processes_ended,\
             files_overlap"
        }
        _ => "",
    }
}

/// What narrows the log on screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilters {
    /// A word of [`KIND_CHOICES`]; empty for all.
    pub kind: String,
    /// Words of the summary.
    pub q: String,
}

impl AuditFilters {
    /// What the address of the log asks for; a kind that nobody knows counts as not given.
    pub fn of(address: &Address) -> Self {
        let text = |name| address.get(name).unwrap_or_default().to_owned();
        let kind = text("kind");
        Self { kind: if event_types(&kind).is_empty() { String::new() } else { kind }, q: text("q") }
    }

    pub fn are_empty(&self) -> bool {
        self.kind.is_empty() && self.q.is_empty()
    }

    /// The page's own address with these filters, for the log of one pipeline or of all.
    pub fn href(&self, pipeline_id: Option<i64>) -> String {
        let path = pipeline_id.map_or_else(|| "/audit".to_owned(), urls::pipeline_audit);
        urls::with_query(&path, &[("kind", Some(&self.kind)), ("q", Some(&self.q))])
    }

    pub fn with_kind(&self, kind: &str) -> Self {
        Self { kind: kind.to_owned(), ..self.clone() }
    }

    pub fn with_q(&self, q: &str) -> Self {
        Self { q: q.trim().to_owned(), ..self.clone() }
    }

    /// The same as the API wants it.
    pub fn pairs(&self) -> [(&'static str, Option<&str>); 2] {
        [("event_type", Some(event_types(&self.kind))), ("q", Some(&self.q))]
    }
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

    fn event(event_type: &str, step_id: Option<i64>, payload: Value) -> AuditEvent {
        let (summary, created_at) = (String::new(), String::new());
        AuditEvent { id: 1, pipeline_id: 7, step_id, event_type: event_type.to_owned(), summary, payload, created_at }
    }

    #[test]
    fn an_event_has_a_name_for_people() {
        for (event_type, name) in [("approval_decided", "Approval decided"), ("handoff_recorded", "Hand-off recorded")] {
            assert_eq!(event_name(&event(event_type, None, Value::Null)), name);
        }
    }

    #[test]
    fn an_event_leads_to_its_step_and_attempt_where_it_has_them() {
        let of = |step_id, payload| step_href(&event("x", step_id, payload));
        assert_eq!(of(Some(10), json!({ "attempt_id": 3 })).as_deref(), Some("/pipelines/7?step_id=10&attempt_id=3"));
        assert_eq!(of(Some(10), json!({})).as_deref(), Some("/pipelines/7?step_id=10"));
        assert_eq!(of(None, json!({ "attempt_id": 3 })), None);
    }

    #[test]
    fn every_type_of_event_is_of_one_kind() {
        let document: Value = serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap();
        let known = document["components"]["schemas"]["AuditEventType"]["enum"].as_array().unwrap();
        let mut known: Vec<&str> = known.iter().map(|word| word.as_str().unwrap()).collect();
        let mut grouped: Vec<&str> = KIND_CHOICES[1..].iter().flat_map(|(kind, _)| event_types(kind).split(',')).collect();
        known.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, known);
    }

    #[test]
    fn filters_and_their_address_agree() {
        let at = |search: &str| AuditFilters::of(&Address::new("/audit", search));
        let filters = at("?kind=permissions&q=rm%20-rf");
        assert_eq!(filters.href(None), "/audit?kind=permissions&q=rm%20-rf");
        assert_eq!(filters.with_kind("").with_q(" kim ").href(Some(7)), "/pipelines/7/audit?q=kim");
        assert_eq!(
            filters.pairs(),
            [("event_type", Some("permission_asked,permission_answered,permission_revoked,permission_settled")), ("q", Some("rm -rf"))]
        );
        assert!(at("?kind=nonsense&q=").are_empty());
        assert_eq!(AuditFilters::default().href(None), "/audit");
    }

    #[test]
    fn a_log_that_was_changed_says_where() {
        assert_eq!(chain_line(&json!({ "verified_up_to": 231, "broken_at": null })), "Unchanged: verified up to event 231.");
        assert!(chain_line(&json!({ "verified_up_to": 4, "broken_at": 7 })).starts_with("Changed from outside at event 7"));
        assert_eq!((exports(true).len(), exports(false)[0].0), (4, "ndjson"));
    }
}
