//! One request, one answer: sends, waits no longer than it should, and reads the body as a value or as a problem.

use crate::model::failure::ApiError;
use gloo_net::http::{Request, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::AbortSignal;

/// A read is quick or something is wrong; what is on screen stays, and the reader can try again.
const READ_MILLIS_MAX: u32 = 20_000;
/// A change may make a worktree of a large repository before it answers.
const CHANGE_MILLIS_MAX: u32 = 60_000;

/// `GET url` as JSON.
pub(super) async fn get<T: DeserializeOwned>(url: &str) -> Result<T, ApiError> {
    let signal = AbortSignal::timeout_with_u32(READ_MILLIS_MAX);
    let request = Request::get(url).header("Accept", "application/json").abort_signal(Some(&signal));
    read(request.send().await.map_err(|_| ApiError::unreachable())?).await
}

/// `POST url` with a JSON body. `idempotency_key` makes a repeated request harmless.
pub(super) async fn post<B: Serialize, T: DeserializeOwned>(url: &str, body: &B, idempotency_key: Option<&str>) -> Result<T, ApiError> {
    let signal = AbortSignal::timeout_with_u32(CHANGE_MILLIS_MAX);
    let request = with_key(Request::post(url), idempotency_key).header("Accept", "application/json").abort_signal(Some(&signal));
    let request = request.json(body).map_err(|error| ApiError::unexpected(0, &error.to_string()))?;
    read(request.send().await.map_err(|_| ApiError::unreachable())?).await
}

fn with_key(request: RequestBuilder, key: Option<&str>) -> RequestBuilder {
    match key {
        Some(key) => request.header("Idempotency-Key", key),
        None => request,
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, ApiError> {
    let status = response.status();
    let body = response.text().await.map_err(|_| ApiError::unreachable())?;
    if !response.ok() {
        return Err(ApiError::from_body(status, &body));
    }
    serde_json::from_str(&body).map_err(|error| ApiError::unexpected(status, &error.to_string()))
}
