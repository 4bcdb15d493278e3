//! What an attempt said, was sent and changed: transcript, receipt, diff.

use super::compare;
use super::input::{self, Id, Query};
use super::mapping;
use super::problem::Failure;
use super::sign_in::By;
use crate::state::State;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use agency_contract::{Diff, DiffFile, DiffView, Page, Problem, Receipt, TranscriptPart};
use agency_domain::pipelines::Pipeline;
use agency_domain::repositories::DiffStyle;
use agency_domain::transcripts::PartsQuery;
use agency_domain::{AttemptId, CommitId, PipelineId, StepId};
use serde::Deserialize;

const LIST: &str = "transcript";

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReadTranscript {
    /// Id of a step.
    step: Option<i64>,
    /// Id of an attempt.
    attempt: Option<i64>,
    /// `next_cursor` of the page before.
    after: Option<String>,
    /// The same as `after`.
    cursor: Option<String>,
    /// 1–200, default 50.
    limit: Option<u32>,
    /// From the end: the first page has the newest parts, and `next_cursor` leads to those before them. Within a page the oldest is first.
    newest: Option<bool>,
}

/// What the agents said and did, by attempt and place.
#[utoipa::path(tag = "transcripts", params(("id" = i64, Path), ReadTranscript),
    responses(
        (status = 200, body = Page<TranscriptPart>),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}/transcript")]
pub(super) async fn transcript(
    state: web::Data<State>,
    Id(id): Id,
    Query(query): Query<ReadTranscript>,
) -> Result<web::Json<Page<TranscriptPart>>, Failure> {
    let limit = input::limit(query.limit)?;
    let (field, cursor) = match (&query.after, &query.cursor) {
        (Some(after), _) => ("after", Some(after.as_str())),
        (None, cursor) => ("cursor", cursor.as_deref()),
    };
    let after = input::decode_cursor::<2>(LIST, field, cursor)?.map(place_of);
    state.pipeline(PipelineId(id)).await?;
    let asked = PartsQuery {
        pipeline: PipelineId(id),
        step: query.step.map(StepId),
        attempt: query.attempt.map(AttemptId),
        after,
        backwards: query.newest.unwrap_or_default(),
        limit: limit + 1,
    };
    let found = state.engine.ports().transcripts.parts(asked).await?;
    let place = |stored: &agency_domain::transcripts::StoredPart| {
        input::encode_cursor(LIST, &[stored.part.attempt_id.0, i64::from(stored.part.ordinal)])
    };
    let (mut found, next_cursor) = input::page(found, limit, place);
    if asked.backwards {
        found.reverse();
    }
    let parts = move || found.iter().map(|stored| mapping::transcript::part(stored.seq, &stored.part, &state)).collect();
    let items = web::block(parts).await.map_err(|error| Failure::internal("reading a transcript", &error))?;
    Ok(web::Json(Page { items, next_cursor }))
}

/// A place in a transcript, of a cursor's numbers.
pub(super) fn place_of([attempt, ordinal]: [i64; 2]) -> (AttemptId, u32) {
    (AttemptId(attempt), u32::try_from(ordinal).unwrap_or(u32::MAX))
}

