//! `/api/v1/templates`: the built-in ones, the user's, and with `?repo=` that repository's own.

use super::input::Query;
use super::mapping;
use super::problem::Failure;
use crate::state::State;
use actix_web::{get, web};
use agency_contract::{Page, Problem, Template};
use serde::Deserialize;
use std::path::Path;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct InRepository {
    /// Absolute path of a repository whose own files come before the others.
    repo: Option<String>,
}

/// The repository of a query, as an absolute path.
pub(super) fn repository(query: &InRepository) -> Result<Option<&str>, Failure> {
    match query.repo.as_deref().filter(|repo| !repo.is_empty()) {
        Some(repo) if !Path::new(repo).is_absolute() => Err(Failure::invalid_field("repo", "write an absolute path")),
        repo => Ok(repo),
    }
}

/// List templates by name. A broken file is listed with its `error`.
#[utoipa::path(tag = "catalog", params(InRepository),
    responses(
        (status = 200, body = Page<Template>),
        (status = 400, description = "`repo` is no absolute path", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/templates")]
pub(super) async fn list(state: web::Data<State>, Query(query): Query<InRepository>) -> Result<web::Json<Page<Template>>, Failure> {
    let items = all(&state, &query).await?;
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// One template.
#[utoipa::path(tag = "catalog", params(("name" = String, Path), InRepository),
    responses(
        (status = 200, body = Template),
        (status = 404, description = "There is no such template", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/templates/{name}")]
pub(super) async fn get(
    state: web::Data<State>,
    name: web::Path<String>,
    Query(query): Query<InRepository>,
) -> Result<web::Json<Template>, Failure> {
    let found = all(&state, &query).await?.into_iter().find(|template| template.name == *name);
    found.map(web::Json).ok_or_else(|| Failure::not_found(format!("template {name:?}")))
}

async fn all(state: &State, query: &InRepository) -> Result<Vec<Template>, Failure> {
    let repo = repository(query)?;
    let entries = state.engine.ports().catalog.templates(repo.map(Path::new)).await?;
    Ok(entries.iter().map(mapping::catalog::template).collect())
}
