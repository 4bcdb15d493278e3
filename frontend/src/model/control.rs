//! What can be done with a pipeline as it stands, and what it says about why it stopped.

use super::chain::step_name;
use super::status::has_ended;
use agency_contract::{
    AgentRequest, Criterion, CriterionStatus, Message, PermissionScope, PipelineDetail, PipelineStatus, RequestKind, Step, StepKind,
    StepStatus,
};

/// What the reader may do. The server decides; this only spares them a refusal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Controls {
    pub can_pause: bool,
    /// Once the attempt under way has ended.
    pub can_pause_later: bool,
    pub can_resume: bool,
    pub can_cancel: bool,
    pub can_talk: bool,
    /// Steps that can begin afresh, the one that was attempted last first.
    pub retry: Vec<(String, String)>,
    /// Steps that a new pipeline can go on from, the last one first.
    pub fork: Vec<(String, String)>,
}

impl Controls {
    pub fn of(detail: &PipelineDetail) -> Self {
        let pipeline = &detail.pipeline;
        let status = pipeline.status;
        let is_at_work = matches!(status, PipelineStatus::Queued | PipelineStatus::Running);
        Self {
            can_pause: is_at_work,
            can_pause_later: is_at_work && pipeline.pause_requested.is_none(),
            can_resume: status == PipelineStatus::Paused && unproven(detail).is_empty(),
            can_cancel: !has_ended(status),
            can_talk: !has_ended(status),
            retry: if is_at_work {
                Vec::new()
            } else {
                choices(detail, |step| step.kind != StepKind::Approval && !step.attempts.is_empty())
            },
            // After the last step there is nothing to go on with.
            fork: choices(detail, |step| step.status == StepStatus::Succeeded && step.order_index + 1 < pipeline.steps_total),
        }
    }
}

/// The steps that `may`, the last one first: by id, and as `2. developer`.
fn choices(detail: &PipelineDetail, may: impl Fn(&Step) -> bool) -> Vec<(String, String)> {
    let chosen = detail.steps.iter().filter(|step| may(step)).rev();
    chosen.map(|step| (step.id.to_string(), format!("{}. {}", step.order_index + 1, step_name(step)))).collect()
}

/// The places of the criteria that a paused pipeline waits for: every step is done, and these have no evidence that holds.
pub fn unproven(detail: &PipelineDetail) -> Vec<i64> {
    let is_done = |step: &Step| matches!(step.status, StepStatus::Succeeded | StepStatus::Skipped);
    if detail.pipeline.status != PipelineStatus::Paused || !detail.steps.iter().all(is_done) {
        return Vec::new();
    }
    let waits = |criterion: &Criterion| criterion.mandatory && matches!(criterion.status, CriterionStatus::Open | CriterionStatus::Claimed);
    let places = detail.criteria.iter().enumerate().filter(|(_, criterion)| waits(criterion));
    places.filter_map(|(place, _)| i64::try_from(place).ok()).collect()
}

/// What became of a message: `sent to developer, attempt 2`.
pub fn delivery(detail: &PipelineDetail, message: &Message) -> String {
    let Some(attempt_id) = message.delivered_in else { return "waits for the next attempt".to_owned() };
    let attempts = detail.steps.iter().flat_map(|step| step.attempts.iter().map(move |attempt| (step, attempt)));
    let found = attempts.into_iter().find(|(_, attempt)| attempt.id == attempt_id);
    found.map_or_else(|| "sent".to_owned(), |(step, attempt)| format!("sent to {}, attempt {}", step_name(step), attempt.number))
}

/// What an agent asks, as a heading.
pub fn request_title(request: &AgentRequest) -> String {
    match request.kind {
        RequestKind::Permission => format!("{} wants to use {}", request.agent_name, request.subject),
        RequestKind::Question => request.subject.clone(),
    }
}

/// How far a permission that is allowed may reach: the word of the API, and what is read of it. The first is meant where nothing is chosen.
pub const SCOPES: [(&str, &str); 3] =
    [("", "this once"), ("step", "from now on in this step"), ("pipeline", "from now on in this pipeline")];

