//! `/metrics`, for Prometheus.

use super::sign_in::ask;
use crate::metrics::Findings;
use crate::state::State;
use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, get, web};
use agency_domain::pipelines::{Counted, StoreError};
use std::collections::BTreeMap;
use std::time::Duration;

/// A watcher that asks every few seconds shall not pile up in front of a database that stands still.
const COUNTS_WITHIN: Duration = Duration::from_secs(2);

/// What the server counts of itself.
///
/// Pipelines and attempts by status, OpenCode servers, readers of the stream, the database's writer, requests by route. Without ids and titles.
/// Counts that the database does not give in time are left out.
#[utoipa::path(tag = "system", responses((status = 200, description = "Prometheus' text format", body = String, content_type = "text/plain")))]
#[get("/metrics", wrap = "from_fn(ask)")]
pub(super) async fn metrics(state: web::Data<State>) -> HttpResponse {
    let (pipelines, attempts, opencode) =
        futures::join!(counts(&state, Counted::Pipelines), counts(&state, Counted::Attempts), state.engine.ports().runtime.state());
    let findings = Findings { pipelines, attempts, opencode_servers: opencode.running.len(), writer: (state.writer_load)() };
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(state.metrics.render(&findings))
}

async fn counts(state: &State, what: Counted) -> Option<BTreeMap<String, u64>> {
    let counted = tokio::time::timeout(COUNTS_WITHIN, state.engine.ports().store.count(what)).await;
    let late = || StoreError::Unavailable("it does not answer in time".into());
    counted.unwrap_or_else(|_| Err(late())).inspect_err(|error| tracing::warn!(%error, "nothing can be counted now")).ok()
}
