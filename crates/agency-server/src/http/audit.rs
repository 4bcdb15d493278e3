//! The audit log: pages, and the export that streams all of a pipeline's.

use super::input::{self, Id, Query};
use super::mapping;
use super::problem::Failure;
use crate::state::State;
use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use agency_contract::{AuditEvent, Page, Problem};
use agency_domain::PipelineId;
use bytes::Bytes;
use futures::stream;
use serde::Deserialize;

const LIST: &str = "audit";
/// Facts that an export reads at once; a part of a transcript may have 64 kB, so that this is some megabytes at worst.
const EXPORT_BATCH: u32 = 100;

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

/// How an export looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    Json,
    Markdown,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Export {
    /// `json` (an array) or `markdown`. Default `json`.
    #[param(inline)]
    format: Option<Format>,
}

/// Everything that has happened to a pipeline, oldest first, as a file.
#[utoipa::path(tag = "audit", params(("id" = i64, Path), Export),
    responses(
        (status = 200, content((Vec<AuditEvent> = "application/json"), (String = "text/markdown"))),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}/audit/export")]
pub(super) async fn export(state: web::Data<State>, Id(id): Id, Query(query): Query<Export>) -> Result<HttpResponse, Failure> {
    let pipeline = state.pipeline(PipelineId(id)).await?;
    let format = query.format.unwrap_or(Format::Json);
    let (content_type, extension, opening) = match format {
        Format::Json => ("application/json", "json", "[".to_owned()),
        Format::Markdown => ("text/markdown; charset=utf-8", "md", format!("# Audit log of pipeline {id}: {}\n\n", pipeline.title)),
    };
    let name = format!("attachment; filename=\"pipeline-{id}-audit.{extension}\"");
    let writer = Writer { state, pipeline: pipeline.id, format, after: 0, opening: Some(opening), is_first: true, is_done: false };
    let body = stream::unfold(writer, |mut writer| async move { writer.next().await.map(|chunk| (chunk, writer)) });
    Ok(HttpResponse::Ok().content_type(content_type).insert_header((header::CONTENT_DISPOSITION, name)).streaming(body))
}

/// Writes an export batch by batch, so that a log of any length takes the memory of one batch.
struct Writer {
    state: web::Data<State>,
    pipeline: PipelineId,
    format: Format,
    after: i64,
    opening: Option<String>,
    is_first: bool,
    is_done: bool,
}

impl Writer {
    async fn next(&mut self) -> Option<Result<Bytes, Failure>> {
        if let Some(opening) = self.opening.take() {
            return Some(Ok(Bytes::from(opening)));
        }
        if self.is_done {
            return None;
        }
        // A failure in the middle breaks the connection off, so that nobody takes half a log for a whole one.
        let batch = match self.state.log.replay(self.after, Some(self.pipeline), EXPORT_BATCH).await {
            Ok(batch) => batch,
            Err(error) => {
                self.is_done = true;
                return Some(Err(error.into()));
            }
        };
        let Some(last) = batch.last() else {
            self.is_done = true;
            let end = match self.format {
                Format::Json => "]\n",
                Format::Markdown => "",
            };
            return Some(Ok(Bytes::from_static(end.as_bytes())));
        };
        self.after = last.seq;
        let text: String = batch.iter().filter_map(mapping::audit::event).map(|event| self.write(&event)).collect();
        Some(Ok(Bytes::from(text)))
    }

    fn write(&mut self, event: &AuditEvent) -> String {
        match self.format {
            Format::Json => {
                let separator = if std::mem::take(&mut self.is_first) { "\n" } else { ",\n" };
                let json = serde_json::to_string(event).expect("an event is plain data");
                format!("{separator}{json}")
            }
            Format::Markdown => mapping::audit::markdown(event),
        }
    }
}
