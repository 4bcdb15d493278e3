//! A pipeline's detail, read in two goes.
//!
//! On the wire the pipeline's own fields stand beside its lists. Reading both at once would need a second reader of each type inside, which alone is a
//! thirtieth of the module; so the same object is read as the one and as the other.

use super::json;
use agency_contract::{AgentRequest, Approval, Criterion, Finding, Message, PipelineDetail, Question, Spent, Step, Usage};
use serde::Deserialize;
use serde_json::{Error, Value};

#[derive(Deserialize)]
struct Lists {
    spent: Spent,
    steps: Vec<Step>,
    approvals: Vec<Approval>,
    criteria: Vec<Criterion>,
    findings: Vec<Finding>,
    messages: Vec<Message>,
    requests: Vec<AgentRequest>,
    questions: Vec<Question>,
    questions_usage: Usage,
    seq: i64,
}

/// Reads what `GET /api/v1/pipelines/{id}` answers.
pub fn read_detail(value: Value) -> Result<PipelineDetail, Error> {
    let pipeline = json::from_value(value.clone())?;
    let lists: Lists = json::from_value(value)?;
    let Lists { spent, steps, approvals, criteria, findings, messages, requests, questions, questions_usage, seq } = lists;
    Ok(PipelineDetail { pipeline, spent, steps, approvals, criteria, findings, messages, requests, questions, questions_usage, seq })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_detail_is_read_as_the_general_reader_reads_it() {
        let usage = json!({"tokens": {"input": 1, "output": 0, "reasoning": 0, "cache_read": 0, "cache_write": 0}, "cost": null});
        let mut value = json!({
            "id": 1, "title": "t", "description": "", "template": "", "repo": "", "base": "", "base_commit": "", "branch": "", "head_commit": "",
            "status": "paused", "status_reason": {"code": "budget", "message": "m"}, "created_at": "", "updated_at": "", "scripted": false,
            "usage": usage, "budget": {"tokens": 5}, "steps_total": 3, "steps_done": 0, "steps": [], "approvals": [], "findings": [], "seq": 9,
            "spent": {"tokens": 4, "money": null, "minutes": 0.5, "attempts": 1},
            "criteria": [{"id": "AC-1", "text": "c", "mandatory": true, "status": "claimed", "evidence": [], "accepted": null}],
            "messages": [{"id": 1, "text": "m", "by": "kim", "at": "", "step_id": null, "delivered_in": 3}], "requests": []
        });
        value["questions_usage"] = usage.clone();
        value["questions"] = json!([{"id": 1, "step_id": 2, "attempt_id": 3, "text": "q", "by": "kim", "asked_at": "", "status": "answered",
            "answer": "a", "answer_html": "<p>a</p>", "message": null, "ended_at": "", "usage": usage}]);
        assert_eq!(read_detail(value.clone()).unwrap(), serde_json::from_value(value).unwrap());
        assert!(read_detail(json!({"id": 1})).is_err());
    }
}
