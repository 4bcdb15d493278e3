//! The log as a file, of one pipeline or of all: batch by batch, so that a log of any length takes the memory of one batch.

use super::filter::{Narrowed, narrowing};
use crate::http::input::{Id, Query};
use crate::http::mapping;
use crate::http::problem::Failure;
use crate::state::State;
use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use agency_contract::{AuditEvent, ExportedEvent, Problem};
use agency_domain::PipelineId;
use agency_domain::pipelines::LoggedEvent;
use bytes::Bytes;
use futures::stream;
use serde::Deserialize;

/// Events that are read at once. A hand-off may have some hundred kB, so that this is some megabytes at worst.
const BATCH: u32 = 100;

/// How an export looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    Json,
    Markdown,
    Ndjson,
    Csv,
}

/// How an export of the whole log looks, which is read by programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum WholeFormat {
    Ndjson,
    Csv,
}

narrowing! {
    pub(crate) struct Export {
        /// `json` (an array), `markdown`, `ndjson` (one event a line) or `csv`. Default `json`.
        #[param(inline)]
        format: Option<Format>,
    }

    pub(crate) struct ExportAll {
        /// `ndjson` (one event a line) or `csv`. Default `ndjson`.
        #[param(inline)]
        format: Option<WholeFormat>,
        /// Id of a pipeline.
        pipeline: Option<i64>,
    }
}

/// Everything that has happened to a pipeline, oldest first, as a file; or the part of it that is asked for.
///
/// NDJSON and CSV are as in `GET /api/v1/audit/export`. Their hashes are those of the whole log: an event of another pipeline may lie between two.
#[utoipa::path(tag = "audit", operation_id = "export", params(("id" = i64, Path), Export),
    responses(
        (status = 200, content(
            (Vec<AuditEvent> = "application/json"), (String = "text/markdown"), (ExportedEvent = "application/x-ndjson"), (String = "text/csv"),
        )),
        (status = 400, description = "An unknown format, type of event, time or parameter", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}/audit/export")]
pub(crate) async fn export_of_pipeline(state: web::Data<State>, Id(id): Id, Query(query): Query<Export>) -> Result<HttpResponse, Failure> {
    let narrowed = query.narrow(Some(PipelineId(id)))?;
    let pipeline = state.pipeline(PipelineId(id)).await?;
    let format = query.format.unwrap_or(Format::Json);
    let what = if narrowed.is_whole() { "Audit log" } else { "A part of the audit log" };
    let title = format!("# {what} of pipeline {id}: {}\n\n", pipeline.title);
    Ok(answer(state, narrowed, format, title))
}

/// Everything that has happened, oldest first, as a file; or the part of it that is asked for.
///
/// NDJSON has one event a line, as `GET /api/v1/audit` has it, with its hash. CSV (RFC 4180, UTF-8, with a row of names) has `id`, `created_at`,
/// `pipeline_id`, `step_id`, `event_type`, `actor` (the person, where one acted), `summary`, `payload_json` and `hash`. Its `payload_json` is what was
/// hashed, to the letter. A cell that a spreadsheet would take for a formula, because it begins with `=`, `+`, `-`, `@`, a tab or a carriage return,
/// gets an apostrophe in front. A part of the log has the hashes that its events have in the whole, and a name with `filtered` in it.
#[utoipa::path(tag = "audit", operation_id = "export_all", params(ExportAll),
    responses(
        (status = 200, content((ExportedEvent = "application/x-ndjson"), (String = "text/csv"))),
        (status = 400, description = "An unknown format, type of event, time or parameter", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/audit/export")]
pub(crate) async fn export_of_all(state: web::Data<State>, Query(query): Query<ExportAll>) -> Result<HttpResponse, Failure> {
    let narrowed = query.narrow(query.pipeline.map(PipelineId))?;
    let format = match query.format.unwrap_or(WholeFormat::Ndjson) {
        WholeFormat::Ndjson => Format::Ndjson,
        WholeFormat::Csv => Format::Csv,
    };
    Ok(answer(state, narrowed, format, String::new()))
}

/// `title` begins the Markdown.
fn answer(state: web::Data<State>, narrowed: Narrowed, format: Format, title: String) -> HttpResponse {
    let (content_type, extension, opening) = match format {
        Format::Json => ("application/json", "json", "[".to_owned()),
        Format::Markdown => ("text/markdown; charset=utf-8", "md", title),
        Format::Ndjson => ("application/x-ndjson", "ndjson", String::new()),
        Format::Csv => ("text/csv; charset=utf-8; header=present", "csv", mapping::audit::csv_names()),
    };
    let whose = narrowed.filter.pipeline.map_or_else(|| "agency".to_owned(), |id| format!("pipeline-{id}"));
    let part = if narrowed.is_whole() { "" } else { "-filtered" };
    let name = format!("attachment; filename=\"{whose}-audit{part}.{extension}\"");
    let writer = Writer { state, narrowed, format, after: 0, opening: Some(opening), is_first: true, is_done: false };
    let body = stream::unfold(writer, |mut writer| async move { writer.next().await.map(|chunk| (chunk, writer)) });
    HttpResponse::Ok().content_type(content_type).insert_header((header::CONTENT_DISPOSITION, name)).streaming(body)
}

/// Writes an export.
struct Writer {
    state: web::Data<State>,
    narrowed: Narrowed,
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
        let batch = match self.state.log.logged(self.after, &self.narrowed.filter, BATCH).await {
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
                Format::Markdown | Format::Ndjson | Format::Csv => "",
            };
            return Some(Ok(Bytes::from_static(end.as_bytes())));
        };
        self.after = last.recorded.seq;
        let text: String = batch.iter().filter_map(|logged| self.write(logged)).collect();
        Some(Ok(Bytes::from(text)))
    }

    /// `None` for what has not the words that are looked for, and for what is no event, which the log has not.
    fn write(&mut self, logged: &LoggedEvent) -> Option<String> {
        if !self.narrowed.takes(&logged.recorded) {
            return None;
        }
        let event = mapping::audit::event(&logged.recorded)?;
        Some(match self.format {
            Format::Json => {
                let separator = if std::mem::take(&mut self.is_first) { "\n" } else { ",\n" };
                let json = serde_json::to_string(&event).expect("an event is plain data");
                format!("{separator}{json}")
            }
            Format::Markdown => mapping::audit::markdown(&event),
            Format::Ndjson => mapping::audit::ndjson(logged, event),
            Format::Csv => mapping::audit::csv(logged, &event),
        })
    }
}
