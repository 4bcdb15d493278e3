//! `POST /api/v1/agents/{name}/tries`: one agent, one step, in a repository where nothing can be lost.

use super::agents;
use super::input::Json;
use super::pipelines::{REPLAYED, create_and_answer, idempotency_key};
use super::problem::Failure;
use super::templates::InRepository;
use crate::sample_repository;
use crate::state::State;
use actix_web::{HttpRequest, HttpResponse, post, web};
use agency_contract::{PipelineDetail, Problem, TryAgent};
use agency_engine::CreateRequest;
use serde_json::json;
use std::path::PathBuf;

/// Try an agent: a pipeline of one step, which is this agent's.
///
/// Without `repo` it works in a small repository that is made for it, of one program and its test, so that nothing of anybody's is touched.
#[utoipa::path(tag = "catalog", params(("name" = String, Path),
    ("Idempotency-Key" = Option<String>, Header, description = "Repeating a request with the same key creates nothing twice and answers as the first did")),
    request_body = TryAgent,
    responses(
        (status = 201, description = "Queued; `Location` names it", body = PipelineDetail),
        (status = 400, description = "What does not fit, field by field", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such agent", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The key was used with another request", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "The queue is full; `Retry-After` says when to come back", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/agents/{name}/tries")]
pub(super) async fn start(
    request: HttpRequest,
    state: web::Data<State>,
    name: web::Path<String>,
    Json(body): Json<TryAgent>,
) -> Result<HttpResponse, Failure> {
    let query = InRepository { repo: body.repo.clone() };
    let agent = agents::one(&state, &name, &query).await?.agent.name;
    let key = idempotency_key(&request, &(&agent, &body))?;
    let made = if body.repo.is_none() { Some(sample(&state).await?) } else { None };
    let wanted = CreateRequest {
        title: Some(format!("Try of {agent}")),
        description: body.description,
        repo: body.repo.or_else(|| Some(made.as_ref()?.display().to_string())).unwrap_or_default(),
        steps: Some(json!([{ "agent": agent }])),
        model: body.model,
        ..CreateRequest::default()
    };
    let answer = create_and_answer(&state, wanted, key).await;
    // What was refused, or was there already, needs no repository.
    if let Some(unused) = made.filter(|_| answer.as_ref().map_or(true, |answer| answer.headers().contains_key(REPLAYED)))
        && let Err(error) = tokio::fs::remove_dir_all(&unused).await
    {
        tracing::warn!(path = %unused.display(), %error, "a repository that no try uses cannot be removed");
    }
    answer
}

async fn sample(state: &State) -> Result<PathBuf, Failure> {
    let made = sample_repository::make(&state.data_dir, "tries", &state.sample).await;
    made.map_err(|error| Failure::internal("making a repository for a try", &error))
}
