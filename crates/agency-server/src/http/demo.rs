//! `POST /api/v1/demo`: a pipeline on a small repository made for it, with the scripted model.

use super::input::OptionalJson;
use super::pipelines::{create_and_answer, idempotency_key};
use super::problem::Failure;
use crate::sample_repository;
use crate::state::State;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post, web};
use agency_contract::{PipelineDetail, Problem, code};
use agency_engine::CreateRequest;
use serde::{Deserialize, Serialize};

const TEMPLATE_DEFAULT: &str = "quick_fix";

/// `POST /api/v1/demo`; the body may be left out.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StartDemo {
    /// Name of a template. Default `quick_fix`.
    #[serde(default)]
    template: Option<String>,
}

/// Start the demo: real agents of OpenCode on a small repository, with a scripted language model.
#[utoipa::path(tag = "pipelines", request_body = Option<StartDemo>,
    responses(
        (status = 201, description = "Queued; `Location` names it", body = PipelineDetail),
        (status = 404, description = "This server does not offer the demo", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "The queue is full; `Retry-After` says when to come back", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/demo")]
pub(super) async fn start(
    request: HttpRequest,
    state: web::Data<State>,
    OptionalJson(body): OptionalJson<StartDemo>,
) -> Result<HttpResponse, Failure> {
    let Some(kit) = state.demo.clone() else {
        return Err(Failure::new(
            StatusCode::NOT_FOUND,
            code::DEMO_UNAVAILABLE,
            "There is no demo here",
            "Start the server with AGENCY_DEMO__ENABLED=true to offer the demo.",
        ));
    };
    let body = body.unwrap_or_default();
    let key = idempotency_key(&request, &body)?;
    let repo = sample_repository::make(&state.data_dir, "demo", &state.sample)
        .await
        .map_err(|error| Failure::internal("making the demo's repository", &error))?;
    let wanted = CreateRequest {
        title: Some(kit.title.to_owned()),
        description: kit.description.to_owned(),
        repo: repo.display().to_string(),
        template: Some(body.template.unwrap_or_else(|| TEMPLATE_DEFAULT.to_owned())),
        model: Some(kit.model),
        ..CreateRequest::default()
    };
    create_and_answer(&state, wanted, key).await
}
