//! What people say and what agents ask, to rows and back.

use super::{Row, json_of, time_of, word_of};
use crate::rows::{asks, steers};
use agency_domain::pipelines::{Answer, Ask, Steer, StoreError};
use agency_domain::{AskId, AttemptId, PipelineId, SteerId, StepId};

pub(crate) fn steer_row(pipeline: PipelineId, steer: &Steer) -> steers::Model {
    steers::Model {
        id: steer.id.0,
        pipeline_id: pipeline.0,
        text: steer.text.clone(),
        said_by: steer.by.clone(),
        said_at: time_of(steer.at),
        step_id: steer.step.map(|step| step.0),
        delivered_in: steer.delivered_in.map(|attempt| attempt.0),
    }
}

pub(crate) fn steer_of(model: steers::Model) -> Result<Steer, StoreError> {
    let row = Row::new("steers", model.id);
    Ok(Steer {
        id: SteerId(model.id),
        at: row.time("said_at", &model.said_at)?,
        text: model.text,
        by: model.said_by,
        step: model.step_id.map(StepId),
        delivered_in: model.delivered_in.map(AttemptId),
    })
}

pub(crate) fn ask_row(pipeline: PipelineId, ask: &Ask) -> asks::Model {
    let answer = ask.answer.as_ref();
    asks::Model {
        id: ask.id.0,
        pipeline_id: pipeline.0,
        step_id: ask.step.0,
        attempt_id: ask.attempt.0,
        kind: word_of(&ask.kind),
        subject: ask.subject.clone(),
        patterns_json: json_of(&ask.patterns),
        suggested_json: json_of(&ask.suggested),
        asked_at: time_of(ask.asked_at),
        deadline: time_of(ask.deadline),
        allowed: answer.map(|answer| answer.allowed),
        message: answer.and_then(|answer| answer.message.clone()),
        answered_by_json: answer.map(|answer| json_of(&answer.by)),
        answered_at: answer.map(|answer| time_of(answer.at)),
        grant_json: answer.and_then(|answer| answer.grant.as_ref()).map(json_of),
    }
}

pub(crate) fn ask_of(model: asks::Model) -> Result<Ask, StoreError> {
    let row = Row::new("asks", model.id);
    let answer = match &model.answered_at {
        Some(at) => Some(Answer {
            allowed: row.needed("allowed", model.allowed)?,
            message: model.message,
            by: row.json("answered_by_json", row.needed("answered_by_json", model.answered_by_json.as_deref())?)?,
            at: row.time("answered_at", at)?,
            grant: model.grant_json.as_deref().map(|grant| row.json("grant_json", grant)).transpose()?,
        }),
        None => None,
    };
    Ok(Ask {
        id: AskId(model.id),
        step: StepId(model.step_id),
        attempt: AttemptId(model.attempt_id),
        kind: row.word("kind", &model.kind)?,
        subject: model.subject,
        patterns: row.json("patterns_json", &model.patterns_json)?,
        suggested: row.json("suggested_json", &model.suggested_json)?,
        asked_at: row.time("asked_at", &model.asked_at)?,
        deadline: row.time("deadline", &model.deadline)?,
        answer,
    })
}
