//! `/health` (the process answers) and `/ready` (what it needs is there).

use super::sign_in::ask;
use crate::state::State;
use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, get, web};
use agency_contract::{CheckState, Health, Ready};
use std::time::Duration;

/// A database that has not answered by then is not ready, whatever it does later.
const DATABASE_WITHIN: Duration = Duration::from_secs(2);
/// Below this a worktree and a commit may not fit any more.
const FREE_BYTES_MIN: u64 = 200 * 1024 * 1024;

/// Liveness.
#[utoipa::path(tag = "system", responses((status = 200, body = Health)))]
#[get("/health")]
pub(super) async fn health() -> web::Json<Health> {
    web::Json(Health { status: "ok".into(), version: env!("CARGO_PKG_VERSION").into() })
}

/// Readiness: the database, OpenCode and the disk, each with its state.
#[utoipa::path(tag = "system", responses(
    (status = 200, description = "Everything is ready", body = Ready),
    (status = 503, description = "Something is not; its `detail` says what to do", body = Ready)))]
#[get("/ready", wrap = "from_fn(ask)")]
pub(super) async fn ready(state: web::Data<State>) -> HttpResponse {
    let (database, opencode) = futures::future::join(database(&state), opencode(&state)).await;
    let disk = disk(&state);
    let ready = Ready { ready: database.ok && opencode.ok && disk.ok, database, opencode, disk };
    let mut response = if ready.ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(ready)
}

fn check(problem: Option<String>, fine: impl Into<String>) -> CheckState {
    CheckState { ok: problem.is_none(), detail: problem.unwrap_or_else(|| fine.into()) }
}

async fn database(state: &State) -> CheckState {
    let problem = match tokio::time::timeout(DATABASE_WITHIN, state.engine.ports().store.ping()).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => {
            tracing::error!(%error, "the database is not ready");
            Some("The database cannot be read; the server's log says why.".to_owned())
        }
        Err(_) => Some("The database does not answer in time; see whether another program holds it.".to_owned()),
    };
    check(problem, "The database answers.")
}

async fn opencode(state: &State) -> CheckState {
    let found = state.engine.ports().runtime.state().await;
    match (found.version, found.supported) {
        (Some(version), true) => check(None, format!("OpenCode {version}.")),
        (Some(version), false) => check(
            Some(format!("OpenCode {version} is not one that is supported ({}). {}", found.supported_versions, found.how_to_install)),
            "",
        ),
        (None, _) => check(Some(format!("OpenCode is not found. {}", found.how_to_install)), ""),
    }
}

fn disk(state: &State) -> CheckState {
    let megabytes = |bytes: u64| bytes / (1024 * 1024);
    match fs4::available_space(&state.data_dir) {
        Ok(free) if free >= FREE_BYTES_MIN => check(None, format!("{} MB are free.", megabytes(free))),
        Ok(free) => check(Some(format!("Only {} MB are free where {} is; make room.", megabytes(free), state.data_dir.display())), ""),
        Err(error) => check(Some(format!("The data directory cannot be read: {error}.")), ""),
    }
}
