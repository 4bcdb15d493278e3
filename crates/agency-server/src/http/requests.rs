//! What happens to every request and answer: an id, a line in the log, and the headers that browsers go by.
//!
//! A log line has method, path and status; never a body, a query or a header.

use crate::state::State;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use std::time::Instant;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Room for a UUID or a trace id, and none for a text.
const REQUEST_ID_BYTES_MAX: usize = 64;
/// For everything that is no page: it loads nothing and is shown in no frame.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The outermost middleware.
pub(crate) async fn observe(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = given_id(request.headers()).unwrap_or_else(new_id);
    let method = request.method().clone();
    let path = request.path().to_owned();
    let span = tracing::info_span!("request", request_id = %id);
    let began = Instant::now();
    if let Ok(value) = HeaderValue::from_str(&id) {
        request.headers_mut().insert(REQUEST_ID, value);
    }
    let answered = next.call(request).instrument(span.clone()).await;
    let mut response = match answered {
        Ok(response) => response,
        Err(error) => {
            span.in_scope(|| tracing::warn!(%method, path, %error, "a request was not answered"));
            return Err(error);
        }
    };
    let status = response.status().as_u16();
    if let Some(state) = response.request().app_data::<web::Data<State>>() {
        state.metrics.answered(&method, response.request().match_pattern(), status, began.elapsed());
    }
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| match status {
        500.. => tracing::error!(%method, path, status, ms, "answered"),
        400.. => tracing::info!(%method, path, status, ms, "answered"),
        _ if method == Method::GET || method == Method::HEAD => tracing::debug!(%method, path, status, ms, "answered"),
        _ => tracing::info!(%method, path, status, ms, "answered"),
    });
    set_headers(response.headers_mut(), &id);
    Ok(response)
}

fn set_headers(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The caller's id, where it is one that a log line can hold.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(&REQUEST_ID)?.to_str().ok()?;
    let fits = !id.is_empty()
        && id.len() <= REQUEST_ID_BYTES_MAX
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    fits.then(|| id.to_owned())
}

/// Sixteen random hex digits.
fn new_id() -> String {
    format!("{:016x}", getrandom::u64().unwrap_or_default())
}
