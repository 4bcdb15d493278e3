//! The kinds of files that can be attached, and how each is told by its first bytes.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What OpenCode can pass on to a model. All texts are one kind: the name says which text it is, and a text that is served as HTML would be a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaType {
    #[serde(rename = "image/png")]
    Png,
    #[serde(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/gif")]
    Gif,
    #[serde(rename = "image/webp")]
    Webp,
    #[serde(rename = "application/pdf")]
    Pdf,
    #[serde(rename = "text/plain")]
    Text,
}

/// What is text, although its type does not begin with `text/`.
const TEXTS: [&str; 8] = [
    "application/json",
    "application/xml",
    "application/yaml",
    "application/x-yaml",
    "application/toml",
    "application/javascript",
    "application/x-sh",
    "image/svg+xml",
];

impl MediaType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Text => "text/plain",
        }
    }

    /// The ending of a file that has no name of its own.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Pdf => "pdf",
            Self::Text => "txt",
        }
    }

    /// Whether a browser may show it by itself: pictures of dots run nothing.
    pub fn is_image(self) -> bool {
        match self {
            Self::Png | Self::Jpeg | Self::Gif | Self::Webp => true,
            Self::Pdf | Self::Text => false,
        }
    }

    /// What the content is; `None` where it is nothing that can be attached.
    pub fn of_content(content: &[u8]) -> Option<Self> {
        let begins = |magic: &[u8]| content.starts_with(magic);
        if begins(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if begins(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if begins(b"GIF87a") || begins(b"GIF89a") {
            Some(Self::Gif)
        } else if begins(b"RIFF") && content.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else if begins(b"%PDF-") {
            Some(Self::Pdf)
        } else {
            is_text(content).then_some(Self::Text)
        }
    }

    /// Whether whoever sends it may call it so.
    pub(super) fn is_called(self, media_type: &str) -> bool {
        let called = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match self {
            Self::Text => called.starts_with("text/") || called == "application/octet-stream" || TEXTS.contains(&called.as_str()),
            Self::Jpeg => called == "image/jpeg" || called == "image/jpg",
            Self::Png | Self::Gif | Self::Webp | Self::Pdf => called == self.as_str(),
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// UTF-8, and nothing that no text has.
fn is_text(content: &[u8]) -> bool {
    let is_fine = |letter: char| !letter.is_control() || matches!(letter, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}');
    std::str::from_utf8(content).is_ok_and(|text| text.chars().all(is_fine))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        for (content, kind) in [
            (&b"\x89PNG\r\n\x1a\n..."[..], Some(MediaType::Png)),
            (b"\xff\xd8\xff\xe0", Some(MediaType::Jpeg)),
            (b"GIF89a\x01", Some(MediaType::Gif)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(MediaType::Webp)),
            (b"RIFF\x10\0\0\0WAVE", None),
            (b"%PDF-1.7\n\xff", Some(MediaType::Pdf)),
            ("# Über\r\n\tall\x1b[0m".as_bytes(), Some(MediaType::Text)),
            (b"MZ\x90\0", None),
            (b"caf\xe9", None),
            (b"\0", None),
        ] {
            assert_eq!(MediaType::of_content(content), kind, "{content:?}");
        }
    }

    #[test]
    fn a_text_may_be_called_by_any_name_of_texts_and_a_picture_by_its_own_alone() {
        assert!(
            ["text/markdown", "Text/Plain; charset=utf-8", "application/json", "image/svg+xml"]
                .iter()
                .all(|name| MediaType::Text.is_called(name))
        );
        assert!(
            !MediaType::Text.is_called("image/png") && !MediaType::Png.is_called("image/gif") && !MediaType::Png.is_called("text/plain")
        );
        assert!(MediaType::Jpeg.is_called("image/jpg"));
        for kind in [MediaType::Png, MediaType::Jpeg, MediaType::Gif, MediaType::Webp, MediaType::Pdf, MediaType::Text] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert!(kind.is_called(kind.as_str()));
        }
    }
}
