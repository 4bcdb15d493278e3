//! Markdown as the page shows it.

use serde::{Deserialize, Serialize};

/// `POST /api/v1/markdown`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenderMarkdown {
    /// At most 200,000 bytes, as the description of a request.
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenderedMarkdown {
    /// Sanitised: safe to insert into a page as it is. Without images, and raw HTML is shown as text.
    pub html: String,
}
