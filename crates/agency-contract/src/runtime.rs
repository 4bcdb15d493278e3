//! Health, readiness and the state of OpenCode.

use serde::{Deserialize, Serialize};

/// `GET /health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// Always `ok`: a server that cannot say so does not answer.
    pub status: String,
    pub version: String,
}

/// `GET /ready`: 200 when every part is ready, else 503.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ready {
    pub ready: bool,
    pub database: CheckState,
    pub opencode: CheckState,
    pub disk: CheckState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckState {
    pub ok: bool,
    /// One sentence, with what to do where it is not ok.
    pub detail: String,
}

/// `GET /api/v1/opencode`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenCode {
    pub found: bool,
    pub path: Option<String>,
    pub version: Option<String>,
    /// Whether this version is one that we drive.
    pub supported: bool,
    /// The versions that we drive, for people: `1.18.x`.
    pub supported_versions: String,
    pub how_to_install: String,
    /// Whether a model provider is configured; without one only the demo can run.
    pub provider_configured: bool,
    /// `provider/model` that is used where nothing else is named.
    pub default_model: Option<String>,
    pub running: Vec<RunningServer>,
    pub demo: Demo,
}

/// `POST /api/v1/page-errors`: what a page says of itself when it has broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageError {
    /// What broke and where in the page's code. At most 4,000 characters of it are kept.
    pub message: String,
    /// Which place of the page was open, without its query.
    pub path: String,
}

/// One OpenCode server of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunningServer {
    pub pipeline_id: i64,
    /// The question that it answers; `null` where it is the run's own.
    pub question_id: Option<i64>,
    pub pid: u32,
    pub started_at: String,
}

/// Whether `POST /api/v1/demo` starts the scripted demo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Demo {
    pub available: bool,
}
