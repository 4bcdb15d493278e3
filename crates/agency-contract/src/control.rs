//! What people do with a run: the bodies of the calls. In each, `by` is who the audit log shall name, `local user` where it is left out.

use crate::{Budget, PermissionScope};
use serde::{Deserialize, Serialize};

/// `POST /api/v1/pipelines/{id}/pause`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PausePipeline {
    /// Interrupts the attempt under way; without it, it ends first.
    #[serde(default)]
    pub now: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// `POST /api/v1/pipelines/{id}/resume`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResumePipeline {
    /// New ceilings; what is left out stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// `POST /api/v1/pipelines/{id}/retry`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetryStep {
    /// Where it is left out: of a run that failed, the step that could not be done; else the one that was attempted last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_id: Option<i64>,
    /// `provider/model` for this step from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Sent to the step's agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction: Option<String>,
    /// Remarks on lines of the diff; each is sent with its place and its excerpt, behind the text. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<crate::LineComment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// `POST /api/v1/pipelines/{id}/messages`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendMessage {
    /// At most 20,000 bytes, `comments` included. May be left out where there are `comments`.
    #[serde(default)]
    pub text: String,
    /// Remarks on lines of the diff; each is sent with its place and its excerpt, behind the text. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<crate::LineComment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// `POST /api/v1/pipelines/{id}/budget`. Ceilings that are left out stay.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeBudget {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// `POST /api/v1/pipelines/{id}/criteria/{criterion}/accept`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AcceptCriterion {
    /// Why it may be taken as met without evidence.
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// `POST /api/v1/requests/{id}/revoke`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevokePermission {
    /// Who takes it back, as the audit log shall name them. Defaults to `local user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// `POST /api/v1/requests/{id}/answer`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerRequest {
    /// Allow it, or deny it. A question is answered where this is true.
    pub allow: bool,
    /// How far a permission reaches that is allowed: `once`, which is the default, or what fits `patterns` from now on, in this `step` or the whole
    /// `pipeline`, until it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<PermissionScope>,
    /// What is allowed from now on, with `*` for anything and `?` for one character: each command of a line, or each path, must fit one. A line that
    /// writes into a file or has a command within a command must stand here as a whole. At most 20; the request's `suggested` where none are given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<String>,
    /// What the agent reads: the reason of a denial, the answer of a question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Who answers, as the audit log shall name them. Defaults to `local user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
}
