//! `/api/v1/agents`: the built-in ones, the user's, and with `?repo=` that repository's own.

use super::input::Query;
use super::mapping;
use super::problem::Failure;
use super::templates::{InRepository, repository};
use crate::state::State;
use actix_web::{get, web};
use agency_contract::{Agent, Page, Problem};
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

/// One agent.
#[utoipa::path(tag = "catalog", params(("name" = String, Path), InRepository),
    responses(
        (status = 200, body = Agent),
        (status = 404, description = "There is no such agent", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/agents/{name}")]
pub(super) async fn get(
    state: web::Data<State>,
    name: web::Path<String>,
    Query(query): Query<InRepository>,
) -> Result<web::Json<Agent>, Failure> {
    let found = all(&state, &query).await?.into_iter().find(|agent| agent.name == *name);
    found.map(web::Json).ok_or_else(|| Failure::not_found(format!("agent {name:?}")))
}

async fn all(state: &State, query: &InRepository) -> Result<Vec<Agent>, Failure> {
    let repo = repository(query)?;
    let entries = state.engine.ports().catalog.agents(repo.map(Path::new)).await?;
    Ok(entries.iter().map(mapping::catalog::agent).collect())
}
