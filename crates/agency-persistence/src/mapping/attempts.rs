//! Attempts to rows, and back.

use super::usage::{Columns, columns_of, usage_of};
use super::{Row, json_of, time_of, word_of};
use crate::rows::attempts::Model;
use agency_domain::pipelines::{Attempt, AttemptFailure, AttemptStatus, RecordedHandoff, StoreError};
use agency_domain::{AttemptId, CommitId, MessageId, ModelName, PipelineId, SessionId, StepId};

pub(crate) fn row_of(pipeline: PipelineId, step: StepId, attempt: &Attempt) -> Model {
    let failure = failure_of(&attempt.status);
    let Columns { tokens, cost_kind, cost_dollars } = columns_of(attempt.usage);
    let [tokens_input, tokens_output, tokens_reasoning, tokens_cache_read, tokens_cache_write] = tokens;
    Model {
        id: attempt.id.0,
        pipeline_id: pipeline.0,
        step_id: step.0,
        number: i64::from(attempt.number),
        status: attempt.status.as_str().to_owned(),
        failure_class: failure.map(|failure| word_of(&failure.class)),
        failure_message: failure.map(|failure| failure.message.clone()),
        model: attempt.model.as_ref().map(|model| model.as_str().to_owned()),
        session_id: attempt.session.as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default(),
        message_id: attempt.message.as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default(),
        base_commit: attempt.base_commit.as_str().to_owned(),
        head_commit: attempt.head_commit.as_ref().map(|commit| commit.as_str().to_owned()),
        started_at: time_of(attempt.started_at),
        finished_at: attempt.finished_at.map(time_of),
        tokens_input,
        tokens_output,
        tokens_reasoning,
        tokens_cache_read,
        tokens_cache_write,
        cost_kind,
        cost_dollars,
        verdict: attempt.verdict.map(|verdict| word_of(&verdict)),
        checks_json: json_of(&attempt.checks),
        copied_from: attempt.copied_from.map(|id| id.0),
    }
}

fn failure_of(status: &AttemptStatus) -> Option<&AttemptFailure> {
    match status {
        AttemptStatus::Failed(failure) => Some(failure),
        AttemptStatus::Starting
        | AttemptStatus::Running
        | AttemptStatus::Finishing
        | AttemptStatus::Succeeded
        | AttemptStatus::Interrupted
        | AttemptStatus::Cancelled => None,
    }
}

pub(crate) fn attempt_of(model: &Model, handoff: Option<RecordedHandoff>) -> Result<Attempt, StoreError> {
    let row = Row::new("attempts", model.id);
    let tokens = [model.tokens_input, model.tokens_output, model.tokens_reasoning, model.tokens_cache_read, model.tokens_cache_write];
    let used = Columns { tokens, cost_kind: model.cost_kind.clone(), cost_dollars: model.cost_dollars };
    Ok(Attempt {
        id: AttemptId(model.id),
        number: row.count("number", model.number)?,
        status: status_of(&row, model)?,
        model: row.parsed_if("model", model.model.as_deref(), ModelName::parse)?,
        session: row.parsed_if("session_id", given(&model.session_id), SessionId::parse)?,
        message: row.parsed_if("message_id", given(&model.message_id), MessageId::parse)?,
        base_commit: row.parsed("base_commit", CommitId::parse(&model.base_commit))?,
        head_commit: row.parsed_if("head_commit", model.head_commit.as_deref(), CommitId::parse)?,
        started_at: row.time("started_at", &model.started_at)?,
        finished_at: row.time_if("finished_at", model.finished_at.as_deref())?,
        usage: usage_of(&row, &used)?,
        verdict: model.verdict.as_deref().map(|word| row.word("verdict", word)).transpose()?,
        handoff,
        checks: row.json("checks_json", &model.checks_json)?,
        copied_from: model.copied_from.map(AttemptId),
    })
}

/// An attempt of a check has no session: its ids are empty.
fn given(id: &str) -> Option<&str> {
    Some(id).filter(|id| !id.is_empty())
}

fn status_of(row: &Row, model: &Model) -> Result<AttemptStatus, StoreError> {
    Ok(match model.status.as_str() {
        "starting" => AttemptStatus::Starting,
        "running" => AttemptStatus::Running,
        "finishing" => AttemptStatus::Finishing,
        "succeeded" => AttemptStatus::Succeeded,
        "interrupted" => AttemptStatus::Interrupted,
        "cancelled" => AttemptStatus::Cancelled,
        "failed" => AttemptStatus::Failed(AttemptFailure {
            class: row.word("failure_class", row.needed("failure_class", model.failure_class.as_deref())?)?,
            message: row.needed("failure_message", model.failure_message.clone())?,
        }),
        other => return Err(row.corrupt("status", format!("{other:?} is no status of an attempt"))),
    })
}
