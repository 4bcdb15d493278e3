//! `/api/v1/pipelines`: create, list, get, cancel.

use super::attachments::{REQUEST_BYTES_MAX, given_files};
use super::input::{self, Id, JsonUpTo, OptionalJson, Query};
use super::mapping;
use super::problem::Failure;
use super::sign_in::By;
use crate::state::State;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use agency_contract::{CreatePipeline, FieldError, ListPipelines, Page, Pipeline, PipelineDetail, PipelineStatus, Problem};
use agency_domain::PipelineId;
use agency_domain::pipelines::{Created, IdempotencyKey, PipelineFilter};
use agency_domain::templates::Tailoring;
use agency_engine::CreateRequest;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Names a list's cursors.
const LIST: &str = "pipelines";
/// The header of an answer that made nothing new: its `Idempotency-Key` was known.
pub(super) const REPLAYED: &str = "Idempotent-Replayed";
/// Room for a UUID with a prefix, and no room for an abuse of the table.
const KEY_BYTES_MAX: usize = 200;

/// Start a pipeline.
#[utoipa::path(tag = "pipelines", request_body = CreatePipeline,
    params(("Idempotency-Key" = Option<String>, Header, description = "Repeating a request with the same key creates nothing twice and answers as the first did")),
    responses(
        (status = 201, description = "Queued; `Location` names it", body = PipelineDetail),
        (status = 400, description = "What does not fit, field by field", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is longer than 15 MiB", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The branch is taken, or the key was used with another request", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "The queue is full; `Retry-After` says when to come back", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/pipelines")]
pub(super) async fn create(
    request: HttpRequest,
    state: web::Data<State>,
    JsonUpTo(body): JsonUpTo<REQUEST_BYTES_MAX, CreatePipeline>,
) -> Result<HttpResponse, Failure> {
    let key = idempotency_key(&request, &body)?;
    create_and_answer(&state, create_request(body)?, key).await
}

/// Creates a pipeline and answers 201 with it; also what the demo does.
pub(super) async fn create_and_answer(
    state: &web::Data<State>,
    request: CreateRequest,
    key: Option<IdempotencyKey>,
) -> Result<HttpResponse, Failure> {
    let engine = state.engine.clone();
    let created = state.change(async move { engine.create(request, key).await }).await??;
    let (id, is_repeated) = match created {
        Created::New(id) => (id, false),
        Created::Before(id) => (id, true),
    };
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, format!("/api/v1/pipelines/{id}")));
    if is_repeated {
        response.insert_header((REPLAYED, "true"));
    }
    Ok(response.json(state.detail(id).await?))
}

pub(super) fn create_request(body: CreatePipeline) -> Result<CreateRequest, Failure> {
    let mut faults = Vec::new();
    let mut models = Vec::new();
    for (agent, model) in body.models {
        match model {
            serde_json::Value::String(model) => models.push((agent, model)),
            _ => faults.push(FieldError::new(format!("models.{agent}"), "write provider/model, for example anthropic/claude-sonnet")),
        }
    }
    let attachments = given_files(body.attachments).unwrap_or_else(|unreadable| {
        faults.extend(unreadable);
        Vec::new()
    });
    if !faults.is_empty() {
        return Err(Failure::invalid(faults));
    }
    let budget = input::budget("budget.", body.budget.unwrap_or_default())?;
    let steps = body.steps.map(|steps| serde_json::to_value(steps).expect("steps are plain data"));
    Ok(CreateRequest {
        title: body.title,
        description: body.description,
        attachments,
        repo: body.repo,
        template: body.template,
        steps,
        tailoring: Tailoring { skip: body.skip, ask_after: body.ask_after },
        base: body.base,
        branch: body.branch,
        model: body.model,
        models,
        budget,
    })
}

/// The key, with a hash of what was asked for: the parsed request, so that white space makes no difference.
pub(super) fn idempotency_key(request: &HttpRequest, body: &impl Serialize) -> Result<Option<IdempotencyKey>, Failure> {
    let Some(value) = request.headers().get("Idempotency-Key") else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        let message = format!("use 1 to {KEY_BYTES_MAX} visible ASCII characters");
        return Err(Failure::invalid_field("Idempotency-Key", message));
    }
    let asked = serde_json::to_vec(body).expect("a request is plain data");
    Ok(Some(IdempotencyKey { key: key.to_owned(), request_sha256: format!("{:x}", Sha256::digest(asked)) }))
}

/// List pipelines, newest first.
#[utoipa::path(tag = "pipelines", params(ListPipelines),
    responses(
        (status = 200, body = Page<Pipeline>),
        (status = 400, description = "An unknown status, limit, cursor or parameter", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines")]
pub(super) async fn list(state: web::Data<State>, Query(query): Query<ListPipelines>) -> Result<web::Json<Page<Pipeline>>, Failure> {
    let limit = input::limit(query.limit)?;
    let before = input::decode_cursor::<1>(LIST, "cursor", query.cursor.as_deref())?.map(|[id]| id);
    let filter = PipelineFilter {
        statuses: statuses(query.status.as_deref())?,
        template: query.template.filter(|template| !template.is_empty()),
        repo: query.repo.filter(|repo| !repo.is_empty()),
        text: query.q.filter(|text| !text.trim().is_empty()),
        agent: None,
    };
    let found = state.engine.ports().store.list(&filter, before, limit + 1).await?;
    let (items, next_cursor) = input::page(found, limit, |item| input::encode_cursor(LIST, &[item.pipeline.id.0]));
    let items = items.iter().map(mapping::pipelines::summary).collect();
    Ok(web::Json(Page { items, next_cursor }))
}

fn statuses(raw: Option<&str>) -> Result<Vec<String>, Failure> {
    let words = raw.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
    words
        .map(|word| {
            serde_json::from_value::<PipelineStatus>(word.into()).map(|_| word.to_owned()).map_err(|_| {
                let known = agency_domain::pipelines::PipelineStatus::WORDS.join(", ");
                Failure::invalid_field("status", format!("{word:?} is no status; there are {known}"))
            })
        })
        .collect()
}

/// A pipeline with its steps, attempts, hand-offs and approvals.
#[utoipa::path(tag = "pipelines", params(("id" = i64, Path)),
    responses(
        (status = 200, body = PipelineDetail),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}")]
pub(super) async fn get(state: web::Data<State>, by: By, Id(id): Id) -> Result<web::Json<PipelineDetail>, Failure> {
    let mut detail = state.detail(PipelineId(id)).await?;
    detail.forks.retain(|fork| by.may_read(PipelineId(fork.id)));
    Ok(web::Json(detail))
}

/// A body that says nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// End a pipeline and its agent's processes. Recorded when this answers; the processes end right after.
#[utoipa::path(tag = "pipelines", params(("id" = i64, Path)),
    responses(
        (status = 202, body = PipelineDetail),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It has ended already", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/pipelines/{id}/cancel")]
pub(super) async fn cancel(state: web::Data<State>, Id(id): Id, _: OptionalJson<Nothing>) -> Result<HttpResponse, Failure> {
    let engine = state.engine.clone();
    state.change(async move { engine.cancel(PipelineId(id), input::LOCAL_USER.to_owned()).await }).await??;
    accepted(&state, PipelineId(id)).await
}

/// 202 with the pipeline as a command has left it.
pub(super) async fn accepted(state: &State, id: PipelineId) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Accepted().json(state.detail(id).await?))
}
