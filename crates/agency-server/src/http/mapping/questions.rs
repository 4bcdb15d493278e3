//! Questions about finished work.

use super::{pipelines, time};
use crate::markdown::Markdown;
use agency_contract as wire;
use agency_domain::pipelines::{Question, QuestionOutcome};

pub(crate) fn question(question: &Question, markdown: &Markdown) -> wire::Question {
    let answer = question.end.as_ref().filter(|end| end.outcome == QuestionOutcome::Answered).map(|end| end.text.clone());
    let message = question.end.as_ref().filter(|end| end.outcome != QuestionOutcome::Answered).map(|end| end.text.clone());
    wire::Question {
        id: question.id.0,
        step_id: question.step.0,
        attempt_id: question.attempt.0,
        text: question.text.clone(),
        by: question.by.clone(),
        asked_at: time(question.asked_at),
        status: question.end.as_ref().map_or(wire::QuestionStatus::Pending, |end| status(end.outcome)),
        answer_html: answer.as_ref().map(|answer| markdown.html(answer).to_string()),
        answer,
        message,
        ended_at: question.end.as_ref().map(|end| time(end.at)),
        usage: pipelines::usage(question.usage),
    }
}

pub(super) fn status(outcome: QuestionOutcome) -> wire::QuestionStatus {
    match outcome {
        QuestionOutcome::Answered => wire::QuestionStatus::Answered,
        QuestionOutcome::Failed => wire::QuestionStatus::Failed,
        QuestionOutcome::Interrupted => wire::QuestionStatus::Interrupted,
        QuestionOutcome::Cancelled => wire::QuestionStatus::Cancelled,
    }
}
