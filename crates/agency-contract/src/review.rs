//! What a person remarks on lines of a diff.

use serde::{Deserialize, Serialize};

/// Which text of a diff a line number counts in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DiffSide {
    /// As it is after the change.
    #[default]
    New,
    /// As it was before.
    Old,
}

/// A remark on a line, or on a range of lines, of a diff.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineComment {
    /// Path from the repository's top, as the diff names it.
    pub file: String,
    /// From 1. The first line, where `end_line` says that there are several.
    pub line: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    #[serde(default)]
    pub side: DiffSide,
    /// The lines as they were shown, so that the remark can be understood once they have changed. At most 4,000 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// At most 4,000 bytes.
    pub text: String,
}
