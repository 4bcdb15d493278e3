//! `/api/v1/agents`: the built-in ones, the user's, and with `?repo=` that repository's own.

use super::input::{Json, Query};
use super::mapping;
use super::own_files;
use super::problem::Failure;
use super::templates::{InRepository, repository};
use crate::state::State;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web};
use agency_contract::{Agent, AgentFile, AgentRecord, CheckFile, CheckedFile, Page, Problem, PutFile};
use agency_domain::templates::ItemKind;
use std::path::Path;

/// List agents by name. A broken file is listed with its `error`.
#[utoipa::path(tag = "catalog", params(InRepository),
    responses(
        (status = 200, body = Page<Agent>),
        (status = 400, description = "`repo` is no absolute path", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/agents")]
pub(super) async fn list(state: web::Data<State>, Query(query): Query<InRepository>) -> Result<web::Json<Page<Agent>>, Failure> {
    let items = all(&state, &query).await?;
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// One agent, with the text of its file and of those that it hides.
#[utoipa::path(tag = "catalog", params(("name" = String, Path), InRepository),
    responses(
        (status = 200, body = AgentFile, headers(("ETag" = String, description = "The `sha256` of its text"))),
        (status = 404, description = "There is no such agent", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/agents/{name}")]
pub(super) async fn get(
    state: web::Data<State>,
    name: web::Path<String>,
    Query(query): Query<InRepository>,
) -> Result<HttpResponse, Failure> {
    let found = one(&state, &name, &query).await?;
    Ok(own_files::versioned(StatusCode::OK, found.file.sha256.as_deref(), &found))
}

/// What became of an agent's results: of those that met a gate behind its step, how many passed it. Empty where it has handed nothing on.
#[utoipa::path(tag = "catalog", params(("name" = String, Path)), responses((status = 200, body = AgentRecord)))]
#[get("/agents/{name}/record")]
pub(super) async fn record(state: web::Data<State>, name: web::Path<String>) -> Result<web::Json<AgentRecord>, Failure> {
    Ok(web::Json(mapping::record::of_agent(state.engine.agent_record(&name).await?)))
}

/// Write an agent of the user's own.
///
/// It counts in place of a built-in one of this name, from the next pipeline on. Where the user has a file of this name already, `If-Match` must name the
/// version that is changed, so that nobody overwrites what somebody else has written; `If-Match: *` overwrites whatever is there.
/// With `repo`, that repository's agents count as known; nothing is written there.
#[utoipa::path(tag = "catalog", params(("name" = String, Path), InRepository, ("If-Match" = Option<String>, Header, description = "The `sha256` of the version that is changed, or `*`")),
    request_body = PutFile,
    responses(
        (status = 200, description = "It is changed", body = AgentFile),
        (status = 201, description = "It is new", body = AgentFile),
        (status = 400, description = "The name or the body does not fit", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another version counts by now", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The text is too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The text has faults; `errors` says which, with line and column. Nothing is written", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The file cannot be written", body = Problem, content_type = "application/problem+json"),
    ))]
#[put("/agents/{name}")]
pub(super) async fn put(
    request: HttpRequest,
    state: web::Data<State>,
    name: web::Path<String>,
    Query(query): Query<InRepository>,
    Json(body): Json<PutFile>,
) -> Result<HttpResponse, Failure> {
    let written = own_files::put(&request, &state, ItemKind::Agent, &name, body, &query).await?;
    let mut found = one(&state, &name, &InRepository::default()).await?;
    found.file.warnings = written.broken.iter().map(mapping::catalog::broken_by).collect();
    let status = if written.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(own_files::versioned(status, found.file.sha256.as_deref(), &found))
}

/// Remove an agent of the user's own. A built-in one of this name counts again.
#[utoipa::path(tag = "catalog", params(("name" = String, Path), ("If-Match" = Option<String>, Header, description = "The `sha256` of the version that is removed")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "The user has no such agent", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is built in, a template names it, or another version counts by now", body = Problem, content_type = "application/problem+json"),
    ))]
#[delete("/agents/{name}")]
pub(super) async fn remove(request: HttpRequest, state: web::Data<State>, name: web::Path<String>) -> Result<HttpResponse, Failure> {
    own_files::remove(&request, &state, ItemKind::Agent, &name).await
}

/// Say what is wrong with the text of an agent, for an editor. Writes nothing.
#[utoipa::path(tag = "catalog", params(InRepository), request_body = CheckFile,
    responses(
        (status = 200, description = "Whether it could be written, and every fault", body = CheckedFile),
        (status = 400, description = "The name or the body does not fit", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The text is too large", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/agents/validate")]
pub(super) async fn validate(
    state: web::Data<State>,
    Query(query): Query<InRepository>,
    Json(body): Json<CheckFile>,
) -> Result<web::Json<CheckedFile>, Failure> {
    own_files::check(&state, ItemKind::Agent, &body, &query).await.map(web::Json)
}

/// The agent of this name that counts.
pub(super) async fn one(state: &State, name: &str, query: &InRepository) -> Result<AgentFile, Failure> {
    let file = own_files::text(state, ItemKind::Agent, name, query).await?;
    let found = all(state, query).await?.into_iter().find(|agent| agent.name == name);
    let agent = found.ok_or_else(|| Failure::not_found(format!("agent {name:?}")))?;
    Ok(AgentFile { agent, file })
}

async fn all(state: &State, query: &InRepository) -> Result<Vec<Agent>, Failure> {
    let repo = repository(query)?;
    let entries = state.engine.ports().catalog.agents(repo.map(Path::new)).await?;
    Ok(entries.iter().map(mapping::catalog::agent).collect())
}
