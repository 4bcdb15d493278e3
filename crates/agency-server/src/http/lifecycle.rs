//! Before and after a run: dry runs, forecasts, forks, clean-up.

use super::attachments::REQUEST_BYTES_MAX;
use super::input::{self, Id, JsonUpTo, OptionalJson};
use super::mapping;
use super::pipelines::create_request;
use super::problem::Failure;
use super::sign_in::By;
use crate::command_line::run_command;
use crate::state::State;
use actix_web::http::header;
use actix_web::{HttpResponse, get, post, web};
use agency_contract::{CleanUp, CleanedUp, CreatePipeline, DryRun, Forecast, ForkPipeline, PipelineDetail, Problem, TemplateRecord};
use agency_domain::{PipelineId, StepId};
use agency_engine::{CleanupRequest, ForkRequest};

/// Go on from a finished step of a pipeline with a new one, on a branch of its own. What the steps before left is taken over, and costs nothing.
#[utoipa::path(tag = "pipelines", params(("id" = i64, Path)), request_body = Option<ForkPipeline>,
    responses(
        (status = 201, description = "Queued; `Location` names it", body = PipelineDetail),
        (status = 400, description = "What does not fit, field by field", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The step is not done, or the branch is taken", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "The queue is full; `Retry-After` says when to come back", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/pipelines/{id}/fork")]
pub(super) async fn fork(
    state: web::Data<State>,
    by: By,
    Id(id): Id,
    OptionalJson(body): OptionalJson<ForkPipeline>,
) -> Result<HttpResponse, Failure> {
    let body = body.unwrap_or_default();
    let request = ForkRequest {
        after: body.after_step_id.map(StepId),
        title: body.title,
        branch: body.branch,
        model: body.model,
        budget: input::budget("budget.", body.budget.unwrap_or_default())?,
        instruction: body.instruction,
        by: by.named("by", body.by)?,
    };
    let engine = state.engine.clone();
    let fork = state.change(async move { engine.fork(PipelineId(id), request).await }).await??;
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, format!("/api/v1/pipelines/{fork}")));
    Ok(response.json(state.detail(fork).await?))
}

/// Rehearse a pipeline: every prompt rendered and the route walked, nothing stored, no token spent. Takes the body that would start it.
#[utoipa::path(tag = "pipelines", request_body = CreatePipeline,
    responses(
        (status = 200, body = DryRun),
        (status = 400, description = "What does not fit, field by field", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/pipelines/dry-run")]
pub(super) async fn dry_run(
    state: web::Data<State>,
    JsonUpTo(body): JsonUpTo<REQUEST_BYTES_MAX, CreatePipeline>,
) -> Result<web::Json<DryRun>, Failure> {
    let command = run_command(&body);
    let rehearsal = state.engine.rehearse(create_request(body)?).await?;
    Ok(web::Json(mapping::lifecycle::dry_run(&rehearsal, command)))
}

/// What a run of this template will probably use, from runs that succeeded.
#[utoipa::path(tag = "catalog", params(("name" = String, Path)), responses((status = 200, body = Forecast)))]
#[get("/templates/{name}/forecast")]
pub(super) async fn forecast(state: web::Data<State>, name: web::Path<String>) -> Result<web::Json<Forecast>, Failure> {
    let forecast = state.engine.forecast(&name).await?;
    Ok(web::Json(forecast.as_ref().map(mapping::lifecycle::forecast).unwrap_or_default()))
}

/// How the newest runs of a template ended, and what those that succeeded took. Empty where nothing of that name has ended.
#[utoipa::path(tag = "catalog", params(("name" = String, Path)), responses((status = 200, body = TemplateRecord)))]
#[get("/templates/{name}/record")]
pub(super) async fn record(state: web::Data<State>, name: web::Path<String>) -> Result<web::Json<TemplateRecord>, Failure> {
    Ok(web::Json(mapping::record::record(&state.engine.record(&name).await?)))
}

/// Remove worktrees of runs that have ended, with OpenCode's private directories, where nothing is lost with them; or say what would go.
#[utoipa::path(tag = "system", request_body = Option<CleanUp>, responses((status = 200, body = CleanedUp)))]
#[post("/clean-up")]
pub(super) async fn clean_up(state: web::Data<State>, OptionalJson(body): OptionalJson<CleanUp>) -> Result<web::Json<CleanedUp>, Failure> {
    let body: CleanUp = body.unwrap_or_default();
    let named = body.pipelines.into_iter().map(PipelineId).collect();
    let request = CleanupRequest { dry_run: body.dry_run, named, branches: body.branches };
    let engine = state.engine.clone();
    let cleaned = state.change(async move { engine.clean_up(&request).await }).await??;
    Ok(web::Json(CleanedUp { items: cleaned.iter().map(mapping::lifecycle::cleaned_up).collect() }))
}
