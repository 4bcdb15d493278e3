//! RFC 9457 problems: the one shape of every error.

use serde::{Deserialize, Serialize};

/// `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI reference that names the kind of problem: `/problems/<code>`.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// A short sentence, the same for every problem with this code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time and what to do about it.
    pub detail: String,
    /// Stable, snake_case; see [`code`].
    pub code: String,
    /// What was wrong with which field of the input.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// One fault in the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// A field of the request, with dots and indices: `steps[1].agent`.
    pub field: String,
    /// What is wrong with it and what to do.
    pub message: String,
    /// Of a text that was sent: the line of the fault, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// In characters, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl FieldError {
    /// A fault of a field, without a place in a text.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), line: None, column: None }
    }
}

/// The stable codes. Scripts branch on these; texts may change.
pub mod code {
    pub const INVALID_INPUT: &str = "invalid_input";
    pub const MALFORMED_JSON: &str = "malformed_json";
    pub const NOT_JSON: &str = "not_json";
    pub const NOT_FOUND: &str = "not_found";
    pub const METHOD_NOT_ALLOWED: &str = "method_not_allowed";
    pub const TOO_LARGE: &str = "too_large";
    pub const FOREIGN_HOST: &str = "foreign_host";
    pub const FOREIGN_ORIGIN: &str = "foreign_origin";
    pub const SIGN_IN_REQUIRED: &str = "sign_in_required";
    pub const NOT_ALLOWED: &str = "not_allowed";
    pub const STATE_CONFLICT: &str = "state_conflict";
    pub const BRANCH_TAKEN: &str = "branch_taken";
    pub const APPROVAL_STALE: &str = "approval_stale";
    pub const APPROVAL_DECIDED: &str = "approval_decided";
    pub const REQUEST_ANSWERED: &str = "request_answered";
    pub const IDEMPOTENCY_MISMATCH: &str = "idempotency_mismatch";
    pub const CATALOG_STALE: &str = "catalog_stale";
    pub const CATALOG_UNWRITABLE: &str = "catalog_unwritable";
    pub const CATALOG_BROKEN: &str = "catalog_broken";
    pub const FORM_UNABLE: &str = "form_unable";
    pub const OPENCODE_UNAVAILABLE: &str = "opencode_unavailable";
    pub const DEMO_UNAVAILABLE: &str = "demo_unavailable";
    pub const QUEUE_FULL: &str = "queue_full";
    pub const DATABASE_UNAVAILABLE: &str = "database_unavailable";
    pub const INTERNAL: &str = "internal";
}
