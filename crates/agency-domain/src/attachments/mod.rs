//! What is attached to a request: files that every step of the pipeline is sent beside it.
//!
//! What a file is, its first bytes say, whatever its sender calls it; of texts there is one kind. Called by the engine when a pipeline is created.

mod check;
mod kind;
mod name;

pub use check::{GivenFile, check};
pub use kind::MediaType;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The bytes of a file. Shared, because they are held by a prompt and its delivery at the same time.
pub type Content = Arc<[u8]>;

/// What is known of an attachment without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// A plain file name, unique among those of its pipeline.
    pub name: String,
    pub media_type: MediaType,
    /// In bytes.
    pub size: u64,
    /// Of the content; lower-case hex.
    pub sha256: String,
}

/// An attachment with its content.
#[derive(Clone, PartialEq, Eq)]
pub struct AttachedFile {
    pub about: Attachment,
    pub content: Content,
}

impl fmt::Debug for AttachedFile {
    /// Without the content, which may be megabytes of somebody's screen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.about.fmt(f)
    }
}

/// A number of bytes for people: `640 bytes`, `12 kB`, `4.2 MB`.
pub fn size_in_words(bytes: u64) -> String {
    const KILO: u64 = 1024;
    match bytes {
        0..KILO => format!("{bytes} bytes"),
        _ if bytes < KILO * KILO => format!("{} kB", bytes / KILO),
        _ => format!("{}.{} MB", bytes / (KILO * KILO), bytes % (KILO * KILO) * 10 / (KILO * KILO)),
    }
}
