//! What people do with a run: pause, resume, retry, say something, change its budget, accept a criterion.

use super::input::{self, Id, Json, OptionalJson};
use super::pipelines::accepted;
use super::problem::{Failure, branch_taken};
use super::review;
use super::sign_in::By;
use crate::state::State;
use actix_web::{HttpResponse, post, web};
use agency_contract::{AcceptCriterion, ChangeBudget, PausePipeline, PipelineDetail, Problem, ResumePipeline, RetryStep, SendMessage};
use agency_domain::budgets::Budget;
use agency_domain::pipelines::{Pipeline, SCRIPTED_PROVIDER, StoreError};
use agency_domain::{ModelName, PipelineId, StepId};
use agency_engine::{Engine, RetryRequest, UseCaseError};

/// What a person does with a pipeline.
struct Act<'a> {
    state: &'a State,
    id: PipelineId,
    by: String,
}

impl<'a> Act<'a> {
    fn of(state: &'a State, id: i64, by: &By, named: Option<String>) -> Result<Self, Failure> {
        Ok(Self { state, id: PipelineId(id), by: by.named("by", named)? })
    }

    /// Has the engine do it, and answers with the pipeline as it is then.
    async fn carry_out<F, E>(self, act: impl FnOnce(Engine, PipelineId, String) -> F) -> Result<HttpResponse, Failure>
    where
        F: Future<Output = Result<Pipeline, E>> + Send + 'static,
        E: Into<Failure> + Send + 'static,
    {
        let Self { state, id, by } = self;
        state.change(act(state.engine.clone(), id, by)).await?.map_err(Into::into)?;
        accepted(state, id).await
    }
}

/// Pause a pipeline: before the next attempt, or now, with the attempt under way interrupted. Nothing is lost.
#[utoipa::path(tag = "pipelines", params(("id" = i64, Path)), request_body = Option<PausePipeline>,
    responses(
        (status = 202, description = "Paused, or `pause_requested` while an attempt ends", body = PipelineDetail),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It neither runs nor is queued", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/pipelines/{id}/pause")]
pub(super) async fn pause(
    state: web::Data<State>,
    by: By,
    Id(id): Id,
    OptionalJson(body): OptionalJson<PausePipeline>,
) -> Result<HttpResponse, Failure> {
    let body = body.unwrap_or_default();
    let act = Act::of(&state, id, &by, body.by)?;
    act.carry_out(|engine, id, by| async move { engine.pause(id, by, body.now).await }).await
}

/// Resume a paused pipeline, with a higher budget where that is what it waits for.
#[utoipa::path(tag = "pipelines", params(("id" = i64, Path)), request_body = Option<ResumePipeline>,
    responses(
        (status = 202, body = PipelineDetail),
        (status = 400, description = "The budget does not allow another attempt, or makes no sense", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is not paused, or waits for evidence", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/pipelines/{id}/resume")]
pub(super) async fn resume(
    state: web::Data<State>,
    by: By,
    Id(id): Id,
    OptionalJson(body): OptionalJson<ResumePipeline>,
) -> Result<HttpResponse, Failure> {
    let body = body.unwrap_or_default();
    let act = Act::of(&state, id, &by, body.by)?;
    let raise = input::budget("budget.", body.budget.unwrap_or_default())?;
    act.carry_out(|engine, id, by| async move { engine.resume(id, by, raise).await }).await
}

/// Change ceilings of a run that has not ended.
#[utoipa::path(tag = "pipelines", params(("id" = i64, Path)), request_body = ChangeBudget,
    responses(
        (status = 202, body = PipelineDetail),
        (status = 400, description = "What does not fit, field by field", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It has ended", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/pipelines/{id}/budget")]
pub(super) async fn change_budget(
    state: web::Data<State>,
    by: By,
    Id(id): Id,
    Json(body): Json<ChangeBudget>,
) -> Result<HttpResponse, Failure> {
    let ChangeBudget { tokens, money, minutes, attempts, by: named } = body;
    let act = Act::of(&state, id, &by, named)?;
    let budget: Budget = input::budget("", agency_contract::Budget { tokens, money, minutes, attempts })?;
    act.carry_out(|engine, id, by| async move { engine.change_budget(id, by, budget).await }).await
}

