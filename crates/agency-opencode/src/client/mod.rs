//! OpenCode's HTTP API, one function per endpoint. Knows the wire, not what it means for a run.

mod endpoints;

use agency_domain::agents::RuntimeError;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use thiserror::Error;

pub(crate) use endpoints::{NewSession, PromptBody};

/// Everything but the event stream answers from memory or a small database; but a server is known to stand still for 15 s when a provider
/// sends very much at once, and is well again afterwards.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// A request that falls between the opening of the port and the start of the HTTP layer is never answered.
const HEALTH_WITHIN: Duration = Duration::from_millis(500);
/// The server beats every 10 s.
const STREAM_SILENCE_MAX: Duration = Duration::from_secs(30);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Error texts end up in reports.
const MESSAGE_CHARS_MAX: usize = 500;

/// A server's address and credentials, and the worktree that all calls are about.
pub(crate) struct Client {
    http: reqwest::Client,
    stream: reqwest::Client,
    base: String,
    password: String,
    directory: String,
}

/// How a call failed.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    #[error("the server does not answer: {}", chain(.0))]
    Unreachable(#[source] reqwest::Error),
    #[error("{status}: {message}")]
    Refused { status: StatusCode, message: String },
    /// Unknown routes are answered with the web page and status 200.
    #[error("{path} is not answered with JSON: this is a version of OpenCode that theAgency does not drive")]
    NotJson { path: String },
    #[error("{path} is answered with JSON that does not parse: {reason}")]
    Garbled { path: String, reason: String },
}

impl ClientError {
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if *status == StatusCode::NOT_FOUND)
    }
}

impl From<ClientError> for RuntimeError {
    fn from(error: ClientError) -> Self {
        let text = error.to_string();
        match error {
            ClientError::Unreachable(_) => Self::Lost(text),
            ClientError::Refused { .. } => Self::Refused(text),
            ClientError::NotJson { .. } | ClientError::Garbled { .. } => Self::Protocol(text),
        }
    }
}

impl Client {
    /// # Errors
    /// The HTTP client cannot be set up, or the directory's name is not UTF-8.
    pub(crate) fn new(base: &str, password: String, directory: &Path) -> Result<Self, String> {
        let builder = || reqwest::Client::builder().no_proxy().connect_timeout(CONNECT_WITHIN);
        let http = builder().timeout(ANSWER_WITHIN).build().map_err(|error| error.to_string())?;
        let stream = builder().read_timeout(STREAM_SILENCE_MAX).build().map_err(|error| error.to_string())?;
        let directory = directory.to_str().ok_or_else(|| format!("the path {} is not UTF-8", directory.display()))?;
        Ok(Self { http, stream, base: base.trim_end_matches('/').to_owned(), password, directory: directory.to_owned() })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).basic_auth(crate::environment::USER, Some(&self.password))
    }

    /// A request about our worktree.
    fn about_worktree(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).query(&[("directory", &self.directory)])
    }
}

/// The body of a successful answer as JSON, with its next-page cursor.
async fn json_page(request: RequestBuilder) -> Result<(Value, Option<String>), ClientError> {
    let response = accepted(request).await?;
    let path = response.url().path().to_owned();
    if !is_json(&response) {
        return Err(ClientError::NotJson { path });
    }
    let cursor = response.headers().get("x-next-cursor").and_then(|cursor| cursor.to_str().ok());
    let cursor = cursor.filter(|cursor| !cursor.is_empty()).map(str::to_owned);
    let body = response.bytes().await.map_err(ClientError::Unreachable)?;
    let value = serde_json::from_slice(&body).map_err(|error| ClientError::Garbled { path, reason: error.to_string() })?;
    Ok((value, cursor))
}

async fn json(request: RequestBuilder) -> Result<Value, ClientError> {
    json_page(request).await.map(|(value, _cursor)| value)
}

/// Sends, and turns an error status into an error with the server's own words.
async fn accepted(request: RequestBuilder) -> Result<Response, ClientError> {
    let response = request.send().await.map_err(|error| ClientError::Unreachable(error.without_url()))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body = response.text().await.unwrap_or_default();
    let message = message_of(&serde_json::from_str(&body).unwrap_or_default());
    let message = message.unwrap_or_else(|| status.canonical_reason().unwrap_or("no reason given").to_owned());
    Err(ClientError::Refused { status, message })
}

fn is_json(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/json"))
}

/// The message of an error in either of OpenCode's two shapes, `{name, data: {message}}` and `{_tag, message}`.
pub(crate) fn message_of(error: &Value) -> Option<String> {
    let message = [&error["data"]["message"], &error["message"], &error["name"], &error["_tag"]].into_iter().find_map(Value::as_str)?;
    // Errors that nobody named carry the server's stack.
    let message = message.split_once("\n    at ").map_or(message, |(message, _stack)| message);
    Some(message.chars().take(MESSAGE_CHARS_MAX).collect())
}

fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_shapes_of_errors_have_a_message() {
        let named = json!({"name": "BadRequest", "data": {"message": "Missing key", "kind": "Payload"}});
        let tagged = json!({"_tag": "ServiceUnavailableError", "message": "not yet"});
        assert_eq!(message_of(&named).as_deref(), Some("Missing key"));
        assert_eq!(message_of(&tagged).as_deref(), Some("not yet"));
        assert_eq!(message_of(&json!({"_tag": "PermissionNotFoundError"})).as_deref(), Some("PermissionNotFoundError"));
        let unnamed = json!({"name": "UnknownError", "data": {"message": "UnknownError: no\n    at f (/$bunfs/root/chunk.js:1:2)"}});
        assert_eq!(message_of(&unnamed).as_deref(), Some("UnknownError: no"));
        assert_eq!(message_of(&json!("<html>")), None);
    }
}
