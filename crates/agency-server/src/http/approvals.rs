//! `/api/v1/approvals`: the inbox and its decisions.

use super::input::{self, Id, Json, Query};
use super::mapping;
use super::problem::Failure;
use super::review;
use super::sign_in::By;
use crate::state::State;
use actix_web::{get, post, web};
use agency_contract::{Approval, ApprovalStatus, DecideApproval, Page, Problem};
use agency_domain::pipelines::Pipeline;
use agency_domain::{ApprovalId, PipelineId};
use agency_engine::DecisionRequest;
use serde::Deserialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

const LIST: &str = "approvals";

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListApprovals {
    /// `pending`, `approved`, `changes_requested`, `rejected` or `withdrawn`.
    status: Option<String>,
    /// 1–200, default 50.
    limit: Option<u32>,
    cursor: Option<String>,
}

/// List approvals, newest first; `?status=pending` is the inbox.
#[utoipa::path(tag = "approvals", params(ListApprovals),
    responses(
        (status = 200, body = Page<Approval>),
        (status = 400, description = "An unknown status, limit or cursor", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/approvals")]
pub(super) async fn list(
    state: web::Data<State>,
    by: By,
    Query(query): Query<ListApprovals>,
) -> Result<web::Json<Page<Approval>>, Failure> {
    let limit = input::limit(query.limit)?;
    let before = input::decode_cursor::<1>(LIST, "cursor", query.cursor.as_deref())?.map(|[id]| id);
    let status = query.status.filter(|status| !status.is_empty());
    if let Some(word) = &status {
        serde_json::from_value::<ApprovalStatus>(word.as_str().into())
            .map_err(|_| Failure::invalid_field("status", "use pending, approved, changes_requested, rejected or withdrawn"))?;
    }
    let found = state.engine.ports().store.approvals(status.as_deref(), before, limit + 1).await?;
    let (found, next_cursor) = input::page(found, limit, |(id, _)| input::encode_cursor(LIST, &[id.0]));
    let mut pipelines: HashMap<PipelineId, Pipeline> = HashMap::new();
    let mut items = Vec::with_capacity(found.len());
    for (id, pipeline_id) in found.into_iter().filter(|(_, pipeline)| by.may_read(*pipeline)) {
        let pipeline = match pipelines.entry(pipeline_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(state.pipeline(pipeline_id).await?),
        };
        items.extend(approval_of(&state, pipeline, id));
    }
    Ok(web::Json(Page { items, next_cursor }))
}

fn approval_of(state: &State, pipeline: &Pipeline, id: ApprovalId) -> Option<Approval> {
    let approval = pipeline.approvals.iter().find(|approval| approval.id == id)?;
    Some(mapping::approvals::approval(pipeline, approval, &state.markdown))
}

/// One approval.
#[utoipa::path(tag = "approvals", params(("id" = i64, Path)),
    responses(
        (status = 200, body = Approval),
        (status = 404, description = "There is no such approval", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/approvals/{id}")]
pub(super) async fn get(state: web::Data<State>, Id(id): Id) -> Result<web::Json<Approval>, Failure> {
    let missing = || Failure::not_found(format!("approval {id}"));
    let found = state.engine.ports().store.pipeline_of_approval(ApprovalId(id)).await?;
    let pipeline = state.pipeline(found.ok_or_else(missing)?).await?;
    approval_of(&state, &pipeline, ApprovalId(id)).map(web::Json).ok_or_else(missing)
}

/// Decide an approval.
#[utoipa::path(tag = "approvals", params(("id" = i64, Path)), request_body = DecideApproval,
    responses(
        (status = 200, description = "The approval as it is decided", body = Approval),
        (status = 400, description = "What does not fit, field by field", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such approval", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is decided already, or has changed since it was shown", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/approvals/{id}/decision")]
pub(super) async fn decide(
    state: web::Data<State>,
    by: By,
    Id(id): Id,
    Json(body): Json<DecideApproval>,
) -> Result<web::Json<Approval>, Failure> {
    let engine = state.engine.clone();
    let request = decision_request(body, &by)?;
    let pipeline = state.change(async move { engine.decide_approval(ApprovalId(id), request).await }).await??;
    approval_of(&state, &pipeline, ApprovalId(id)).map(web::Json).ok_or_else(|| Failure::not_found(format!("approval {id}")))
}

fn decision_request(body: DecideApproval, by: &By) -> Result<DecisionRequest, Failure> {
    let text = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Ok(DecisionRequest {
        decision: mapping::approvals::decision(body.decision),
        comment: review::with_comments(body.comment, &body.comments)?,
        decided_by: by.named("decided_by", body.decided_by)?,
        back_to: text(body.back_to),
        digest: text(body.digest),
    })
}
