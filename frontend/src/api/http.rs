//! One request, one answer: sends, waits no longer than it should, and reads the body as a value or as a problem.

use crate::model::failure::ApiError;
use crate::model::json;
use leptos::prelude::{document, window};
use serde_json::Value;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Request, RequestInit, Response};

/// A read is quick or something is wrong; what is on screen stays, and the reader can try again.
const READ_MILLIS_MAX: u32 = 20_000;
/// A change may make a worktree of a large repository before it answers.
const CHANGE_MILLIS_MAX: u32 = 60_000;
const JSON: &str = "application/json";

thread_local! {
    static STRANGER: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) };
}

/// Has `tell` called whenever the server says that it does not know who calls. Call once, at the root.
pub(crate) fn on_stranger(tell: impl Fn() + 'static) {
    STRANGER.set(Some(Box::new(tell)));
}

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
        let ready = fetch("/ready").await?;
        let mut server = if ready.status() == 503 { read_body(ready).await? } else { read(ready).await? };
        server["version"] = get("/health".to_owned()).await?["version"].take();
        Ok(server)
    })
}

async fn fetch(url: &str) -> Result<Response, ApiError> {
    let options = RequestInit::new();
    options.set_signal(Some(&AbortSignal::timeout_with_u32(READ_MILLIS_MAX)));
    send(url, &options, &[]).await
}

async fn send(url: &str, options: &RequestInit, headers: &[(&str, &str)]) -> Result<Response, ApiError> {
    let request = Request::new_with_str_and_init(url, options).map_err(|_| ApiError::unreachable())?;
    for (name, value) in [("Accept", JSON)].iter().chain(headers) {
        // Names and values of ours are never refused.
        let _ = request.headers().set(name, value);
    }
    let answered = JsFuture::from(window().fetch_with_request(&request)).await;
    answered.map(JsCast::unchecked_into).map_err(|_| ApiError::unreachable())
}

async fn text(response: &Response) -> Result<String, ApiError> {
    let text = response.text().map_err(|_| ApiError::unreachable())?;
    let text = JsFuture::from(text).await.map_err(|_| ApiError::unreachable())?;
    Ok(text.as_string().unwrap_or_default())
}

/// Whether the page that the server has now is another one than this, which was loaded earlier: it names other files.
pub(crate) async fn is_outdated() -> bool {
    let loaded = document().query_selector("link[rel=modulepreload]").ok().flatten().and_then(|link| link.get_attribute("href"));
    let options = RequestInit::new();
    let Ok(answer) = send("/", &options, &[("Accept", "text/html")]).await else { return false };
    match (loaded, text(&answer).await) {
        (Some(loaded), Ok(page)) => answer.ok() && !page.contains(&loaded),
        _ => false,
    }
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
        let options = RequestInit::new();
        options.set_signal(Some(&AbortSignal::timeout_with_u32(CHANGE_MILLIS_MAX)));
        options.set_method(method);
        options.set_body(&json::line(&body).into());
        let header = header.as_ref().map(|(name, value)| (*name, value.as_str()));
        let headers: Vec<_> = [("Content-Type", JSON)].into_iter().chain(header).collect();
        read(send(&url, &options, &headers).await?).await
    })
}

async fn read(response: Response) -> Result<Value, ApiError> {
    if response.ok() {
        return read_body(response).await;
    }
    let status = response.status();
    if status == 401 {
        STRANGER.with_borrow(|tell| tell.iter().for_each(|tell| tell()));
    }
    let body = text(&response).await?;
    Err(ApiError::from_body(status, &body))
}

async fn read_body(response: Response) -> Result<Value, ApiError> {
    let status = response.status();
    let body = text(&response).await?;
    // What was removed leaves nothing to read.
    if status == 204 {
        return Ok(Value::Null);
    }
    json::parse(&body).map_err(|error| ApiError::unexpected(status, &error.to_string()))
}
