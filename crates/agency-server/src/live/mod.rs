//! `GET /events`: one stream for everything. What was missed comes first, from the log; then what happens, as it happens.

mod session;

use crate::http::input::Query;
use crate::http::problem::Failure;
use crate::http::sign_in::{By, ask};
use crate::state::State;
use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, get, web};
use agency_contract::{Problem, StreamEvent};
use agency_domain::PipelineId;
use futures::stream;
use serde::Deserialize;
use session::Session;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Watch {
    /// Only this pipeline's events.
    pipeline: Option<i64>,
    /// Replay what came after this `seq`; 0 replays everything. Without it (and without `Last-Event-ID`) the stream begins now.
    after: Option<i64>,
}

/// The stream of events (Server-Sent Events).
///
/// Each event is one `data:` line of JSON with a `type`. Durable ones carry `pipeline_id`, `at` and `seq`, and `seq` is the SSE id: a reader that
/// reconnects with `Last-Event-ID` (or `?after=`, whichever is higher) sees each exactly once and in order. An event without `seq` either is live only
/// (`transcript_delta`) or follows from the durable one right behind it, with which it comes and is replayed.
#[utoipa::path(tag = "events", params(Watch, ("Last-Event-ID" = Option<i64>, Header, description = "As `after`")),
    responses(
        (status = 200, description = "Begins with a heartbeat, and has one every 5 seconds", body = StreamEvent, content_type = "text/event-stream"),
        (status = 400, description = "A cursor that is no number", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/events", wrap = "from_fn(ask)")]
pub(crate) async fn events(
    request: HttpRequest,
    state: web::Data<State>,
    by: By,
    Query(query): Query<Watch>,
) -> Result<HttpResponse, Failure> {
    let after = query.after.max(last_event_id(&request)?);
    if after.is_some_and(|after| after < 0) {
        return Err(Failure::invalid_field("after", "use a number from 0"));
    }
    let asked = query.pipeline.map(PipelineId);
    if let Some(pipeline) = asked {
        by.check(pipeline)?;
    }
    let only = by.only().or(asked);
    let session = Session::new(state, by.0.map(|caller| caller.id), only, after);
    let frames = stream::unfold(session, |mut session| async move {
        let frame = session.next().await?;
        Some((Ok::<_, Failure>(frame), session))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-cache, no-transform"))
        .insert_header(("X-Accel-Buffering", "no"))
        // Compression would hold events back.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .streaming(frames))
}

fn last_event_id(request: &HttpRequest) -> Result<Option<i64>, Failure> {
    let Some(value) = request.headers().get("Last-Event-ID") else {
        return Ok(None);
    };
    match value.to_str().unwrap_or("?") {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Failure::invalid_field("Last-Event-ID", "use the id of the last event that you saw")),
    }
}
