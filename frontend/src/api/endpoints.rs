//! The endpoints, one function each, in the order of the API's documentation.

use super::http::{get, post};
use crate::model::failure::ApiError;
use crate::model::urls::{Filters, with_query};
use agency_contract::{
    Agent, Approval, AuditEvent, CreatePipeline, DecideApproval, Diff, OpenCode, Page, Pipeline, PipelineDetail, Receipt, Template,
    TranscriptPart,
};
use serde_json::json;

/// The most items that one page of a list may have.
const PAGE_MAX: usize = 200;

type Answer<T> = Result<T, ApiError>;

/// `GET /api/v1/pipelines`, newest first.
async fn pipelines(filters: &Filters, cursor: Option<&str>, limit: usize) -> Answer<Page<Pipeline>> {
    let limit = limit.to_string();
    let pairs =
        [("status", Some(filters.status.as_str())), ("q", Some(filters.q.as_str())), ("limit", Some(limit.as_str())), ("cursor", cursor)];
    get(&with_query("/api/v1/pipelines", &pairs)).await
}

/// As many pages as it takes for `wanted` items: what is on screen is fetched again as a whole.
pub(crate) async fn first_pipelines(filters: &Filters, wanted: usize) -> Answer<Page<Pipeline>> {
    let mut all = pipelines(filters, None, wanted.min(PAGE_MAX)).await?;
    while all.items.len() < wanted
        && let Some(cursor) = all.next_cursor.take()
    {
        let more = pipelines(filters, Some(&cursor), (wanted - all.items.len()).min(PAGE_MAX)).await?;
        all.items.extend(more.items);
        all.next_cursor = more.next_cursor;
    }
    Ok(all)
}

pub(crate) async fn pipeline(id: i64) -> Answer<PipelineDetail> {
    get(&format!("/api/v1/pipelines/{id}")).await
}

pub(crate) async fn create_pipeline(request: &CreatePipeline, idempotency_key: &str) -> Answer<PipelineDetail> {
    post("/api/v1/pipelines", request, Some(idempotency_key)).await
}

pub(crate) async fn cancel_pipeline(id: i64) -> Answer<PipelineDetail> {
    post(&format!("/api/v1/pipelines/{id}/cancel"), &json!({}), None).await
}

/// One page of an attempt's transcript, oldest first; `after` is the cursor of the page before.
pub(crate) async fn transcript(pipeline_id: i64, attempt_id: i64, after: Option<&str>) -> Answer<Page<TranscriptPart>> {
    let attempt = attempt_id.to_string();
    let pairs = [("attempt", Some(attempt.as_str())), ("limit", Some("200")), ("after", after)];
    get(&with_query(&format!("/api/v1/pipelines/{pipeline_id}/transcript"), &pairs)).await
}

/// The changes of one attempt, or of the whole branch.
pub(crate) async fn diff(pipeline_id: i64, attempt_id: Option<i64>) -> Answer<Diff> {
    let attempt = attempt_id.map(|id| id.to_string());
    get(&with_query(&format!("/api/v1/pipelines/{pipeline_id}/diff"), &[("attempt", attempt.as_deref())])).await
}

pub(crate) async fn receipt(attempt_id: i64) -> Answer<Receipt> {
    get(&format!("/api/v1/attempts/{attempt_id}/receipt")).await
}

/// The gates that wait for a person.
pub(crate) async fn approvals() -> Answer<Page<Approval>> {
    get("/api/v1/approvals?status=pending&limit=200").await
}

pub(crate) async fn decide_approval(id: i64, decision: &DecideApproval) -> Answer<Approval> {
    post(&format!("/api/v1/approvals/{id}/decision"), decision, None).await
}

/// The audit log, of one pipeline or of all: as many pages as it takes for `wanted` items.
pub(crate) async fn first_audit_events(pipeline_id: Option<i64>, wanted: usize) -> Answer<Page<AuditEvent>> {
    let mut all = audit(pipeline_id, None, wanted.min(PAGE_MAX)).await?;
    while all.items.len() < wanted
        && let Some(cursor) = all.next_cursor.take()
    {
        let more = audit(pipeline_id, Some(&cursor), (wanted - all.items.len()).min(PAGE_MAX)).await?;
        all.items.extend(more.items);
        all.next_cursor = more.next_cursor;
    }
    Ok(all)
}

async fn audit(pipeline_id: Option<i64>, cursor: Option<&str>, limit: usize) -> Answer<Page<AuditEvent>> {
    let limit = limit.to_string();
    let pairs = [("limit", Some(limit.as_str())), ("cursor", cursor)];
    let path = pipeline_id.map_or_else(|| "/api/v1/audit".to_owned(), |id| format!("/api/v1/pipelines/{id}/audit"));
    get(&with_query(&path, &pairs)).await
}

/// Where a pipeline's whole audit log can be downloaded; `format` is `json` or `markdown`.
pub(crate) fn audit_export_url(pipeline_id: i64, format: &str) -> String {
    format!("/api/v1/pipelines/{pipeline_id}/audit/export?format={format}")
}

/// Templates: the built-in ones, the user's, and those of `repo` where one is named.
pub(crate) async fn templates(repo: Option<&str>) -> Answer<Page<Template>> {
    get(&with_query("/api/v1/templates", &[("repo", repo)])).await
}

pub(crate) async fn agents(repo: Option<&str>) -> Answer<Page<Agent>> {
    get(&with_query("/api/v1/agents", &[("repo", repo)])).await
}

pub(crate) async fn opencode() -> Answer<OpenCode> {
    get("/api/v1/opencode").await
}

/// Starts the demo with the scripted model on a repository that the server makes.
pub(crate) async fn start_demo() -> Answer<PipelineDetail> {
    post("/api/v1/demo", &json!({}), None).await
}
