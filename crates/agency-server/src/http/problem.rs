//! Errors on the wire: one shape (RFC 9457), stable codes, and the one place where inner errors become outer ones.
//!
//! Handlers answer `Result<_, Failure>`. What a person cannot act on stays in the log.

use super::mapping;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use agency_contract::{FieldError, Problem, code};
use agency_domain::pipelines::{Refused, StoreError};
use agency_domain::repositories::RepositoryError;
use agency_domain::templates::{CatalogError, EditError};
use agency_engine::{CreateError, UseCaseError};
use std::fmt;

/// `application/problem+json`.
pub(crate) const CONTENT_TYPE: &str = "application/problem+json";
/// A place in the queue becomes free when a run ends, which takes minutes.
const QUEUE_RETRY_AFTER_SECONDS: u16 = 30;
/// After this many seconds a database that was busy or full is worth another try.
const RETRY_AFTER_SECONDS: u16 = 5;

/// A problem on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure(Box<Problem>);

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem {
            type_uri: format!("/problems/{code}"),
            title: title.into(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.into(),
            errors: Vec::new(),
        }))
    }

    #[must_use]
    pub(crate) fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// Input that does not fit, field by field.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [] => "The request does not fit.".to_owned(),
            [one] => format!("{}: {}", one.field, one.message),
            many => format!("{} fields do not fit; `errors` says which and why.", many.len()),
        };
        Self::new(StatusCode::BAD_REQUEST, code::INVALID_INPUT, "The input does not fit", detail).with_errors(errors)
    }

    pub(crate) fn invalid_field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, message)])
    }

    pub(crate) fn not_found(what: impl fmt::Display) -> Self {
        let detail = format!("There is no {what}.");
        Self::new(StatusCode::NOT_FOUND, code::NOT_FOUND, "Not found", detail)
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code::STATE_CONFLICT, "The state forbids it", detail)
    }

    /// Something that no caller can mend: the cause goes into the log, and nothing of it out.
    pub(crate) fn internal(doing: &str, cause: &dyn fmt::Display) -> Self {
        tracing::error!(doing, %cause, "a request failed");
        let detail = "The server failed; its log says why, under this answer's X-Request-Id.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, code::INTERNAL, "The server failed", detail)
    }

    pub(crate) fn response(&self) -> HttpResponse {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut builder = HttpResponse::build(status);
        builder.insert_header((header::CONTENT_TYPE, CONTENT_TYPE));
        builder.insert_header((header::CACHE_CONTROL, "no-store"));
        let retry_after = match status {
            StatusCode::SERVICE_UNAVAILABLE => Some(RETRY_AFTER_SECONDS),
            StatusCode::TOO_MANY_REQUESTS => Some(QUEUE_RETRY_AFTER_SECONDS),
            _ => None,
        };
        if let Some(seconds) = retry_after {
            builder.insert_header((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        builder.body(serde_json::to_vec(&self.0).expect("a problem is plain data"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

impl std::error::Error for Failure {}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        self.response()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::conflict("Somebody else changed the pipeline at the same moment. Load it again and repeat."),
            StoreError::Fenced => Self::conflict("Another server carries this pipeline out now."),
            StoreError::BranchTaken { branch, held_by } => branch_taken(format!(
                "The branch {branch} is held by pipeline {held_by}, which has not ended. Name another branch, or leave it out."
            )),
            StoreError::KeyReused => Self::new(
                StatusCode::CONFLICT,
                code::IDEMPOTENCY_MISMATCH,
                "This Idempotency-Key was used before",
                "The same Idempotency-Key came with another request earlier. Use a new key for a new request.",
            ),
            StoreError::Missing => Self::not_found("such thing"),
            StoreError::Unavailable(cause) => {
                tracing::error!(%cause, "the database is not available");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    code::DATABASE_UNAVAILABLE,
                    "The database is not available",
                    "The database cannot be read or written now. Check the disk's free space and `GET /ready`, then try again.",
                )
            }
            corrupt @ StoreError::Corrupt { .. } => Self::internal("reading the database", &corrupt),
        }
    }
}

/// The branch cannot be used, with what to do.
pub(crate) fn branch_taken(detail: String) -> Failure {
    let error = FieldError::new("branch", detail.clone());
    Failure::new(StatusCode::CONFLICT, code::BRANCH_TAKEN, "The branch is taken", detail).with_errors(vec![error])
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let text = sentence(&refused.to_string());
        match refused {
            Refused::Conflict(_) => Self::conflict(text),
            Refused::AlreadyDecided { .. } => {
                Self::new(StatusCode::CONFLICT, code::APPROVAL_DECIDED, "The approval is decided already", text)
            }
            Refused::Stale => Self::new(StatusCode::CONFLICT, code::APPROVAL_STALE, "The approval has changed", text),
            Refused::Invalid { field, message } => Self::invalid_field(field, message),
            Refused::NoSuch(what) => Self::not_found(what),
        }
    }
}

impl From<UseCaseError> for Failure {
    fn from(error: UseCaseError) -> Self {
        match error {
            UseCaseError::NotFound(what) => Self::not_found(what),
            UseCaseError::Refused(refused) => refused.into(),
            UseCaseError::Store(error) => error.into(),
        }
    }
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Self {
        let text = sentence(&error.to_string());
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code::CATALOG_BROKEN, "A template or agent file cannot be used", text)
    }
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        let text = sentence(&error.to_string());
        match error {
            EditError::Name(_) => Self::invalid_field("name", text),
            EditError::Faults(faults) => {
                let detail = match faults.as_slice() {
                    [one] => sentence(&one.message),
                    many => format!("{} places do not fit; `errors` says which and why. Nothing is written.", many.len()),
                };
                let errors = faults.into_iter().map(mapping::catalog::text_fault).collect();
                let title = "The text cannot be used as a file";
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, code::CATALOG_BROKEN, title, detail).with_errors(errors)
            }
            EditError::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, code::TOO_LARGE, "The text is too large", text),
            EditError::Stale { sha256 } => {
                let now = sha256
                    .map_or_else(|| "It is gone, or cannot be read.".to_owned(), |hash| format!("What counts now has the sha256 {hash}."));
                let detail = format!("{now} Load it, take its changes over, and send If-Match with its sha256.");
                Self::new(StatusCode::CONFLICT, code::CATALOG_STALE, "Another version of this file counts by now", detail)
            }
            EditError::Missing => Self::not_found("such file"),
            EditError::Unable(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, code::FORM_UNABLE, "The form cannot make this change", text)
            }
            EditError::BuiltIn | EditError::Needed(_) | EditError::NoPlace => Self::conflict(text),
            EditError::Unwritable { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, code::CATALOG_UNWRITABLE, "The file cannot be written", text)
            }
            EditError::Catalog(error) => error.into(),
        }
    }
}

