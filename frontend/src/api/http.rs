//! One request, one answer: sends, waits no longer than it should, and reads the body as a value or as a problem.

use crate::model::failure::ApiError;
use crate::model::json;
use gloo_net::http::{Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use web_sys::AbortSignal;

/// A read is quick or something is wrong; what is on screen stays, and the reader can try again.
const READ_MILLIS_MAX: u32 = 20_000;
/// A change may make a worktree of a large repository before it answers.
const CHANGE_MILLIS_MAX: u32 = 60_000;

/// A call under way. One type for all of them: the calls themselves are compiled once and not per answer.
type Call = Pin<Box<dyn Future<Output = Result<Value, ApiError>>>>;

/// `GET url` as JSON.
pub(super) async fn get<T: DeserializeOwned>(url: &str) -> Result<T, ApiError> {
    typed(get_value(url.to_owned()).await?)
}

/// `POST url` with a JSON body. `idempotency_key` makes a repeated request harmless.
pub(super) async fn post<B: Serialize, T: DeserializeOwned>(url: &str, body: &B, idempotency_key: Option<&str>) -> Result<T, ApiError> {
    let body = serde_json::to_value(body).map_err(|error| ApiError::unexpected(0, &error.to_string()))?;
    typed(post_value(url.to_owned(), body, idempotency_key.map(str::to_owned)).await?)
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    json::from_value(value).map_err(|error| ApiError::unexpected(200, &error.to_string()))
}

fn get_value(url: String) -> Call {
    Box::pin(async move {
        let signal = AbortSignal::timeout_with_u32(READ_MILLIS_MAX);
        let request = Request::get(&url).header("Accept", "application/json").abort_signal(Some(&signal));
        read(request.send().await.map_err(|_| ApiError::unreachable())?).await
    })
}

fn post_value(url: String, body: Value, idempotency_key: Option<String>) -> Call {
    Box::pin(async move {
        let signal = AbortSignal::timeout_with_u32(CHANGE_MILLIS_MAX);
        let request = Request::post(&url).header("Accept", "application/json").abort_signal(Some(&signal));
        let request = match &idempotency_key {
            Some(key) => request.header("Idempotency-Key", key),
            None => request,
        };
        let request = request.json(&body).map_err(|error| ApiError::unexpected(0, &error.to_string()))?;
        read(request.send().await.map_err(|_| ApiError::unreachable())?).await
    })
}

async fn read(response: Response) -> Result<Value, ApiError> {
    let status = response.status();
    let body = response.text().await.map_err(|_| ApiError::unreachable())?;
    if !response.ok() {
        return Err(ApiError::from_body(status, &body));
    }
    json::read(&body).map_err(|error| ApiError::unexpected(status, &error.to_string()))
}