/// The exact prompt that an attempt was sent.
#[utoipa::path(tag = "transcripts", params(("id" = i64, Path)),
    responses(
        (status = 200, body = Receipt),
        (status = 404, description = "There is no such attempt, or it was sent no prompt: a check, or what a fork took over", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/attempts/{id}/receipt")]
pub(super) async fn receipt(state: web::Data<State>, by: By, Id(id): Id) -> Result<web::Json<Receipt>, Failure> {
    let is_theirs = match by.only() {
        Some(only) => state.pipeline(only).await?.attempt(AttemptId(id)).is_some(),
        None => true,
    };
    let found = state.engine.ports().store.receipt(AttemptId(id)).await?.filter(|_| is_theirs);
    found.map(|receipt| web::Json(mapping::transcript::receipt(receipt))).ok_or_else(|| {
        Failure::not_found(format!(
            "receipt of an attempt {id}. A check is sent no prompt; the receipt of what a fork took over is under the id that its copied_from names"
        ))
    })
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReadDiff {
    /// Id of an attempt: what it alone changed. Without it, the whole branch against its base.
    attempt: Option<i64>,
    /// Id of another pipeline of the same repository: from the tip of this one's branch to the tip of that one's.
    against: Option<i64>,
    /// The lines of each file as HTML rows in `rows`, with changed words marked and the language coloured, in the place of `hunks`. Files of more
    /// than 400 lines, and all after the first 2,000 lines, come without.
    view: Option<DiffView>,
    /// One file alone, by its path after the change; however long it is, its rows come.
    path: Option<String>,
    /// Lines around each change that did not change: 3 by default, at most 100,000, which is the whole file.
    context: Option<u32>,
    /// Lines that differ in spaces and tabs alone count as the same, and files in which nothing else changed are left out.
    #[serde(default)]
    ignore_space: bool,
}

/// More lines than anybody scrolls through.
const CONTEXT_LINES_MAX: u32 = 100_000;

impl ReadDiff {
    fn style(&self) -> Result<DiffStyle, Failure> {
        let context = self.context.unwrap_or(DiffStyle::default().context);
        if context > CONTEXT_LINES_MAX {
            return Err(Failure::invalid_field("context", format!("ask for at most {CONTEXT_LINES_MAX} lines")));
        }
        Ok(DiffStyle { context, ignore_space: self.ignore_space })
    }
}

/// What the pipeline, or one attempt, changed: a unified diff, or files and hunks (or rows) for `Accept: application/json`.
#[utoipa::path(tag = "transcripts", params(("id" = i64, Path), ReadDiff),
    responses(
        (status = 200, description = "Empty where nothing changed", content((Diff = "application/json"), (String = "text/x-diff"))),
        (status = 400, description = "A parameter does not fit: `attempt` beside `against`, or a pipeline of another repository", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such pipeline or attempt", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The repository is not where it was, or has a commit no more", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}/diff")]
pub(super) async fn diff(
    request: HttpRequest,
    state: web::Data<State>,
    Id(id): Id,
    by: By,
    Query(query): Query<ReadDiff>,
) -> Result<HttpResponse, Failure> {
    let pipeline = state.pipeline(PipelineId(id)).await?;
    let (from, to) = match query.against {
        None => commits(&pipeline, query.attempt.map(AttemptId))?,
        Some(other) => {
            by.check(PipelineId(other))?;
            tips(&state, &pipeline, PipelineId(other), query.attempt).await?
        }
    };
    let text = compare::diff_as(&state, &pipeline, &from, &to, query.style()?).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept"));
    if wants_json(&request) {
        let files = files(state, text, query.view, query.path).await?;
        return Ok(response.json(Diff { base_commit: from.to_string(), head_commit: to.to_string(), files }));
    }
    Ok(response.content_type("text/x-diff; charset=utf-8").body(text))
}

/// The files of a diff, on a thread that may take its time.
async fn files(state: web::Data<State>, text: String, view: Option<DiffView>, path: Option<String>) -> Result<Vec<DiffFile>, Failure> {
    let read = move || {
        let mut files = crate::diff::files(&text);
        files.retain(|file| path.as_ref().is_none_or(|path| file.path == *path));
        if let Some(view) = view {
            state.diff_rows.put(&mut files, view, path.is_some());
        }
        files
    };
    web::block(read).await.map_err(|error| Failure::internal("reading a diff", &error))
}

/// Of the whole branch, or of one attempt.
pub(super) fn commits(pipeline: &Pipeline, attempt: Option<AttemptId>) -> Result<(CommitId, CommitId), Failure> {
    let Some(id) = attempt else {
        return Ok((pipeline.base_commit.clone(), pipeline.head_commit.clone()));
    };
    let (_, attempt) = pipeline.attempt(id).ok_or_else(|| Failure::not_found(format!("attempt {id} in pipeline {}", pipeline.id)))?;
    let head = attempt.head_commit.as_ref().unwrap_or(&attempt.base_commit);
    Ok((attempt.base_commit.clone(), head.clone()))
}

/// Of this pipeline's branch, and of another's.
async fn tips(state: &State, pipeline: &Pipeline, other: PipelineId, attempt: Option<i64>) -> Result<(CommitId, CommitId), Failure> {
    if attempt.is_some() {
        return Err(Failure::invalid_field(
            "attempt",
            "an attempt is not compared with another pipeline: leave it out, or leave `against` out",
        ));
    }
    let other = state.pipeline(other).await?;
    compare::same_repository("against", pipeline, &other)?;
    Ok((pipeline.head_commit.clone(), other.head_commit))
}

fn wants_json(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|part| part.split(';').next().unwrap_or_default().trim() == "application/json")
}
