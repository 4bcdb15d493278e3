//! What the reader can change, one function an endpoint. The answers say little that the stream does not: whoever sends a change reads again.

use super::command::Change;
use super::http::{change, get, post};
use crate::model::bodies;
use crate::model::diff::Shown;
use crate::model::review::{Receiver, Way, side_word};
use crate::model::urls::{encode, with_query};
use agency_contract::DiffSide;
use serde_json::Value;

const TOKENS: &str = "/api/v1/access/tokens";
/// How long a link shows a pipeline.
const SHARED_DAYS: i64 = 7;
const SESSION: &str = "/api/v1/session";

/// `name` is what happens to the pipeline.
fn of_pipeline(id: i64, name: &str, body: Value) -> Change {
    Change(post(format!("/api/v1/pipelines/{id}/{name}"), body, None))
}

/// Answers with the pipeline that it made, as the others that begin one do.
pub(crate) fn create_pipeline(request: Value, idempotency_key: String) -> Change {
    Change(post("/api/v1/pipelines".to_owned(), request, Some(idempotency_key)))
}

/// Answers with what `create_pipeline` would start.
pub(crate) fn dry_run(request: Value) -> Change {
    Change(post("/api/v1/pipelines/dry-run".to_owned(), request, None))
}

/// Changes nothing: answers with a text as `html`, as it will be shown.
pub(crate) fn markdown(text: &str) -> Change {
    Change(post("/api/v1/markdown".to_owned(), bodies::body(vec![("text", text.into())]), None))
}

/// Starts the demo with the scripted model on a repository that the server makes.
pub(crate) fn start_demo() -> Change {
    Change(post("/api/v1/demo".to_owned(), bodies::empty(), None))
}

/// Begins a pipeline of one step, which is this agent's.
pub(crate) fn try_agent(name: &str, body: Value) -> Change {
    Change(post(format!("/api/v1/agents/{}/tries", encode(name)), body, None))
}

pub(crate) fn fork_pipeline(id: i64, body: Value) -> Change {
    of_pipeline(id, "fork", body)
}

pub(crate) fn cancel_pipeline(id: i64) -> Change {
    of_pipeline(id, "cancel", bodies::empty())
}

pub(crate) fn pause_pipeline(id: i64, now: bool) -> Change {
    of_pipeline(id, "pause", bodies::pause(now))
}

pub(crate) fn resume_pipeline(id: i64, body: Value) -> Change {
    of_pipeline(id, "resume", body)
}

pub(crate) fn retry_step(id: i64, body: Value) -> Change {
    of_pipeline(id, "retry", body)
}

pub(crate) fn send_message(id: i64, text: &str) -> Change {
    of_pipeline(id, "messages", bodies::message(text))
}

/// Asks about an attempt that has ended.
pub(crate) fn ask_question(id: i64, attempt_id: i64, text: &str) -> Change {
    of_pipeline(id, "questions", bodies::question(attempt_id, text))
}

pub(crate) fn accept_criterion(id: i64, criterion: &str, reason: &str) -> Change {
    of_pipeline(id, &format!("criteria/{}/accept", encode(criterion)), bodies::acceptance(reason))
}

pub(crate) fn answer_request(id: i64, body: Value) -> Change {
    Change(post(format!("/api/v1/requests/{id}/answer"), body, None))
}

/// What its answer allowed from then on is asked for again.
pub(crate) fn revoke_permission(request: &str) -> Change {
    Change(post(format!("/api/v1/requests/{request}/revoke"), bodies::empty(), None))
}

/// A review goes to a gate, to an agent or to a step; `body` is what that one takes.
pub(crate) fn send_review(id: i64, way: &Way, body: Value) -> Change {
    match way.to {
        Receiver::Gate(approval, ..) | Receiver::Approve(approval, _) => decide_approval(approval, body),
        Receiver::Agent => of_pipeline(id, "messages", body),
        Receiver::Step(_) => retry_step(id, body),
    }
}

/// Writes a file of the user's own; `version` is the one that it replaces.
pub(crate) fn put_file(url: String, text: &str, version: Option<String>) -> Change {
    Change(change("PUT", url, bodies::body(vec![("content", text.into())]), if_match(version)))
}

/// Answers with the text of a template after `change`; writes nothing.
pub(crate) fn edit_template(repo: Option<&str>, text: &str, change: Value) -> Change {
    Change(post(
        with_query("/api/v1/templates/edit", &[("repo", repo)]),
        bodies::body(vec![("content", text.into()), ("change", change)]),
        None,
    ))
}

pub(crate) fn remove_file(url: String, version: Option<String>) -> Change {
    Change(change("DELETE", url, bodies::empty(), if_match(version)))
}

fn if_match(version: Option<String>) -> Option<(&'static str, String)> {
    version.map(|version| ("If-Match", format!("\"{version}\"")))
}

pub(crate) fn decide_approval(id: i64, body: Value) -> Change {
    Change(post(format!("/api/v1/approvals/{id}/decision"), body, None))
}

/// Changes nothing: which tool call wrote the hunk of a line. A question that a press asks once has the same states as a change.
pub(crate) fn blame(shown: Shown, file: &str, line: u32, side: DiffSide) -> Change {
    let (attempt, line) = (shown.attempt.map(|id| id.to_string()), line.to_string());
    let pairs = [("attempt", attempt.as_deref()), ("file", Some(file)), ("line", Some(line.as_str())), ("side", Some(side_word(side)))];
    Change(get(with_query(&format!("/api/v1/pipelines/{}/blame", shown.pipeline), &pairs)))
}

/// Answers with the token's `secret`, this once.
pub(crate) fn create_token(name: &str) -> Change {
    Change(post(TOKENS.to_owned(), bodies::body(vec![("name", name.into())]), None))
}

/// Answers with the `link` that shows a pipeline to whoever opens it, from its `/` on, this once.
pub(crate) fn share(pipeline: i64) -> Change {
    let name = format!("Link to pipeline {pipeline}");
    let days = SHARED_DAYS;
    let fields = vec![("name", name.into()), ("rights", "read".into()), ("pipeline_id", pipeline.into()), ("days", days.into())];
    Change(post(TOKENS.to_owned(), bodies::body(fields), None))
}

/// Of a token or a session.
pub(crate) fn revoke(id: i64) -> Change {
    Change(change("DELETE", format!("/api/v1/access/{id}"), bodies::empty(), None))
}

/// By an access token, or the code that the server printed at its start.
pub(crate) fn sign_in(secret: &str) -> Change {
    Change(post(SESSION.to_owned(), bodies::body(vec![("secret", secret.into())]), None))
}

pub(crate) fn sign_out() -> Change {
    Change(change("DELETE", SESSION.to_owned(), bodies::empty(), None))
}
