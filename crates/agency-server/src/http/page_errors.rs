//! `/api/v1/page-errors`: a page that broke says so, because its reader may not.

use super::input::Json;
use super::problem::Failure;
use actix_web::{HttpResponse, post};
use agency_contract::{PageError, Problem};

/// A panic's message has some hundred characters; a log line shall stay one that can be read.
const MESSAGE_CHARACTERS_MAX: usize = 4_000;
/// Places of the page are short.
const PATH_CHARACTERS_MAX: usize = 200;

/// Tell the server's log that the page broke.
#[utoipa::path(tag = "system", request_body = PageError,
    responses(
        (status = 204, description = "It is in the log"),
        (status = 400, description = "What does not fit, field by field", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/page-errors")]
pub(super) async fn report(Json(PageError { message, path }): Json<PageError>) -> Result<HttpResponse, Failure> {
    let message: String = message.chars().take(MESSAGE_CHARACTERS_MAX).collect();
    let path: String = path.chars().take(PATH_CHARACTERS_MAX).collect();
    // Quoted, so that a message of several lines stays one line of the log.
    tracing::error!(error = ?message, ?path, "the page broke in somebody's browser");
    Ok(HttpResponse::NoContent().finish())
}
