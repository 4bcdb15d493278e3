//! The audit log: pages, its export as a stream, and whether its chain holds.

mod export;
mod filter;
mod verification;

pub(super) use export::*;
pub(super) use filter::AuditEventType;
pub(super) use verification::*;

use super::input::{self, Id, Query};
use super::mapping;
use super::problem::Failure;
use crate::state::State;
use actix_web::{get, web};
use agency_contract::{AuditEvent, Page, Problem};
use agency_domain::PipelineId;
use filter::{Narrowed, narrowing};

const LIST: &str = "audit";

narrowing! {
    pub(super) struct ReadAll {
        /// Id of a pipeline.
        pipeline: Option<i64>,
        /// 1–200, default 50.
        limit: Option<u32>,
        cursor: Option<String>,
    }

    pub(super) struct ReadOne {
        /// 1–200, default 50.
        limit: Option<u32>,
        cursor: Option<String>,
    }
}

/// What has happened to all pipelines, newest first.
///
/// With `q` a page may have fewer events than `limit`, or none, and a `next_cursor` nevertheless: ten thousand events were looked through, and it goes on
/// behind them. Without `next_cursor` the whole log was.
#[utoipa::path(tag = "audit", params(ReadAll),
    responses(
        (status = 200, body = Page<AuditEvent>),
        (status = 400, description = "An unknown type of event, time, limit, cursor or parameter", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/audit")]
pub(super) async fn of_all(state: web::Data<State>, Query(query): Query<ReadAll>) -> Result<web::Json<Page<AuditEvent>>, Failure> {
    let narrowed = query.narrow(query.pipeline.map(PipelineId))?;
    read(&state, &narrowed, query.limit, query.cursor.as_deref()).await
}

/// What has happened to a pipeline, newest first. With `q` it is paged as `GET /api/v1/audit` is.
#[utoipa::path(tag = "audit", params(("id" = i64, Path), ReadOne),
    responses(
        (status = 200, body = Page<AuditEvent>),
        (status = 400, description = "An unknown type of event, time, limit, cursor or parameter", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}/audit")]
pub(super) async fn of_pipeline(
    state: web::Data<State>,
    Id(id): Id,
    Query(query): Query<ReadOne>,
) -> Result<web::Json<Page<AuditEvent>>, Failure> {
    let narrowed = query.narrow(Some(PipelineId(id)))?;
    state.pipeline(PipelineId(id)).await?;
    read(&state, &narrowed, query.limit, query.cursor.as_deref()).await
}

async fn read(
    state: &State,
    narrowed: &Narrowed,
    limit: Option<u32>,
    cursor: Option<&str>,
) -> Result<web::Json<Page<AuditEvent>>, Failure> {
    let limit = input::limit(limit)?;
    let before = input::decode_cursor::<1>(LIST, "cursor", cursor)?.map(|[seq]| seq);
    let (found, next) = narrowed.page(state, before, limit).await?;
    let items = found.iter().filter_map(mapping::audit::event).collect();
    Ok(web::Json(Page { items, next_cursor: next.map(|seq| input::encode_cursor(LIST, &[seq])) }))
}
