//! Questions about finished work to rows, and back.

use super::usage::{Columns, columns_of, usage_of};
use super::{Row, time_of, word_of};
use crate::rows::questions::Model;
use agency_domain::pipelines::{Question, QuestionEnd, StoreError};
use agency_domain::{AttemptId, PipelineId, QuestionId, StepId};

pub(crate) fn row_of(pipeline: PipelineId, question: &Question) -> Model {
    let end = question.end.as_ref();
    let Columns { tokens, cost_kind, cost_dollars } = columns_of(question.usage);
    let [tokens_input, tokens_output, tokens_reasoning, tokens_cache_read, tokens_cache_write] = tokens;
    Model {
        id: question.id.0,
        pipeline_id: pipeline.0,
        step_id: question.step.0,
        attempt_id: question.attempt.0,
        text: question.text.clone(),
        asked_by: question.by.clone(),
        asked_at: time_of(question.asked_at),
        outcome: end.map(|end| word_of(&end.outcome)),
        answer: end.map(|end| end.text.clone()),
        ended_at: end.map(|end| time_of(end.at)),
        tokens_input,
        tokens_output,
        tokens_reasoning,
        tokens_cache_read,
        tokens_cache_write,
        cost_kind,
        cost_dollars,
    }
}

pub(crate) fn question_of(model: Model) -> Result<Question, StoreError> {
    let row = Row::new("questions", model.id);
    let end = match &model.ended_at {
        Some(at) => Some(QuestionEnd {
            outcome: row.word("outcome", row.needed("outcome", model.outcome.as_deref())?)?,
            text: row.needed("answer", model.answer)?,
            at: row.time("ended_at", at)?,
        }),
        None => None,
    };
    let tokens = [model.tokens_input, model.tokens_output, model.tokens_reasoning, model.tokens_cache_read, model.tokens_cache_write];
    let columns = Columns { tokens, cost_kind: model.cost_kind, cost_dollars: model.cost_dollars };
    Ok(Question {
        id: QuestionId(model.id),
        step: StepId(model.step_id),
        attempt: AttemptId(model.attempt_id),
        text: model.text,
        by: model.asked_by,
        asked_at: row.time("asked_at", &model.asked_at)?,
        end,
        usage: usage_of(&row, &columns)?,
    })
}
