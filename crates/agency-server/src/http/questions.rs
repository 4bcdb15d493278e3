//! `/api/v1/pipelines/{id}/questions`: what people ask about finished work, and the answers.

use super::input::{Id, Json};
use super::mapping;
use super::problem::Failure;
use super::sign_in::By;
use crate::state::State;
use actix_web::{HttpResponse, get, post, web};
use agency_contract::{AskQuestion, Page, Problem, Question};
use agency_domain::{AttemptId, PipelineId, StepId};
use agency_engine::QuestionRequest;

/// Ask the agent of a finished step. The answer comes as `question_answered` on `/events`, and is in the list. Nothing is changed by it: it is
/// given in a session of its own, with tools that only read, over a copy of the files as that attempt left them.
#[utoipa::path(tag = "questions", params(("id" = i64, Path)), request_body = AskQuestion,
    responses(
        (status = 202, description = "`pending`", body = Question),
        (status = 400, description = "The text is empty or too long, or the step has no agent", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such pipeline, step or attempt", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The attempt has not ended, another question waits for its answer, or the budget is used up", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/pipelines/{id}/questions")]
pub(super) async fn ask(state: web::Data<State>, by: By, Id(id): Id, Json(body): Json<AskQuestion>) -> Result<HttpResponse, Failure> {
    let request = QuestionRequest {
        step: body.step_id.map(StepId),
        attempt: body.attempt_id.map(AttemptId),
        text: body.text,
        by: by.named("by", body.by)?,
    };
    let engine = state.engine.clone();
    let asked = state.change(async move { engine.ask(PipelineId(id), request).await }).await??;
    Ok(HttpResponse::Accepted().json(mapping::questions::question(&asked, &state.markdown)))
}

/// List what was asked about a pipeline's finished work, oldest first, with the answers.
#[utoipa::path(tag = "questions", params(("id" = i64, Path)),
    responses(
        (status = 200, body = Page<Question>),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}/questions")]
pub(super) async fn list(state: web::Data<State>, Id(id): Id) -> Result<web::Json<Page<Question>>, Failure> {
    let items = state.detail(PipelineId(id)).await?.questions;
    Ok(web::Json(Page { items, next_cursor: None }))
}
