//! What tests of the model begin with.

use agency_contract::{Pipeline, PipelineDetail, Spent, Usage};
use serde_json::json;

/// A pipeline at work.
pub(super) fn pipeline() -> Pipeline {
    let usage = json!({"tokens": {"input": 0, "output": 0, "reasoning": 0, "cache_read": 0, "cache_write": 0}, "cost": null});
    serde_json::from_value(json!({
        "id": 1, "title": "Search box", "description": "", "template": "quick_fix", "repo": "/home/kim/shop", "base": "", "base_commit": "",
        "branch": "agency/1-search-box", "head_commit": "", "status": "running", "created_at": "", "updated_at": "", "scripted": false,
        "usage": usage, "budget": {}, "current_step_id": 11, "steps_total": 2, "steps_done": 0
    }))
    .unwrap()
}

/// The same with nothing in it.
pub(super) fn detail() -> PipelineDetail {
    PipelineDetail {
        pipeline: pipeline(),
        spent: Spent::default(),
        attachments: Vec::new(),
        steps: Vec::new(),
        approvals: Vec::new(),
        criteria: Vec::new(),
        findings: Vec::new(),
        messages: Vec::new(),
        requests: Vec::new(),
        questions: Vec::new(),
        questions_usage: Usage::default(),
        forks: Vec::new(),
        seq: 1,
    }
}