/// Begin a step afresh, and everything after it; of an ended pipeline too. The branch goes back to where that step began; its commits stay in git.
#[utoipa::path(tag = "pipelines", params(("id" = i64, Path)), request_body = Option<RetryStep>,
    responses(
        (status = 202, body = PipelineDetail),
        (status = 400, description = "What does not fit, field by field", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such pipeline, or it has no such step", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It runs, the step was not reached, or another pipeline holds the branch by now", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/pipelines/{id}/retry")]
pub(super) async fn retry(
    state: web::Data<State>,
    by: By,
    Id(id): Id,
    OptionalJson(body): OptionalJson<RetryStep>,
) -> Result<HttpResponse, Failure> {
    let body = body.unwrap_or_default();
    let step = body.step_id.map(StepId);
    let model = body.model.map(|raw| model(&state, &raw)).transpose()?;
    let instruction = review::with_comments(body.instruction, &body.comments)?;
    let act = Act::of(&state, id, &by, body.by)?;
    act.carry_out(
        |engine, id, by| async move { engine.retry(id, RetryRequest { step, model, instruction, by }).await.map_err(not_retried) },
    )
    .await
}

fn not_retried(error: UseCaseError) -> Failure {
    match error {
        UseCaseError::Store(StoreError::BranchTaken { branch, held_by }) => branch_taken(format!(
            "Pipeline {held_by} works on the branch {branch} by now and has not ended. Wait for it or cancel it, then retry."
        )),
        other => other.into(),
    }
}

fn model(state: &State, raw: &str) -> Result<ModelName, Failure> {
    let model = ModelName::parse(raw.trim()).map_err(|error| Failure::invalid_field("model", error.to_string()))?;
    if model.provider() == SCRIPTED_PROVIDER && state.demo.is_none() {
        return Err(Failure::invalid_field("model", "the scripted model is for the demo only; name another model"));
    }
    Ok(model)
}

/// Say something to a run: its running attempt is sent it at once, else the next one is.
#[utoipa::path(tag = "pipelines", params(("id" = i64, Path)), request_body = SendMessage,
    responses(
        (status = 202, description = "`messages` has it, with `delivered_in` once an attempt was sent it", body = PipelineDetail),
        (status = 400, description = "The text is empty or too long", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such pipeline", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It has ended", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/pipelines/{id}/messages")]
pub(super) async fn send_message(
    state: web::Data<State>,
    by: By,
    Id(id): Id,
    Json(body): Json<SendMessage>,
) -> Result<HttpResponse, Failure> {
    let act = Act::of(&state, id, &by, body.by)?;
    let text = review::with_comments(Some(body.text), &body.comments)?.unwrap_or_default();
    act.carry_out(|engine, id, by| async move { engine.steer(id, by, text).await }).await
}

/// Take a criterion as met without evidence. A pipeline that waits for nothing else succeeds with it.
#[utoipa::path(tag = "pipelines", params(("id" = i64, Path), ("criterion" = String, Path, description = "`AC-1`")), request_body = AcceptCriterion,
    responses(
        (status = 202, body = PipelineDetail),
        (status = 400, description = "There is no reason", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such pipeline or criterion", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is accepted already, or the pipeline has ended", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/pipelines/{id}/criteria/{criterion}/accept")]
pub(super) async fn accept_criterion(
    state: web::Data<State>,
    by: By,
    Id(id): Id,
    path: web::Path<(String, String)>,
    Json(body): Json<AcceptCriterion>,
) -> Result<HttpResponse, Failure> {
    let (_, criterion) = path.into_inner();
    let act = Act::of(&state, id, &by, body.by)?;
    act.carry_out(|engine, id, by| async move { engine.accept_criterion(id, criterion, by, body.reason).await }).await
}
