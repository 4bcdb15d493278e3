//! Files that are attached to a request.

use serde::{Deserialize, Serialize};

/// A file as it is sent with a request: a PNG, JPEG, GIF or WebP picture, a PDF, or a text in UTF-8.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewAttachment {
    /// Kept as a plain file name, unique among the attachments.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What the content is, its first bytes say; where this says something else, the request is refused. Any type of text will do for a text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub media_type: String,
    /// The content in base64. At most 5 MB of content, and 10 MB of all attachments together.
    #[cfg_attr(feature = "openapi", schema(format = Byte))]
    pub data: String,
}

/// A file that is attached to a pipeline's request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attachment {
    pub name: String,
    /// `image/png`, `image/jpeg`, `image/gif`, `image/webp`, `application/pdf`, or `text/plain` for every text.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// Of the content; lower-case hex.
    pub sha256: String,
    /// Where the content is read.
    pub href: String,
}

/// A file as an attempt was sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SentAttachment {
    pub name: String,
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// Of the content; lower-case hex.
    pub sha256: String,
}
