//! `/api/v1/pipelines/{id}/blame`: which tool call wrote the hunk in which a line is.

use super::input::{Id, Query};
use super::mapping::time;
use super::problem::Failure;
use super::{attempts, compare};
use crate::blame::{Candidate, Wanted};
use crate::state::State;
use actix_web::http::StatusCode;
use actix_web::{get, web};
use agency_contract::{Blame, DiffSide, Problem, code};
use agency_domain::pipelines::{Attempt, Pipeline, Step};
use agency_domain::transcripts::{CallsQuery, FinishedCall};
use agency_domain::{AttemptId, PipelineId};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

/// Tool calls that are looked at together; each may have 128 kB.
const PAGE: u32 = 50;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AskBlame {
    /// Path from the repository's top, as the diff names it.
    file: String,
    /// A line that the diff shows, from 1.
    #[param(value_type = u32, minimum = 1)]
    line: NonZeroU32,
    /// In which text the line counts; `new` where it is left out.
    #[serde(default)]
    side: DiffSide,
    /// Id of an attempt: what it alone changed. Without it, the whole branch against its base.
    attempt: Option<i64>,
}

/// Why lines are there: the tool call that wrote the hunk of the diff in which a line is.
///
/// It is the finished call that shares the most changed lines with the hunk, the newest among equals. What a command wrote is in no call's input, and
/// what a fork took over was written in the pipeline that it comes from.
#[utoipa::path(tag = "transcripts", params(("id" = i64, Path), AskBlame),
    responses(
        (status = 200, body = Blame),
        (status = 400, description = "A parameter does not fit, or the diff does not show that line", body = Problem, content_type = "application/problem+json",
            example = json!({ "type": "/problems/invalid_input", "title": "The input does not fit", "status": 400,
                "detail": "line: the diff shows no line 12 of src/a.rs as it is after the change: name one that it shows", "code": "invalid_input",
                "errors": [{ "field": "line", "message": "the diff shows no line 12 of src/a.rs as it is after the change: name one that it shows" }] })),
        (status = 404, description = "There is no such pipeline or attempt, or no recorded call wrote these lines", body = Problem, content_type = "application/problem+json",
            example = json!({ "type": "/problems/not_found", "title": "No recorded edit", "status": 404,
                "detail": "No recorded edit wrote these lines. A command may have: the transcript of step 1 (developer), attempt 2, shows what ran.",
                "code": "not_found" })),
        (status = 409, description = "The repository is not where it was, or has a commit no more", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}/blame")]
pub(super) async fn blame(state: web::Data<State>, Id(id): Id, Query(query): Query<AskBlame>) -> Result<web::Json<Blame>, Failure> {
    if query.file.is_empty() {
        return Err(Failure::invalid_field("file", "name a file as the diff names it"));
    }
    let attempt = query.attempt.map(AttemptId);
    let pipeline = state.pipeline(PipelineId(id)).await?;
    let (from, to) = attempts::commits(&pipeline, attempt)?;
    let text = compare::diff(&state, &pipeline, &from, &to).await?;
    let worktree = state.engine.worktree_of(&pipeline);
    let wanted = web::block(move || {
        let files = crate::diff::files(&text);
        let file = files.iter().find(|file| file.path == query.file).ok_or_else(|| no_file(&query.file))?;
        Wanted::hunk(file, query.side, query.line.get(), worktree).ok_or_else(|| no_line(&query))
    });
    let wanted = Arc::new(wanted.await.map_err(|error| Failure::internal("reading a diff", &error))??);
    match writer(&state, &pipeline, attempt, &wanted).await? {
        Some(call) => Ok(web::Json(found(&pipeline, &call, &wanted.files.names[0])?)),
        None => Err(nobody(&pipeline, attempt, &wanted.files.names)),
    }
}

fn no_file(file: &str) -> Failure {
    Failure::invalid_field("file", format!("the diff has no file {file}: name one as `GET /api/v1/pipelines/{{id}}/diff` names it"))
}

fn no_line(asked: &AskBlame) -> Failure {
    let when = match asked.side {
        DiffSide::New => "as it is after the change",
        DiffSide::Old => "as it was before the change",
    };
    Failure::invalid_field("line", format!("the diff shows no line {} of {} {when}: name one that it shows", asked.line, asked.file))
}

/// The best of all calls that mention one of the file's names, page by page.
async fn writer(
    state: &State,
    pipeline: &Pipeline,
    attempt: Option<AttemptId>,
    wanted: &Arc<Wanted>,
) -> Result<Option<FinishedCall>, Failure> {
    let mentions: BTreeSet<&str> = wanted.files.names.iter().map(|name| last_of(name)).collect();
    let mut best: Option<Candidate> = None;
    for name in mentions {
        let mut query = CallsQuery { pipeline: pipeline.id, attempt, mentions: name.to_owned(), before: None, limit: PAGE };
        loop {
            let page = state.engine.ports().transcripts.calls(&query).await?;
            query.before = page.last().filter(|_| page.len() == PAGE as usize).map(|call| (call.attempt_id, call.ordinal));
            let wanted = Arc::clone(wanted);
            let of_page = web::block(move || wanted.best(page)).await.map_err(|error| Failure::internal("reading tool calls", &error))?;
            best = best.into_iter().chain(of_page).reduce(Candidate::better);
            if query.before.is_none() {
                break;
            }
        }
    }
    Ok(best.map(|candidate| candidate.call))
}

fn last_of(path: &str) -> &str {
    Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path)
}

