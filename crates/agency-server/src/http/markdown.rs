//! `/api/v1/markdown`: a text as it will be shown, before anything is made of it. Changes nothing.

use super::input::Json;
use super::problem::Failure;
use crate::markdown::preview;
use actix_web::{post, web};
use agency_contract::{Problem, RenderMarkdown, RenderedMarkdown};

/// As much as the description of a request may have.
const TEXT_BYTES_MAX: usize = 200_000;

/// Render Markdown, and sanitise what comes of it.
#[utoipa::path(tag = "system", request_body = RenderMarkdown,
    responses(
        (status = 200, body = RenderedMarkdown),
        (status = 400, description = "The text is too long", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/markdown")]
pub(super) async fn render(Json(RenderMarkdown { text }): Json<RenderMarkdown>) -> Result<web::Json<RenderedMarkdown>, Failure> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Failure::invalid_field("text", format!("use at most {TEXT_BYTES_MAX} bytes")));
    }
    // A long text takes a moment, which other requests do not wait for.
    let html = web::block(move || preview(&text)).await.map_err(|error| Failure::internal("rendering Markdown", &error))?;
    Ok(web::Json(RenderedMarkdown { html }))
}
