//! `/api/v1/requests`: what agents ask people, and the answers.

use super::input::{self, Id, Json, Query};
use super::mapping;
use super::pipelines::accepted;
use super::problem::{Failure, sentence};
use super::sign_in::By;
use crate::state::State;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use agency_contract::{AgentRequest, AnswerRequest, Page, PermissionScope, PipelineDetail, Problem, RevokePermission, code};
use agency_domain::pipelines::{Pipeline, Refused, Scope};
use agency_domain::{AskId, PipelineId};
use agency_engine::{AskAnswer, UseCaseError};
use serde::Deserialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListRequests {
    /// 1–200, default 50: that many of the oldest. Those behind them show once these are answered.
    limit: Option<u32>,
}

/// List what agents ask and nobody has answered, oldest first. Each is denied at its deadline.
#[utoipa::path(tag = "requests", params(ListRequests),
    responses(
        (status = 200, body = Page<AgentRequest>),
        (status = 400, description = "An unknown limit or parameter", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/requests")]
pub(super) async fn list(
    state: web::Data<State>,
    by: By,
    Query(query): Query<ListRequests>,
) -> Result<web::Json<Page<AgentRequest>>, Failure> {
    let found = state.engine.ports().store.open_asks(input::limit(query.limit)?).await?;
    let mut pipelines: HashMap<PipelineId, Pipeline> = HashMap::new();
    let mut items = Vec::with_capacity(found.len());
    for (id, pipeline_id) in found.into_iter().filter(|(_, pipeline)| by.may_read(*pipeline)) {
        let pipeline = match pipelines.entry(pipeline_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(state.pipeline(pipeline_id).await?),
        };
        // It may have been answered in between.
        let open = pipeline.asks.iter().find(|ask| ask.id == id && ask.answer.is_none());
        items.extend(open.map(|ask| mapping::requests::request(pipeline, ask)));
    }
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// Answer what an agent asks: allow it this once or from now on, or deny it.
#[utoipa::path(tag = "requests", params(("id" = i64, Path)), request_body = AnswerRequest,
    responses(
        (status = 202, description = "The pipeline whose agent asked", body = PipelineDetail),
        (status = 400, description = "What does not fit, field by field", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such request", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is answered already; `detail` says by whom", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/requests/{id}/answer")]
pub(super) async fn answer(state: web::Data<State>, by: By, Id(id): Id, Json(body): Json<AnswerRequest>) -> Result<HttpResponse, Failure> {
    let answer = AskAnswer {
        allowed: body.allow,
        message: body.message.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
        by: by.named("answered_by", body.answered_by)?,
        grant: grant(body.scope, body.patterns)?,
    };
    let engine = state.engine.clone();
    let answered = state.change(async move { engine.answer_ask(AskId(id), answer).await }).await?;
    let pipeline = answered.map_err(|error| match error {
        UseCaseError::Refused(Refused::AlreadyDecided { status, decided_by }) => answered_already(id, status, &decided_by),
        other => other.into(),
    })?;
    accepted(&state, pipeline.id).await
}

/// `None` where it is allowed this once.
fn grant(scope: Option<PermissionScope>, patterns: Vec<String>) -> Result<Option<(Scope, Vec<String>)>, Failure> {
    match scope {
        Some(PermissionScope::Step) => Ok(Some((Scope::Step, patterns))),
        Some(PermissionScope::Pipeline) => Ok(Some((Scope::Pipeline, patterns))),
        Some(PermissionScope::Once) | None if patterns.is_empty() => Ok(None),
        Some(PermissionScope::Once) | None => Err(Failure::invalid_field(
            "scope",
            "say with `step` or `pipeline` how far the patterns reach, or leave them out to allow it this once",
        )),
    }
}

/// Take back a permission that holds on. What fits it is asked for again; what it has allowed already stays done.
#[utoipa::path(tag = "requests", params(("id" = i64, Path)), request_body = RevokePermission,
    responses(
        (status = 202, description = "The pipeline whose agent asked", body = PipelineDetail),
        (status = 404, description = "There is no such request", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It gave none, it was taken back already, or the pipeline has ended", body = Problem,
            content_type = "application/problem+json"),
    ))]
#[post("/requests/{id}/revoke")]
pub(super) async fn revoke(
    state: web::Data<State>,
    by: By,
    Id(id): Id,
    Json(body): Json<RevokePermission>,
) -> Result<HttpResponse, Failure> {
    let by = by.named("by", body.by)?;
    let engine = state.engine.clone();
    let pipeline = state.change(async move { engine.revoke_grant(AskId(id), by).await }).await??;
    accepted(&state, pipeline.id).await
}

fn answered_already(id: i64, status: &str, by: &str) -> Failure {
    let text = sentence(&format!("request {id} is {status} already, by {by}"));
    Failure::new(StatusCode::CONFLICT, code::REQUEST_ANSWERED, "The request is answered already", text)
}
