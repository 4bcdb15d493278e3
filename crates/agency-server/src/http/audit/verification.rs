//! Whether anybody has changed the log.

use crate::http::input::Query;
use crate::http::mapping;
use crate::http::problem::Failure;
use crate::state::State;
use actix_web::{get, web};
use agency_contract::{AuditVerification, Problem};
use serde::Deserialize;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Verify {
    /// `true`: from the first event on. Default `false`: from the event on that this server has verified last.
    whole: Option<bool>,
}

/// Whether the log is as it was written.
///
/// Each event carries a hash over itself and over the hash of the event before it. Without `whole` the server goes on from the last event that it has
/// verified since it was started, after a look whether that one is still there: cheap enough to ask again and again, and silent about events
/// before it that were changed since. `whole=true` reads all of them. A chain that holds shows that nobody has changed single events; whoever
/// can write the database can work out the whole chain anew, so keep `head` elsewhere, with `verified_up_to`.
#[utoipa::path(tag = "audit", params(Verify),
    responses(
        (status = 200, description = "What was found; `broken_at` says whether the log was changed", body = AuditVerification),
        (status = 400, description = "An unknown parameter", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/audit/verification")]
pub(crate) async fn verification(state: web::Data<State>, Query(query): Query<Verify>) -> Result<web::Json<AuditVerification>, Failure> {
    let found = state.verified.verify(state.log.as_ref(), query.whole.unwrap_or(false)).await?;
    if let Some(event) = found.broken_at {
        tracing::warn!(event, "the audit log does not match its hashes");
    }
    Ok(web::Json(mapping::audit::verification(&found)))
}
