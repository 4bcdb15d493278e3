//! What is read of the server, one function an endpoint, in the order of the API's documentation.

use super::ask::Ask;
use super::http::{get, get_first, get_pages, get_server, post};
use crate::model::audit::AuditFilters;
use crate::model::bodies;
use crate::model::catalog::{Saved, Shelf};
use crate::model::diff::Shown;
use crate::model::urls::{Filters, encode, with_query};
use agency_contract::{
    Agent, AgentRequest, Approval, AuditEvent, CheckedFile, Comparison, Diff, OpenCode, Page, Pipeline, PipelineDetail, Receipt,
    Repository, Template, TemplateForm, Timeline, TranscriptPart,
};
use serde_json::Value;

/// The most items that one page of a list may have.
const PAGE_MAX: usize = 200;

/// The newest `wanted` pipelines: what is on screen is fetched again as a whole.
pub(crate) fn pipelines(filters: Filters, wanted: usize) -> Ask<Page<Pipeline>> {
    Ask::of(get_pages(wanted, PAGE_MAX, move |limit, cursor| {
        let [status, template, repo, q] = filters.pairs();
        with_query("/api/v1/pipelines", &[status, template, repo, q, ("limit", Some(limit)), ("cursor", cursor)])
    }))
}

/// A repository of the user's as it stands.
pub(crate) fn repository(path: &str) -> Ask<Repository> {
    Ask::of(get(with_query("/api/v1/repository", &[("repo", Some(path))])))
}

/// The newest of the pipelines that are paused or have ended; none for whoever may read one pipeline alone and would be refused a list.
pub(crate) fn stopped_pipelines(wanted: usize) -> Ask<Page<Pipeline>> {
    let reads_one = matches!(leptos::prelude::document().query_selector("[data-rights~=one]"), Ok(Some(_)));
    if reads_one {
        let none = bodies::body(vec![("items", Value::Array(Vec::new())), ("next_cursor", Value::Null)]);
        return Ask::of(Box::pin(async move { Ok(none) }));
    }
    pipelines(Filters::default().with_status("paused,failed,succeeded"), wanted)
}

pub(crate) fn pipeline(id: i64) -> Ask<PipelineDetail> {
    Ask::of(get(format!("/api/v1/pipelines/{id}")))
}

/// One page of an attempt's transcript, from the end backwards; within it the oldest is first. `after` is the cursor of the page behind it.
pub(crate) fn transcript(pipeline_id: i64, attempt_id: i64, after: Option<&str>) -> Ask<Page<TranscriptPart>> {
    let attempt = attempt_id.to_string();
    let pairs = [("attempt", Some(attempt.as_str())), ("newest", Some("true")), ("limit", Some("200")), ("after", after)];
    Ask::of(get(with_query(&format!("/api/v1/pipelines/{pipeline_id}/transcript"), &pairs)))
}

/// What a search in an attempt's transcript finds, the first of it. Read as it is, because only a few words of it are shown.
pub(crate) fn found_parts(pipeline_id: i64, attempt_id: i64, words: &str, sort: &str) -> Ask<Value> {
    let attempt = attempt_id.to_string();
    let pairs = [("q", Some(words)), ("only", Some(sort)), ("attempt", Some(attempt.as_str())), ("limit", Some("100"))];
    Ask::of(get(with_query(&format!("/api/v1/pipelines/{pipeline_id}/transcript/search"), &pairs)))
}

/// The changes that are shown, of one file, or of all of them, the long ones without their lines.
pub(crate) fn diff(shown: Shown, path: Option<&str>) -> Ask<Diff> {
    let (attempt, against) = (shown.attempt.map(|id| id.to_string()), shown.against.map(|id| id.to_string()));
    let view = if shown.split { "split" } else { "unified" };
    let context = shown.context.map(|lines| lines.to_string());
    let pairs = [
        ("attempt", attempt.as_deref()),
        ("against", against.as_deref()),
        ("view", Some(view)),
        ("path", path),
        ("context", context.as_deref()),
        ("ignore_space", shown.ignore_space.then_some("true")),
    ];
    Ask::of(get(with_query(&format!("/api/v1/pipelines/{}/diff", shown.pipeline), &pairs)))
}

/// What a hand-off says otherwise than the one before it at the same step. Read as it is, because only its rows are shown.
pub(crate) fn handoff_changes(pipeline_id: i64, attempt_id: i64) -> Ask<Value> {
    let attempt = attempt_id.to_string();
    Ask::of(get(with_query(&format!("/api/v1/pipelines/{pipeline_id}/handoff-changes"), &[("attempt", Some(attempt.as_str()))])))
}

/// Two pipelines of one repository side by side.
pub(crate) fn comparison(id: i64, other: i64) -> Ask<Comparison> {
    Ask::of(get(format!("/api/v1/pipelines/{id}/compare/{other}")))
}