/// The permissions that hold on: the request that gave each, and what it is for, where and for which patterns, a line each. None of a pipeline that has
/// ended: nobody is asked there.
pub fn grants(detail: &PipelineDetail) -> Vec<(String, String)> {
    let held = |request: &AgentRequest| {
        let grant = request.answer.as_ref()?.grant.as_ref().filter(|grant| grant.revoked_at.is_none())?;
        let place = match grant.scope {
            PermissionScope::Step => format!("in the step of {}", request.agent_name),
            PermissionScope::Pipeline | PermissionScope::Once => "in this pipeline".to_owned(),
        };
        Some((request.id.to_string(), format!("{}, {place}\n{}", request.subject, grant.patterns.join("\n"))))
    };
    if has_ended(detail.pipeline.status) { Vec::new() } else { detail.requests.iter().filter_map(held).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn detail(status: &str, steps: &[(&str, u32)], criteria: &Value) -> PipelineDetail {
        let usage = json!({"tokens": {"input": 0, "output": 0, "reasoning": 0, "cache_read": 0, "cache_write": 0}, "cost": null});
        let attempt = |number: u32| json!({"id": 100 + number, "step_id": 1, "number": number, "status": "succeeded", "base_commit": "", "started_at": "", "usage": usage, "checks": []});
        let steps: Vec<_> = steps
            .iter()
            .enumerate()
            .map(|(index, (status, attempts))| {
                json!({"id": 10 + index, "order_index": index, "kind": "agent", "agent_name": format!("agent-{index}"), "description": "", "status": status,
                    "commands": [], "rounds": 0, "attempts": (1..=*attempts).map(attempt).collect::<Vec<_>>()})
            })
            .collect();
        let mut value = json!({
            "id": 1, "title": "", "description": "", "template": "", "repo": "", "base": "", "base_commit": "", "branch": "", "head_commit": "",
            "status": status, "created_at": "", "updated_at": "", "scripted": false, "usage": usage, "budget": {}, "current_step_id": null,
            "spent": {"tokens": 0, "money": null, "minutes": 0.0, "attempts": 0}, "messages": [], "requests": [],
            "steps_total": 3, "steps_done": 0, "steps": steps, "approvals": [], "criteria": criteria, "findings": [], "seq": 1
        });
        value["questions"] = json!([]);
        value["questions_usage"] = usage;
        serde_json::from_value(value).unwrap()
    }

    fn pair(id: &str, label: &str) -> (String, String) {
        (id.to_owned(), label.to_owned())
    }

    #[test]
    fn what_runs_can_be_paused_and_not_retried_and_what_failed_the_other_way_round() {
        let steps = [("succeeded", 1), ("failed", 2), ("pending", 0)];
        let running = Controls::of(&detail("running", &steps, &json!([])));
        assert!(running.can_pause && running.can_cancel && running.can_talk && !running.can_resume);
        assert!(running.retry.is_empty());
        assert_eq!(running.fork, [pair("10", "1. agent-0")]);
        let failed = Controls::of(&detail("failed", &steps, &json!([])));
        assert!(!failed.can_pause && !failed.can_cancel && !failed.can_talk);
        assert_eq!(failed.retry, [pair("11", "2. agent-1"), pair("10", "1. agent-0")]);
    }

    #[test]
    fn a_pause_for_evidence_waits_for_the_criteria_and_a_pause_in_between_does_not() {
        let criterion = |id: &str, status: &str, mandatory: bool| json!({"id": id, "text": "", "mandatory": mandatory, "status": status, "evidence": [], "accepted": null});
        let criteria = json!([criterion("AC-1", "proven", true), criterion("AC-2", "claimed", true), criterion("AC-3", "open", false)]);
        let done = detail("paused", &[("succeeded", 1)], &criteria);
        assert_eq!(unproven(&done), [1]);
        assert!(!Controls::of(&done).can_resume);
        let in_between = detail("paused", &[("succeeded", 1), ("pending", 0)], &criteria);
        assert_eq!(unproven(&in_between), Vec::<i64>::new());
        assert!(Controls::of(&in_between).can_resume);
    }

    #[test]
    fn a_message_says_who_was_sent_it() {
        let detail = detail("running", &[("running", 2)], &json!([]));
        let message =
            |delivered_in| Message { id: 1, text: String::new(), by: String::new(), at: String::new(), step_id: None, delivered_in };
        assert_eq!(delivery(&detail, &message(None)), "waits for the next attempt");
        assert_eq!(delivery(&detail, &message(Some(102))), "sent to agent-0, attempt 2");
    }

    #[test]
    fn permissions_that_hold_on_are_listed_until_they_are_taken_back() {
        let request = |id: i64, grant: Value| {
            json!({"id": id, "pipeline_id": 1, "pipeline_title": "", "step_id": 10, "agent_name": "developer", "attempt_id": 1,
                "kind": "permission", "subject": "bash", "patterns": [], "suggested": [], "asked_at": "", "deadline": "",
                "answer": {"allowed": true, "message": null, "source": "person", "by": "kim", "at": "", "grant": grant}})
        };
        let grant = |scope: &str, revoked: Option<&str>| json!({"scope": scope, "patterns": ["make *"], "revoked_at": revoked, "revoked_by": revoked});
        let requests = [
            request(1, Value::Null),
            request(2, grant("step", None)),
            request(3, grant("step", Some("x"))),
            request(4, grant("pipeline", None)),
        ];
        let mut detail = detail("running", &[], &json!([]));
        detail.requests = requests.into_iter().map(|request| serde_json::from_value(request).unwrap()).collect();
        let of = |id: &str, what: &str| (id.to_owned(), what.to_owned());
        assert_eq!(grants(&detail), [of("2", "bash, in the step of developer\nmake *"), of("4", "bash, in this pipeline\nmake *")]);
        detail.pipeline.status = PipelineStatus::Failed;
        assert_eq!(grants(&detail), []);
    }
}
