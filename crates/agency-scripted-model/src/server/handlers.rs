//! The routes: OpenAI's two, and the control endpoints under `/_scripted/`.

use super::Stage;
use super::playing::{self, Connection};
use crate::answer::{Answer, AnswerId, answer};
use crate::asked::{Asked, ChatRequest};
use crate::choice::choose;
use crate::journal::{Ending, Exchange, unix_ms};
use crate::scenarios;
use crate::script::{HttpReply, Script, Step};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, Responder, web};
use serde_json::{Value, json};
use std::sync::PoisonError;
use std::time::Duration;

/// Headers that name OpenCode's session, the plainest first: which of them is sent depends on its version.
const SESSION_HEADERS: [&str; 3] = ["x-session-id", "x-session-affinity", "x-opencode-session"];

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/v1/models", web::get().to(models))
        .route("/v1/chat/completions", web::post().to(chat))
        .route("/_scripted/health", web::get().to(health))
        .route("/_scripted/requests", web::get().to(requests))
        .route("/_scripted/reset", web::post().to(reset))
        .route("/_scripted/script", web::post().to(script));
}

async fn models() -> impl Responder {
    let entry = |id: &str| json!({ "id": id, "object": "model", "owned_by": "agency-scripted-model" });
    web::Json(json!({ "object": "list", "data": scenarios::names().into_iter().map(entry).collect::<Vec<_>>() }))
}

async fn health(stage: web::Data<Stage>) -> impl Responder {
    let open = stage.journal.requests().iter().filter(|request| request.ending == Ending::Open).count();
    web::Json(json!({ "status": "ok", "open": open }))
}

async fn requests(stage: web::Data<Stage>) -> impl Responder {
    web::Json(stage.journal.requests())
}

/// Forgets requests, and what rules by session or by call remember. The script stays.
async fn reset(stage: web::Data<Stage>) -> impl Responder {
    stage.journal.clear();
    stage.forget();
    web::Json(json!({ "status": "ok" }))
}

async fn script(stage: web::Data<Stage>, body: web::Bytes) -> HttpResponse {
    match serde_json::from_slice::<Script>(&body) {
        Ok(script) => {
            let rules = script.rules.len();
            stage.set_script(script);
            HttpResponse::Ok().json(json!({ "status": "ok", "rules": rules }))
        }
        Err(error) => refuse(&format!("the body is not a script: {error}")),
    }
}

async fn chat(request: HttpRequest, stage: web::Data<Stage>, body: web::Bytes) -> HttpResponse {
    let chat: ChatRequest = match serde_json::from_slice(&body) {
        Ok(chat) => chat,
        Err(error) => return refuse(&format!("the body is not a chat request: {error}")),
    };
    let asked = Asked::read(chat, session(&request), body.len());
    let script = stage.script();
    let choice = choose(&asked, &script, &mut stage.memory.lock().unwrap_or_else(PoisonError::into_inner));
    let id = AnswerId { number: stage.journal.next_number(), unix_ms: unix_ms() };
    let exchange = stage.journal.begin(id.number, &asked, &choice);
    let connection = request.conn_data::<Connection>().cloned().unwrap_or_else(Connection::unknown);
    respond(&choice.step, answer(&choice.step, &asked, id), connection, exchange).await
}

fn session(request: &HttpRequest) -> Option<String> {
    let header = |name: &&str| request.headers().get(*name)?.to_str().ok().map(str::to_owned);
    SESSION_HEADERS.iter().find_map(header)
}

async fn respond(step: &Step, answer: Answer, connection: Connection, mut exchange: Exchange) -> HttpResponse {
    tokio::time::sleep(Duration::from_millis(step.headers_after_ms)).await;
    match answer {
        Answer::Nothing => {
            playing::hang().await;
            exchange.end(Ending::Answered);
            HttpResponse::GatewayTimeout().finish()
        }
        Answer::Http(reply) => {
            exchange.end(Ending::Answered);
            plain(&reply)
        }
        Answer::Body { content_type, actions } => HttpResponse::Ok()
            .content_type(content_type)
            .insert_header(("cache-control", "no-cache"))
            .streaming(playing::body(actions, connection, exchange)),
    }
}

fn plain(reply: &HttpReply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponseBuilder::new(status);
    response.content_type(reply.content_type.as_deref().unwrap_or("application/json"));
    for (name, value) in &reply.headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
    match &reply.body {
        Value::String(text) => response.body(text.clone()),
        Value::Null => response.finish(),
        body @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => response.body(body.to_string()),
    }
}

fn refuse(message: &str) -> HttpResponse {
    plain(&HttpReply::error(400, "invalid_request_error", "unreadable", message))
}
