//! `/api/v1/pipelines/{id}/compare/{other}`: two pipelines of one repository side by side.

use super::problem::{Failure, sentence};
use crate::comparison::{Changes, Side, comparison};
use crate::state::State;
use actix_web::{get, web};
use agency_contract::{Comparison, DiffFile, Problem};
use agency_domain::pipelines::Pipeline;
use agency_domain::repositories::{DiffStyle, RepositoryError};
use agency_domain::{CommitId, PipelineId};
use std::path::Path;

/// Two pipelines of the same repository side by side, for example a fork and where it comes from: figures, and what each has changed.
#[utoipa::path(tag = "pipelines", params(("id" = i64, Path, description = "On the left"), ("other" = i64, Path, description = "On the right")),
    responses(
        (status = 200, description = "Without files, and why, where the repository does not know the commits any more", body = Comparison),
        (status = 400, description = "They are of different repositories", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}/compare/{other}")]
pub(super) async fn compare(state: web::Data<State>, ids: web::Path<(String, String)>) -> Result<web::Json<Comparison>, Failure> {
    let (id, other) = ids.into_inner();
    let left = state.pipeline(id_of(&id)?).await?;
    let right = state.pipeline(id_of(&other)?).await?;
    same_repository("other", &left, &right)?;
    let changes = match changes(&state, &left, &right).await {
        Ok(changes) => Ok(web::block(move || changes.read()).await.map_err(|error| Failure::internal("reading diffs", &error))?),
        Err(error) => Err(unknown(&error)),
    };
    let sides = (side(&state, &left, &right).await?, side(&state, &right, &left).await?);
    let now = state.engine.ports().clock.now();
    Ok(web::Json(comparison(&sides.0, &sides.1, changes.as_ref().map_err(Clone::clone), now)))
}

/// Only what grew in one repository has anything in common.
pub(super) fn same_repository(field: &str, one: &Pipeline, other: &Pipeline) -> Result<(), Failure> {
    if one.repo == other.repo {
        return Ok(());
    }
    let message = format!(
        "pipeline {} works in {} and pipeline {} in {}: name two pipelines of one repository (`GET /api/v1/pipelines?repo=` lists them)",
        one.id, one.repo, other.id, other.repo
    );
    Err(Failure::invalid_field(field, message))
}

fn id_of(raw: &str) -> Result<PipelineId, Failure> {
    raw.parse().map(PipelineId).map_err(|_| Failure::not_found(format!("pipeline {raw}")))
}

/// The other of the two is the usual origin, and loaded already.
async fn side<'a>(state: &State, pipeline: &'a Pipeline, other: &Pipeline) -> Result<Side<'a>, Failure> {
    let forked_after = match pipeline.forked_from {
        None => None,
        Some(origin) if origin.pipeline == other.id => other.index_of(origin.step),
        Some(origin) => state.engine.ports().store.load(origin.pipeline).await?.and_then(|found| found.index_of(origin.step)),
    };
    Ok(Side { pipeline, forked_after })
}

/// Three diffs as git writes them.
struct Texts {
    left: String,
    right: String,
    between: String,
}

impl Texts {
    /// Takes its time where they are long.
    fn read(self) -> Changes {
        let files = |text: &str| -> Vec<DiffFile> {
            let mut files = crate::diff::files(text);
            files.iter_mut().for_each(|file| file.hunks.clear());
            files
        };
        Changes { left: files(&self.left), right: files(&self.right), between: files(&self.between) }
    }
}

/// All three at the same time; of several errors, the first in this order.
async fn changes(state: &State, left: &Pipeline, right: &Pipeline) -> Result<Texts, RepositoryError> {
    let (own, others, between) = tokio::join!(
        diff(state, left, &left.base_commit, &left.head_commit),
        diff(state, right, &right.base_commit, &right.head_commit),
        diff(state, left, &left.head_commit, &right.head_commit),
    );
    Ok(Texts { left: own?, right: others?, between: between? })
}

/// What lies between two commits of a pipeline's repository.
pub(super) async fn diff(state: &State, pipeline: &Pipeline, from: &CommitId, to: &CommitId) -> Result<String, RepositoryError> {
    diff_as(state, pipeline, from, to, DiffStyle::default()).await
}

pub(super) async fn diff_as(
    state: &State,
    pipeline: &Pipeline,
    from: &CommitId,
    to: &CommitId,
    style: DiffStyle,
) -> Result<String, RepositoryError> {
    if from == to {
        return Ok(String::new());
    }
    state.engine.ports().repositories.diff_as(Path::new(&pipeline.repo), from, to, style).await
}

fn unknown(error: &RepositoryError) -> String {
    match error {
        RepositoryError::Git { .. } | RepositoryError::NoRoom { .. } => {
            tracing::warn!(%error, "two branches cannot be compared");
            "git could not compare the branches; the server's log says why.".to_owned()
        }
        RepositoryError::CommitGone { .. } => {
            format!("{} The branch was removed: what it changed cannot be compared any more.", sentence(&error.to_string()))
        }
        _other => sentence(&error.to_string()),
    }
}
