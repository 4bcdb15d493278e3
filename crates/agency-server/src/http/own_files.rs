//! What templates and agents share: the texts of their files, and changes to the user's own.

use super::mapping;
use super::problem::Failure;
use super::templates::{InRepository, repository};
use crate::state::State;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ETag, EntityTag};
use actix_web::{HttpRequest, HttpResponse};
use agency_contract::{CheckFile, CheckedFile, FileText, PutFile};
use agency_domain::templates::{EditError, Expected, ItemKind, Written};
use serde::Serialize;
use std::path::Path;

/// The file of this name that counts, and those behind it.
pub(super) async fn text(state: &State, kind: ItemKind, name: &str, query: &InRepository) -> Result<FileText, Failure> {
    let repo = repository(query)?;
    let versions = state.own_files.versions(kind, name, repo.map(Path::new)).await?;
    mapping::catalog::file_text(versions).ok_or_else(|| missing(kind, name))
}

/// An answer that names its version.
pub(super) fn versioned(status: StatusCode, sha256: Option<&str>, body: &impl Serialize) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    if let Some(sha256) = sha256 {
        answer.insert_header(ETag(EntityTag::new_strong(sha256.to_owned())));
    }
    answer.json(body)
}

pub(super) async fn check(state: &State, kind: ItemKind, body: &CheckFile, query: &InRepository) -> Result<CheckedFile, Failure> {
    let repo = repository(query)?;
    match state.own_files.check(kind, body.name.as_deref(), &body.content, repo.map(Path::new)).await {
        Ok(template) => {
            let steps = template.map(|template| mapping::catalog::steps(&template)).unwrap_or_default();
            Ok(CheckedFile { valid: true, errors: Vec::new(), steps })
        }
        Err(EditError::Faults(faults)) => {
            let errors = faults.into_iter().map(mapping::catalog::text_fault).collect();
            Ok(CheckedFile { valid: false, errors, steps: Vec::new() })
        }
        Err(error) => Err(failure(kind, body.name.as_deref().unwrap_or_default(), error)),
    }
}

/// Writes it even where the client has gone: half a change would be worse than one that nobody waited for.
pub(super) async fn put(
    request: &HttpRequest,
    state: &State,
    kind: ItemKind,
    name: &str,
    body: PutFile,
    query: &InRepository,
) -> Result<Written, Failure> {
    let repo = repository(query)?.map(std::path::PathBuf::from);
    let (own_files, expected, named) = (state.own_files.clone(), expected(request)?, name.to_owned());
    let work = async move { own_files.put(kind, &named, &body.content, expected, repo.as_deref()).await };
    state.change(work).await?.map_err(|error| failure(kind, name, error))
}

pub(super) async fn remove(request: &HttpRequest, state: &State, kind: ItemKind, name: &str) -> Result<HttpResponse, Failure> {
    let (own_files, expected, named) = (state.own_files.clone(), expected(request)?, name.to_owned());
    let work = async move { own_files.remove(kind, &named, expected).await };
    state.change(work).await?.map_err(|error| failure(kind, name, error))?;
    Ok(HttpResponse::NoContent().finish())
}

/// The version that the caller has seen: `If-Match: "<sha256>"`, or `*`.
fn expected(request: &HttpRequest) -> Result<Expected, Failure> {
    let Some(value) = request.headers().get(header::IF_MATCH) else { return Ok(Expected::Nothing) };
    let value = value.to_str().unwrap_or("?").trim();
    let is_hash = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match value.trim_matches('"') {
        "*" => Ok(Expected::Anything),
        hash if is_hash(hash) => Ok(Expected::Version(hash.to_ascii_lowercase())),
        _other => Err(Failure::invalid_field("If-Match", "write the sha256 of the version that you change, in double quotes, or *")),
    }
}

fn missing(kind: ItemKind, name: &str) -> Failure {
    Failure::not_found(format!("{} {name:?}", mapping::catalog::noun(kind)))
}

fn failure(kind: ItemKind, name: &str, error: EditError) -> Failure {
    match error {
        EditError::Missing => missing(kind, name),
        EditError::BuiltIn => Failure::conflict(format!(
            "The {} {name} is built in: there is nothing of yours to remove. To have another in its place, PUT one.",
            mapping::catalog::noun(kind)
        )),
        EditError::Needed(templates) => Failure::conflict(format!(
            "The agent {name} is named by the template{} {}: change or remove {} first.",
            if templates.len() == 1 { "" } else { "s" },
            templates.join(", "),
            if templates.len() == 1 { "it" } else { "them" }
        )),
        other => other.into(),
    }
}
