//! The audit log: pages, its export as a stream, and whether its chain holds.

mod export;
mod verification;

pub(super) use export::*;
pub(super) use verification::*;

use super::input::{self, Id, Query};
use super::mapping;
use super::problem::Failure;
use crate::state::State;
use actix_web::{get, web};
use agency_contract::{AuditEvent, Page, Problem};
use agency_domain::PipelineId;
use serde::Deserialize;

const LIST: &str = "audit";

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReadAll {
    /// Id of a pipeline.
    pipeline: Option<i64>,
    /// 1–200, default 50.
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReadOne {
    /// 1–200, default 50.
    limit: Option<u32>,
    cursor: Option<String>,
}

/// What has happened to all pipelines, newest first.
#[utoipa::path(tag = "audit", params(ReadAll),
    responses(
        (status = 200, body = Page<AuditEvent>),
        (status = 400, description = "An unknown limit, cursor or parameter", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/audit")]
pub(super) async fn of_all(state: web::Data<State>, Query(query): Query<ReadAll>) -> Result<web::Json<Page<AuditEvent>>, Failure> {
    read(&state, query.pipeline.map(PipelineId), query.limit, query.cursor.as_deref()).await
}

/// What has happened to a pipeline, newest first.
#[utoipa::path(tag = "audit", params(("id" = i64, Path), ReadOne),
    responses(
        (status = 200, body = Page<AuditEvent>),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}/audit")]
pub(super) async fn of_pipeline(
    state: web::Data<State>,
    Id(id): Id,
    Query(query): Query<ReadOne>,
) -> Result<web::Json<Page<AuditEvent>>, Failure> {
    state.pipeline(PipelineId(id)).await?;
    read(&state, Some(PipelineId(id)), query.limit, query.cursor.as_deref()).await
}

async fn read(
    state: &State,
    pipeline: Option<PipelineId>,
    limit: Option<u32>,
    cursor: Option<&str>,
) -> Result<web::Json<Page<AuditEvent>>, Failure> {
    let limit = input::limit(limit)?;
    let before = input::decode_cursor::<1>(LIST, "cursor", cursor)?.map(|[seq]| seq);
    let found = state.log.audit(pipeline, before, limit + 1).await?;
    let (found, next_cursor) = input::page(found, limit, |recorded| input::encode_cursor(LIST, &[recorded.seq]));
    let items = found.iter().filter_map(mapping::audit::event).collect();
    Ok(web::Json(Page { items, next_cursor }))
}
