//! Steps to rows, and back.

use super::{Row, json_of, time_of, word_of};
use crate::rows::steps::Model;
use agency_domain::pipelines::{Attempt, Step, StoreError};
use agency_domain::templates::{StepKind, StepPlan};
use agency_domain::{ModelName, PipelineId, StepId};

pub(crate) fn row_of(pipeline: PipelineId, index: usize, step: &Step) -> Model {
    Model {
        id: step.id.0,
        pipeline_id: pipeline.0,
        order_index: i64::try_from(index).expect("a chain has few steps"),
        kind: kind_word(&step.plan.kind).to_owned(),
        agent_name: step.agent().map(|name| name.as_str().to_owned()),
        plan_json: json_of(&step.plan.kind),
        description: step.plan.description.clone(),
        model: step.plan.model.as_ref().map(|model| model.as_str().to_owned()),
        status: word_of(&step.status),
        rounds: i64::from(step.rounds),
        started_at: step.started_at.map(time_of),
        finished_at: step.finished_at.map(time_of),
        settings_json: json_of(&step.plan.settings),
        tries_from: i64::from(step.tries_from),
        retry_at: step.retry_at.map(time_of),
    }
}

fn kind_word(kind: &StepKind) -> &'static str {
    match kind {
        StepKind::Agent { .. } => "agent",
        StepKind::Check(_) => "check",
        StepKind::Approval { .. } => "approval",
    }
}

pub(crate) fn step_of(model: Model, attempts: Vec<Attempt>) -> Result<Step, StoreError> {
    let row = Row::new("steps", model.id);
    Ok(Step {
        id: StepId(model.id),
        plan: StepPlan {
            kind: row.json("plan_json", &model.plan_json)?,
            description: model.description,
            model: row.parsed_if("model", model.model.as_deref(), ModelName::parse)?,
            settings: row.json("settings_json", &model.settings_json)?,
        },
        status: row.word("status", &model.status)?,
        rounds: row.count("rounds", model.rounds)?,
        tries_from: row.count("tries_from", model.tries_from)?,
        retry_at: row.time_if("retry_at", model.retry_at.as_deref())?,
        started_at: row.time_if("started_at", model.started_at.as_deref())?,
        finished_at: row.time_if("finished_at", model.finished_at.as_deref())?,
        attempts,
    })
}