fn found(pipeline: &Pipeline, call: &FinishedCall, file: &str) -> Result<Blame, Failure> {
    let (step, attempt) = pipeline.attempt(call.attempt_id).ok_or_else(|| Failure::not_found(format!("attempt {}", call.attempt_id)))?;
    Ok(Blame {
        step_id: step.id.0,
        attempt_id: attempt.id.0,
        step_number: number_of(pipeline, step),
        attempt_number: attempt.number,
        ordinal: call.ordinal,
        title: format!("{} {file}", call.tool.as_deref().unwrap_or("tool")),
        at: time(call.at),
    })
}

/// From 1.
fn number_of(pipeline: &Pipeline, step: &Step) -> u32 {
    pipeline.index_of(step.id).and_then(|index| u32::try_from(index + 1).ok()).unwrap_or_default()
}

/// Where else to look: in the one attempt that can have written it, or in what a fork comes from.
fn nobody(pipeline: &Pipeline, attempt: Option<AttemptId>, names: &[String]) -> Failure {
    let changed_it = |one: &Attempt| {
        let files = one.handoff.as_ref().map(|handoff| handoff.record.engine.files_changed.as_slice()).unwrap_or_default();
        files.iter().any(|file| names.contains(file))
    };
    let in_scope = pipeline.attempts_in_order().into_iter().filter(|(_, one)| attempt.is_none_or(|id| id == one.id));
    let suspects: Vec<_> = in_scope.filter(|(_, one)| attempt.is_some() || changed_it(one)).collect();
    let mut detail = match suspects.as_slice() {
        [(_, one)] if one.copied_from.is_some() => "No recorded edit wrote these lines here.".to_owned(),
        [(step, one)] => format!(
            "No recorded edit wrote these lines. A command may have: the transcript of step {} ({}), attempt {}, shows what ran.",
            number_of(pipeline, step),
            step.name(),
            one.number
        ),
        _none_or_several => {
            "No recorded edit wrote these lines. A command may have: the transcript of each attempt shows what ran.".to_owned()
        }
    };
    if let Some(origin) = pipeline.forked_from.filter(|_| attempt.is_none() || suspects.iter().any(|(_, one)| one.copied_from.is_some())) {
        detail.push_str(&format!(" What this fork took over was written in pipeline {}: ask for it there.", origin.pipeline));
    }
    Failure::new(StatusCode::NOT_FOUND, code::NOT_FOUND, "No recorded edit", detail)
}
