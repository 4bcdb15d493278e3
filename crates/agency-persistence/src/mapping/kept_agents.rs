//! Agents that a pipeline keeps, to rows and back.

use super::{Row, json_of, word_of};
use crate::rows::kept_agents::Model;
use agency_domain::PipelineId;
use agency_domain::agents::KeptAgent;
use agency_domain::pipelines::StoreError;

pub(crate) fn row_of(pipeline: PipelineId, kept: &KeptAgent) -> Model {
    Model {
        pipeline_id: pipeline.0,
        name: kept.agent.name.to_string(),
        source: word_of(&kept.source),
        sha256: kept.agent.sha256.clone(),
        agent_json: json_of(&kept.agent),
    }
}

pub(crate) fn kept_agent_of(model: &Model) -> Result<KeptAgent, StoreError> {
    let row = Row::new("kept_agents", format!("{} of pipeline {}", model.name, model.pipeline_id));
    Ok(KeptAgent { agent: row.json("agent_json", &model.agent_json)?, source: row.word("source", &model.source)? })
}
