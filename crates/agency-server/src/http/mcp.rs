//! `POST /mcp/{pipeline}`: where an agent's tool `submit_handoff` arrives.
//!
//! The Model Context Protocol over plain POST, as far as OpenCode uses it: `initialize`, `ping`, `tools/list`, `tools/call`, and notifications. The
//! pipeline is in the path and its secret is the bearer token; one attempt of a pipeline is under way at a time, so nothing else is needed.
//! For OpenCode alone, and not part of the documented API.

use super::input;
use super::sign_in::bearer;
use crate::state::State;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use agency_domain::PipelineId;
use agency_engine::SubmitAnswer;
use serde::Deserialize;
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;

use super::problem::Failure;

/// A hand-off has some 4 kB; this is room for one that quotes whole files.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The protocol's version, where a client names none.
const PROTOCOL: &str = "2025-11-25";

/// JSON-RPC's codes.
const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(web::resource("/mcp/{id}").route(web::post().to(answer)).default_service(web::to(super::unknown::answer)));
}

#[derive(Debug, Deserialize)]
struct Call {
    /// Missing in a notification.
    id: Option<Value>,
    method: String,
    #[serde(default)]
    params: Value,
}

/// The body, up to the endpoint's own limit.
struct Body(web::Bytes);

impl FromRequest for Body {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = input::bytes(request, payload, BODY_BYTES_MAX);
        Box::pin(async move { bytes.await.map(Self) })
    }
}

async fn answer(request: HttpRequest, state: web::Data<State>, input::Id(id): input::Id, Body(body): Body) -> HttpResponse {
    let pipeline = PipelineId(id);
    let secret = bearer(&request).unwrap_or_default();
    let Some(tool) = state.engine.offered_tool(pipeline, secret) else {
        return denied();
    };
    let Ok(value) = serde_json::from_slice::<Value>(&body) else {
        return failed(&Value::Null, PARSE_ERROR, "this is not JSON");
    };
    let Ok(call) = serde_json::from_value::<Call>(value) else {
        return failed(&Value::Null, INVALID_REQUEST, "this is not a single JSON-RPC request");
    };
    let Some(id) = call.id else {
        return HttpResponse::Accepted().finish();
    };
    match call.method.as_str() {
        "initialize" => {
            let version = call.params["protocolVersion"].as_str().unwrap_or(PROTOCOL);
            let server = json!({ "name": "agency", "version": env!("CARGO_PKG_VERSION") });
            done(&id, &json!({ "protocolVersion": version, "capabilities": { "tools": {} }, "serverInfo": server }))
        }
        "ping" => done(&id, &json!({})),
        "tools/list" => {
            let offer = json!({ "name": tool.name, "description": tool.description, "inputSchema": tool.input_schema });
            done(&id, &json!({ "tools": [offer] }))
        }
        "tools/call" if call.params["name"].as_str() == Some(tool.name) => submit(&state, pipeline, secret, &id, &call.params["arguments"]),
        "tools/call" => failed(&id, INVALID_PARAMS, &format!("the only tool here is {}", tool.name)),
        _ => failed(&id, METHOD_NOT_FOUND, "this server only offers tools"),
    }
}

fn submit(state: &State, pipeline: PipelineId, secret: &str, id: &Value, arguments: &Value) -> HttpResponse {
    let (text, is_error) = match state.engine.submit_handoff(pipeline, secret, arguments) {
        SubmitAnswer::Accepted(text) => (text, false),
        SubmitAnswer::Mend(text) => (text, true),
        SubmitAnswer::Denied => return denied(),
    };
    tracing::debug!(%pipeline, is_error, "a hand-off came in");
    done(id, &json!({ "content": [{ "type": "text", "text": text }], "isError": is_error }))
}

fn denied() -> HttpResponse {
    HttpResponse::Unauthorized()
        .insert_header((header::WWW_AUTHENTICATE, "Bearer"))
        .json(json!({ "error": "unknown pipeline or wrong secret" }))
}

fn done(id: &Value, result: &Value) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "jsonrpc": "2.0", "id": id, "result": result }))
}

fn failed(id: &Value, code: i32, message: &str) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } }))
}
