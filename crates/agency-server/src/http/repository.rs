//! `/api/v1/repository`: a repository of the user's as it stands, before a pipeline starts there.

use super::input::Query;
use super::problem::Failure;
use crate::state::State;
use actix_web::{get, web};
use agency_contract::{Problem, Repository};
use serde::Deserialize;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Absolute path of a git repository on the server's machine.
    repo: String,
}

/// A repository as it stands. Nothing in it is changed.
#[utoipa::path(tag = "catalog", params(Which),
    responses(
        (status = 200, body = Repository),
        (status = 400, description = "`repo` is no git repository with a commit", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/repository")]
pub(super) async fn get(state: web::Data<State>, Query(which): Query<Which>) -> Result<web::Json<Repository>, Failure> {
    let standing = state.engine.standing(&which.repo).await.map_err(|fault| Failure::invalid_field(fault.field, fault.message))?;
    Ok(web::Json(Repository {
        path: standing.facts.root.display().to_string(),
        branch: standing.facts.branch,
        head_commit: standing.facts.head.to_string(),
        uncommitted: standing.uncommitted.map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
    }))
}
