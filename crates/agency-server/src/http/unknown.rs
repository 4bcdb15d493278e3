//! Requests that no route takes: a wrong method, a file of the page, the page itself, or nothing.

use super::docs::{self, Route};
use super::page;
use super::problem::Failure;
use super::sign_in;
use crate::state::State;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use agency_contract::code;

pub(crate) async fn answer(request: HttpRequest) -> HttpResponse {
    let path = request.path();
    if let Some(route) = docs::all_routes().iter().find(|route| matches(route, path)) {
        return method_not_allowed(&route.methods.join(", "));
    }
    let is_ours = ["/api", "/mcp", "/docs"]
        .iter()
        .any(|prefix| path == *prefix || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')));
    if is_ours {
        return nothing_here(path);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return method_not_allowed("GET, HEAD");
    }
    if let Some(file) = page::file(&request) {
        return file;
    }
    if !wants_page(&request) {
        return nothing_here(path);
    }
    let caller = request.app_data::<web::Data<State>>().and_then(|state| sign_in::caller(&request, &state.access));
    page::index(caller.map(|caller| caller.rights).unwrap_or_default())
}

fn nothing_here(path: &str) -> HttpResponse {
    Failure::not_found(format!("{path:?} here; GET /docs lists what there is")).response()
}

fn method_not_allowed(allowed: &str) -> HttpResponse {
    let failure = Failure::new(
        StatusCode::METHOD_NOT_ALLOWED,
        code::METHOD_NOT_ALLOWED,
        "The method does not exist here",
        format!("This address takes {allowed}."),
    );
    let mut response = failure.response();
    if let Ok(value) = header::HeaderValue::from_str(allowed) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

fn matches(route: &Route, path: &str) -> bool {
    let mut expected = route.path.split('/');
    let mut given = path.split('/');
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return true,
            (Some(expected), Some(given)) if expected == given || (expected.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

/// A browser that navigates: it accepts HTML, and asks for a place rather than a file.
fn wants_page(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // A place within a pipeline may end in a file's name.
    let is_file = request.path().rsplit('/').next().unwrap_or_default().contains('.') && !request.path().starts_with("/pipelines/");
    let is_place = !is_file;
    is_place && (accept.contains("text/html") || (request.path() == "/" && (accept.is_empty() || accept.contains("*/*"))))
}
