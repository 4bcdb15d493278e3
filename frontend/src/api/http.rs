//! One request, one answer: sends, waits no longer than it should, and reads the body as a value or as a problem.

use crate::model::failure::ApiError;
use crate::model::json;
use gloo_net::http::{Method, Request, RequestBuilder, Response};
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use web_sys::AbortSignal;

/// A read is quick or something is wrong; what is on screen stays, and the reader can try again.
const READ_MILLIS_MAX: u32 = 20_000;
/// A change may make a worktree of a large repository before it answers.
const CHANGE_MILLIS_MAX: u32 = 60_000;

/// A call under way. One type for all of them: the calls themselves are compiled once and not per answer.
pub(super) type Call = Pin<Box<dyn Future<Output = Result<Value, ApiError>>>>;

/// Makes the address of a page of a list from its limit and its cursor.
type PageUrl = Box<dyn Fn(&str, Option<&str>) -> String>;

/// `GET url` as JSON.
pub(super) fn get(url: String) -> Call {
    Box::pin(async move { read(fetch(&url).await?).await })
}

/// `/ready` with the version that `/health` tells. A server that is not ready says so with 503 and the same words.
pub(super) fn get_server() -> Call {
    Box::pin(async move {
        let mut server = read_body(fetch("/ready").await?).await?;
        server["version"] = get("/health".to_owned()).await?["version"].take();
        Ok(server)
    })
}

async fn fetch(url: &str) -> Result<Response, ApiError> {
    let signal = AbortSignal::timeout_with_u32(READ_MILLIS_MAX);
    let request = Request::get(url).header("Accept", "application/json").abort_signal(Some(&signal));
    request.send().await.map_err(|_| ApiError::unreachable())
}

/// The first of `urls` that is not refused for what it asks. A list of one is the same as `get`.
pub(super) fn get_first(urls: Vec<String>) -> Call {
    Box::pin(async move {
        let mut answer = Err(ApiError::unreachable());
        for url in urls {
            answer = get(url).await;
            let is_refused = answer.as_ref().is_err_and(|error| error.status.is_some_and(|status| (400..500).contains(&status)));
            if !is_refused {
                break;
            }
        }
        answer
    })
}

/// As many pages of a list as it takes for `wanted` items, as one. `url` makes the address of a page from its limit and its cursor.
pub(super) fn get_pages(wanted: usize, page_max: usize, url: impl Fn(&str, Option<&str>) -> String + 'static) -> Call {
    joined(wanted, page_max, Box::new(url))
}

fn joined(wanted: usize, page_max: usize, url: PageUrl) -> Call {
    Box::pin(async move {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let limit = (wanted - items.len()).min(page_max).to_string();
            let mut page = get(url(&limit, cursor.as_deref())).await?;
            if let Value::Array(more) = page["items"].take() {
                items.extend(more);
            }
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if items.len() >= wanted || cursor.is_none() {
                page["items"] = Value::Array(items);
                return Ok(page);
            }
        }
    })
}

/// `POST url` with a JSON body. `idempotency_key` makes a repeated request harmless.
pub(super) fn post(url: String, body: Value, idempotency_key: Option<String>) -> Call {
    change("POST", url, body, idempotency_key.map(|key| ("Idempotency-Key", key)))
}

/// A change by any method, with one header more where it needs one.
pub(super) fn change(method: &'static str, url: String, body: Value, header: Option<(&'static str, String)>) -> Call {
    Box::pin(async move {
        let signal = AbortSignal::timeout_with_u32(CHANGE_MILLIS_MAX);
        let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let request = RequestBuilder::new(&url).method(method).header("Accept", "application/json").abort_signal(Some(&signal));
        let request = match &header {
            Some((name, value)) => request.header(name, value),
            None => request,
        };
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        let request = request.map_err(|error| ApiError::unexpected(0, &error.to_string()))?;
        read(request.send().await.map_err(|_| ApiError::unreachable())?).await
    })
}

async fn read(response: Response) -> Result<Value, ApiError> {
    if response.ok() {
        return read_body(response).await;
    }
    let status = response.status();
    let body = response.text().await.map_err(|_| ApiError::unreachable())?;
    Err(ApiError::from_body(status, &body))
}

async fn read_body(response: Response) -> Result<Value, ApiError> {
    let status = response.status();
    let body = response.text().await.map_err(|_| ApiError::unreachable())?;
    // What was removed leaves nothing to read.
    if status == 204 {
        return Ok(Value::Null);
    }
    json::parse(&body).map_err(|error| ApiError::unexpected(status, &error.to_string()))
}
