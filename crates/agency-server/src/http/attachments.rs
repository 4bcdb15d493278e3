//! `/api/v1/pipelines/{id}/attachments/{place}`: what is attached to a request. Hostile, as everything that somebody sends: a browser may show its
//! pictures, and nothing of it runs.

use super::input::BODY_BYTES_MAX;
use super::problem::Failure;
use crate::state::State;
use actix_web::http::header::{self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue};
use actix_web::{HttpRequest, HttpResponse, get, web};
use agency_contract::{FieldError, NewAttachment, Problem};
use agency_domain::PipelineId;
use agency_domain::attachments::{Attachment, GivenFile, MediaType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Largest body of a request with attachments: 10 MiB of content are 14 in base64.
pub(super) const REQUEST_BYTES_MAX: usize = 14 * 1024 * 1024 + BODY_BYTES_MAX;
/// Nothing loads, nothing runs, and what is opened by itself has an origin that is nobody's.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";
/// What is attached never changes. `private`: a cache between does not know who may read.
const FOR_EVER: &str = "private, max-age=31536000, immutable";

/// The contents out of their base64, faults by their fields.
pub(super) fn given_files(attachments: Vec<NewAttachment>) -> Result<Vec<GivenFile>, Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut files = Vec::new();
    for (place, NewAttachment { name, media_type, data }) in attachments.into_iter().enumerate() {
        match STANDARD.decode(data.as_bytes()) {
            Ok(content) => files.push(GivenFile { name, media_type, content }),
            Err(error) => {
                let message = format!("write the content in base64, with its padding and without line breaks: {error}");
                faults.push(FieldError::new(format!("attachments[{place}].data"), message));
            }
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(faults) }
}

/// A file that is attached to a pipeline's request.
#[utoipa::path(tag = "pipelines", params(("id" = i64, Path), ("place" = u32, Path, description = "Its place among the attachments, from 0")),
    responses(
        (status = 200, description = "The content, as the media type that the pipeline names", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, description = "There is no such pipeline or attachment", body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/pipelines/{id}/attachments/{place}")]
pub(super) async fn get(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Failure> {
    let part = |name: &str| request.match_info().get(name).unwrap_or_default().to_owned();
    let missing = || Failure::not_found(format!("attachment {:?} of pipeline {:?}", part("place"), part("id")));
    let id = part("id").parse().map(PipelineId).map_err(|_| missing())?;
    let place: u32 = part("place").parse().map_err(|_| missing())?;
    let pipeline = state.pipeline(id).await?;
    let about = usize::try_from(place).ok().and_then(|place| pipeline.attachments.get(place)).ok_or_else(missing)?;
    let content = state.engine.ports().store.attachment(id, place).await?.ok_or_else(missing)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type(about.media_type)))
        .insert_header(disposition(about))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, FOR_EVER))
        .insert_header((header::ETAG, format!("\"{}\"", about.sha256)))
        .body(web::Bytes::from_owner(content)))
}

fn content_type(kind: MediaType) -> String {
    if kind == MediaType::Text { format!("{kind}; charset=utf-8") } else { kind.to_string() }
}

/// Only pictures of dots are shown where they are; all else is saved.
fn disposition(about: &Attachment) -> ContentDisposition {
    let disposition = if about.media_type.is_image() { DispositionType::Inline } else { DispositionType::Attachment };
    let name = if about.name.is_ascii() {
        DispositionParam::Filename(about.name.clone())
    } else {
        let value = about.name.clone().into_bytes();
        DispositionParam::FilenameExt(ExtendedValue { charset: Charset::Ext("UTF-8".into()), language_tag: None, value })
    };
    ContentDisposition { disposition, parameters: vec![name] }
}
