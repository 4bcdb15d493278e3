//! Finding something in what the agents said and did.

use super::attempts;
use super::input::{self, Id, Query};
use super::mapping;
use super::problem::Failure;
use crate::state::State;
use actix_web::{get, web};
use agency_contract as wire;
use agency_domain::transcripts::{PartSearch, PartSort, TranscriptPart};
use agency_domain::{AttemptId, PipelineId, StepId};
use serde::Deserialize;

const LIST: &str = "transcript_search";

/// More letters than anyone looks for.
const WORDS_CHARS_MAX: usize = 200;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Search {
    /// Words as they stand in the text, in a tool's name, input or output, or in a change, at most 200 letters. Case does not matter within ASCII.
    q: Option<String>,
    /// Only parts of this sort. Without words, all of them.
    only: Option<wire::PartSort>,
    /// Id of a step.
    step: Option<i64>,
    /// Id of an attempt.
    attempt: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1–200, default 50.
    limit: Option<u32>,
}

/// Where something is in the transcripts: the parts that have it, by attempt and place, and how many they are in all.
#[utoipa::path(tag = "transcripts", params(("id" = i64, Path), Search),
    responses(
        (status = 200, body = wire::FoundParts),
        (status = 400, description = "Nothing is looked for, or a parameter does not fit", body = wire::Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such pipeline", body = wire::Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}/transcript/search")]
pub(super) async fn search(
    state: web::Data<State>,
    Id(id): Id,
    Query(query): Query<Search>,
) -> Result<web::Json<wire::FoundParts>, Failure> {
    let limit = input::limit(query.limit)?;
    let after = input::decode_cursor::<2>(LIST, "cursor", query.cursor.as_deref())?;
    let words = query.q.as_deref().map(str::trim).filter(|words| !words.is_empty()).map(ToOwned::to_owned);
    if words.is_none() && query.only.is_none() {
        return Err(Failure::invalid_field("q", "say what to look for: words in `q`, or a sort of parts in `only`"));
    }
    if words.as_ref().is_some_and(|words| words.chars().count() > WORDS_CHARS_MAX) {
        return Err(Failure::invalid_field("q", format!("look for at most {WORDS_CHARS_MAX} letters")));
    }
    state.pipeline(PipelineId(id)).await?;
    let asked = PartSearch {
        pipeline: PipelineId(id),
        step: query.step.map(StepId),
        attempt: query.attempt.map(AttemptId),
        words,
        sort: query.only.map(sort),
        after: after.map(attempts::place_of),
        limit: limit + 1,
    };
    let found = state.engine.ports().transcripts.search(&asked).await?;
    let place = |part: &TranscriptPart| input::encode_cursor(LIST, &[part.attempt_id.0, i64::from(part.ordinal)]);
    let (parts, next_cursor) = input::page(found.parts, limit, place);
    let items = parts.iter().map(|part| mapping::transcript::found(part, asked.words.as_deref())).collect();
    Ok(web::Json(wire::FoundParts { total: found.total, items, next_cursor }))
}

fn sort(sort: wire::PartSort) -> PartSort {
    match sort {
        wire::PartSort::Errors => PartSort::Errors,
        wire::PartSort::Tools => PartSort::Tools,
        wire::PartSort::Edits => PartSort::Edits,
        wire::PartSort::Texts => PartSort::Texts,
        wire::PartSort::Notices => PartSort::Notices,
    }
}
