//! `/api/v1/opencode`: what is installed, configured and running.

use super::mapping::time;
use crate::state::State;
use actix_web::{get, web};
use agency_contract::{Demo, OpenCode, RunningServer};

/// OpenCode's state on this machine.
#[utoipa::path(tag = "system", responses((status = 200, body = OpenCode)))]
#[get("/opencode")]
pub(super) async fn get(state: web::Data<State>) -> web::Json<OpenCode> {
    let found = state.engine.ports().runtime.state().await;
    web::Json(OpenCode {
        found: found.path.is_some(),
        path: found.path.map(|path| path.display().to_string()),
        version: found.version,
        supported: found.supported,
        supported_versions: found.supported_versions.to_owned(),
        how_to_install: found.how_to_install,
        provider_configured: found.provider_configured,
        default_model: found.default_model.map(|model| model.to_string()),
        running: found
            .running
            .into_iter()
            .map(|server| RunningServer {
                pipeline_id: server.pipeline_id.0,
                question_id: server.question_id.map(|id| id.0),
                pid: server.pid,
                started_at: time(server.started_at),
            })
            .collect(),
        demo: Demo { available: state.demo.is_some() },
    })
}
