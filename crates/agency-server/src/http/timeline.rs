//! `/api/v1/pipelines/{id}/timeline`: what happened when.

use super::input::Id;
use super::problem::Failure;
use crate::state::State;
use crate::timeline::{Times, timeline};
use actix_web::{get, web};
use agency_contract::{Problem, Timeline};
use agency_domain::PipelineId;

/// Parts that are looked at; what lies behind is drawn as if it had none.
const PARTS_MAX: u32 = 50_000;
/// Far more pauses than anybody makes.
const PAUSES_MAX: u32 = 1_000;

/// What happened when, with long idle stretches drawn narrow: places on the axis and texts are ready to be drawn.
#[utoipa::path(tag = "pipelines", params(("id" = i64, Path)),
    responses(
        (status = 200, description = "At most 1,000 spans", body = Timeline),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}/timeline")]
pub(super) async fn get(state: web::Data<State>, Id(id): Id) -> Result<web::Json<Timeline>, Failure> {
    let id = PipelineId(id);
    let pipeline = state.pipeline(id).await?;
    let ports = state.engine.ports();
    let parts = ports.transcripts.times(id, PARTS_MAX).await?;
    let pauses = state.log.pauses(id, PAUSES_MAX).await?;
    let times = Times { parts: &parts, pauses: &pauses, now: ports.clock.now() };
    Ok(web::Json(timeline(&pipeline, &times)))
}
