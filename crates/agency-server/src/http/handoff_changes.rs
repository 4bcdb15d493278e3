//! `/api/v1/pipelines/{id}/handoff-changes`: what a hand-off says otherwise than the one before it.

use super::input::{Id, Query};
use super::problem::Failure;
use crate::state::State;
use actix_web::{get, web};
use agency_contract::{HandoffChanges, Problem};
use agency_domain::pipelines::{Attempt, Pipeline, Step};
use agency_domain::{AttemptId, PipelineId};
use serde::Deserialize;
use similar::TextDiff;

/// How the two texts are called in the diff.
const NAME: &str = "hand-off.md";

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReadChanges {
    /// Id of the attempt whose hand-off it is.
    attempt: i64,
    /// Id of another attempt, of any step; the newest one before at the same step that left a hand-off where none is named.
    since: Option<i64>,
}

/// What a hand-off says otherwise than an earlier one.
#[utoipa::path(tag = "pipelines", params(("id" = i64, Path), ReadChanges),
    responses(
        (status = 200, body = HandoffChanges),
        (status = 404, description = "There is no such pipeline or attempt, it left no hand-off, or none came before it", body = Problem,
            content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}/handoff-changes")]
pub(super) async fn get(
    state: web::Data<State>,
    Id(id): Id,
    Query(query): Query<ReadChanges>,
) -> Result<web::Json<HandoffChanges>, Failure> {
    let pipeline = state.pipeline(PipelineId(id)).await?;
    let (step, attempt, new) = left(&pipeline, query.attempt)?;
    let (_, earlier, old) = match query.since {
        Some(since) => left(&pipeline, since)?,
        None => before(step, attempt)
            .ok_or_else(|| Failure::not_found(format!("hand-off of this step before that of attempt {}", query.attempt)))?,
    };
    let (ids, number) = ((attempt.id.0, earlier.id.0), earlier.number);
    let read = move || {
        let diff = unified(&old, &new);
        let rows = state.diff_rows.of_tool(&diff);
        HandoffChanges {
            attempt_id: ids.0,
            since_attempt_id: ids.1,
            since_number: number,
            additions: rows.additions,
            deletions: rows.deletions,
            rows: rows.rows.to_string(),
            diff,
        }
    };
    let changes = web::block(read).await.map_err(|error| Failure::internal("comparing two hand-offs", &error))?;
    Ok(web::Json(changes))
}

/// An attempt and the Markdown that it left.
type Left<'a> = (&'a Step, &'a Attempt, String);

fn left(pipeline: &Pipeline, id: i64) -> Result<Left<'_>, Failure> {
    let found = pipeline.attempt(AttemptId(id)).and_then(|(step, attempt)| Some((step, attempt, markdown(attempt)?)));
    found.ok_or_else(|| Failure::not_found(format!("hand-off of an attempt {id} in pipeline {}", pipeline.id)))
}

fn before<'a>(step: &'a Step, attempt: &Attempt) -> Option<Left<'a>> {
    let mut earlier = step.attempts.iter().rev().filter(|other| other.number < attempt.number);
    earlier.find_map(|other| Some((step, other, markdown(other)?)))
}

fn markdown(attempt: &Attempt) -> Option<String> {
    attempt.handoff.as_ref().map(|recorded| recorded.content_md.clone())
}

/// Empty where they are the same.
fn unified(old: &str, new: &str) -> String {
    TextDiff::from_lines(old, new).unified_diff().header(NAME, NAME).to_string()
}