pub(crate) fn timeline(id: i64) -> Ask<Timeline> {
    Ask::of(get(format!("/api/v1/pipelines/{id}/timeline")))
}

pub(crate) fn receipt(attempt_id: i64) -> Ask<Receipt> {
    Ask::of(get(format!("/api/v1/attempts/{attempt_id}/receipt")))
}

/// The gates that wait for a person.
pub(crate) fn approvals() -> Ask<Page<Approval>> {
    Ask::of(get("/api/v1/approvals?status=pending&limit=200".to_owned()))
}

/// What agents ask and nobody has answered.
pub(crate) fn requests() -> Ask<Page<AgentRequest>> {
    Ask::of(get("/api/v1/requests".to_owned()))
}

/// The newest `wanted` events of the audit log that fit the filters, of one pipeline or of all.
pub(crate) fn audit_events(pipeline_id: Option<i64>, filters: AuditFilters, wanted: usize) -> Ask<Page<AuditEvent>> {
    let path = audit_path(pipeline_id);
    Ask::of(get_pages(wanted, PAGE_MAX, move |limit, cursor| {
        let [types, words] = filters.pairs();
        with_query(&path, &[types, words, ("limit", Some(limit)), ("cursor", cursor)])
    }))
}

/// Where the audit log of a pipeline, or of all, can be downloaded, as far as it fits the filters.
pub(crate) fn audit_export_url(pipeline_id: Option<i64>, filters: &AuditFilters, format: &str) -> String {
    let [types, words] = filters.pairs();
    with_query(&format!("{}/export", audit_path(pipeline_id)), &[("format", Some(format)), types, words])
}

/// Whether anyone has changed the log. Read as it is, because only two words of it are shown.
pub(crate) fn audit_verification() -> Ask<Value> {
    Ask::of(get("/api/v1/audit/verification".to_owned()))
}

fn audit_path(pipeline_id: Option<i64>) -> String {
    pipeline_id.map_or_else(|| "/api/v1/audit".to_owned(), |id| format!("/api/v1/pipelines/{id}/audit"))
}

/// Templates: the built-in ones, the user's, and those of `repo` where one is named. A repository that is half typed has none of its own; then
/// those that are always there are read.
pub(crate) fn templates(repo: Option<&str>) -> Ask<Page<Template>> {
    let path = "/api/v1/templates";
    let of_repo = repo.filter(|repo| repo.starts_with('/')).map(|repo| with_query(path, &[("repo", Some(repo))]));
    Ask::of(get_first(of_repo.into_iter().chain([path.to_owned()]).collect()))
}

/// How the newest runs of a template ended. Read as it is, because only a few words of it are shown.
pub(crate) fn template_record(name: &str) -> Ask<Value> {
    Ask::of(get(format!("/api/v1/templates/{}/record", encode(name))))
}

pub(crate) fn agent_record(name: &str) -> Ask<Value> {
    Ask::of(get(format!("/api/v1/agents/{}/record", encode(name))))
}

pub(crate) fn agents(repo: Option<&str>) -> Ask<Page<Agent>> {
    Ask::of(get(with_query("/api/v1/agents", &[("repo", repo)])))
}

/// The text of a file of the catalogue, and which version of it that is.
pub(crate) fn catalog_file(url: String) -> Ask<Saved> {
    Ask::of(get(url))
}

/// What is wrong with a text, or the chain that it makes. Without a name, its own counts.
pub(crate) fn check_file(shelf: Shelf, repo: Option<&str>, name: &str, text: &str) -> Ask<CheckedFile> {
    let url = with_query(&format!("/api/v1/{}/validate", shelf.word()), &[("repo", repo)]);
    Ask::of(post(url, bodies::body(vec![("name", bodies::given(name)), ("content", text.into())]), None))
}

/// A template's text as fields; what can be chosen is what `repo` has too.
pub(crate) fn template_form(repo: Option<&str>, text: &str) -> Ask<TemplateForm> {
    Ask::of(post(with_query("/api/v1/templates/form", &[("repo", repo)]), bodies::body(vec![("content", text.into())]), None))
}

pub(crate) fn opencode() -> Ask<OpenCode> {
    Ask::of(get("/api/v1/opencode".to_owned()))
}

/// Whether the server asks who calls, and what is good for it. Read as it is, for the same reason as below.
pub(crate) fn access() -> Ask<Value> {
    Ask::of(get("/api/v1/access".to_owned()))
}

/// What the server says of itself: its `version`, and of each thing that it needs whether it is `ok`, with a `detail`. It is read as it is, because
/// only a few words of it are shown.
pub(crate) fn server() -> Ask<Value> {
    Ask::of(get_server())
}
