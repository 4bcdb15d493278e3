//! Hand-offs to rows, and back.

use super::{Row, json_of, time_of, word_of};
use crate::rows::handoffs::Model;
use agency_domain::pipelines::{RecordedHandoff, StoreError};
use agency_domain::{AttemptId, HandoffId, PipelineId, StepId};

pub(crate) fn row_of(pipeline: PipelineId, step: StepId, attempt: AttemptId, handoff: &RecordedHandoff) -> Model {
    Model {
        id: handoff.id.0,
        pipeline_id: pipeline.0,
        step_id: step.0,
        attempt_id: attempt.0,
        channel: word_of(&handoff.channel),
        content_md: handoff.content_md.clone(),
        metadata_json: json_of(&handoff.record),
        created_at: time_of(handoff.at),
    }
}

pub(crate) fn handoff_of(model: Model) -> Result<RecordedHandoff, StoreError> {
    let row = Row::new("handoffs", model.id);
    Ok(RecordedHandoff {
        id: HandoffId(model.id),
        record: row.json("metadata_json", &model.metadata_json)?,
        channel: row.word("channel", &model.channel)?,
        content_md: model.content_md,
        at: row.time("created_at", &model.created_at)?,
    })
}
