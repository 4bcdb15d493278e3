//! Two pipelines side by side, texts ready for people.

use crate::PipelineStatus;
use serde::{Deserialize, Serialize};

/// `GET /pipelines/{id}/compare/{other}`: `left` is `id`, `right` is `other`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Comparison {
    pub left: ComparedPipeline,
    pub right: ComparedPipeline,
    pub rows: Vec<ComparisonRow>,
    /// What either has changed since its base, by path; at most 1,000.
    pub files: Vec<ComparedFile>,
    /// How many there are.
    pub files_total: u32,
    /// Why the files cannot be compared; `files` is empty then.
    pub files_unknown: Option<String>,
}

/// What stands above a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComparedPipeline {
    pub id: i64,
    pub title: String,
    pub status: PipelineStatus,
    pub template: String,
    pub model: Option<String>,
    pub scripted: bool,
    pub branch: String,
    pub base_commit: String,
    pub head_commit: String,
    pub forked_from: Option<ComparedOrigin>,
    /// What its figures leave out: `The 2 steps taken over from pipeline 7 are not counted.`
    pub note: Option<String>,
}

/// Where a fork comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComparedOrigin {
    pub pipeline_id: i64,
    /// Place in the chain, from 1, of the last step that was taken over; `null` where nobody knows any more.
    pub step: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ComparedSide {
    Left,
    Right,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComparisonRow {
    /// `Time at work`.
    pub what: String,
    /// `4 min 12 s`; `unknown` where nobody knows.
    pub left: String,
    pub right: String,
    /// `null` where they are the same, one is unknown, or neither is better than the other.
    pub better: Option<ComparedSide>,
}

/// A file that at least one of the two has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComparedFile {
    pub path: String,
    /// `null` where it is as in the base.
    pub left: Option<ChangedLines>,
    pub right: Option<ChangedLines>,
    /// Whether its content is the same at the tips of both.
    pub same: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedLines {
    pub added: u32,
    pub removed: u32,
}