impl From<CreateError> for Failure {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Invalid(faults) => {
                Self::invalid(faults.into_iter().map(|fault| FieldError::new(fault.field, fault.message)).collect())
            }
            CreateError::Catalog(error) => error.into(),
            CreateError::BranchTaken(text) => branch_taken(sentence(&text)),
            CreateError::RuntimeUnusable(text) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, code::OPENCODE_UNAVAILABLE, "OpenCode cannot be used", sentence(&text))
            }
            CreateError::NotFound(what) => Self::not_found(what),
            CreateError::Refused(text) => Self::conflict(sentence(&text)),
            CreateError::QueueFull { waiting, queue_max } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                code::QUEUE_FULL,
                "The queue is full",
                format!(
                    "{waiting} pipelines wait to be started, and at most {queue_max} may. Try again later, cancel some (`GET /api/v1/pipelines?status=queued`), \
                     or raise AGENCY_ENGINE__QUEUE_MAX."
                ),
            ),
            CreateError::Store(error) => error.into(),
        }
    }
}

impl From<RepositoryError> for Failure {
    fn from(error: RepositoryError) -> Self {
        match &error {
            RepositoryError::NoSuchDirectory { .. }
            | RepositoryError::NotARepository { .. }
            | RepositoryError::NoCommit { .. }
            | RepositoryError::UnknownBase { .. }
            | RepositoryError::AmbiguousBase { .. }
            | RepositoryError::DetachedHead { .. }
            | RepositoryError::BranchExists { .. }
            | RepositoryError::Vanished { .. }
            | RepositoryError::CommitGone { .. }
            | RepositoryError::Moved { .. } => Self::conflict(sentence(&error.to_string())),
            RepositoryError::NoRoom { .. } | RepositoryError::Git { .. } => Self::internal("asking git", &error),
        }
    }
}

/// A fragment as a sentence: the first letter large, a full stop at the end.
pub(crate) fn sentence(fragment: &str) -> String {
    let mut letters = fragment.trim().chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    let rest = letters.as_str();
    let end = if rest.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{rest}{end}")
}
