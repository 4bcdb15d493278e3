//! The end of what a process printed, for the text of errors. It is never logged.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Enough for a stack trace, little enough for an error text.
const BYTES_MAX: usize = 4 * 1024;

/// The newest bytes of stdout and stderr together.
#[derive(Default)]
pub(super) struct LogTail {
    bytes: Mutex<VecDeque<u8>>,
    /// Values that must not be shown, whatever prints them.
    secrets: Vec<String>,
}

impl LogTail {
    pub(super) fn new(secrets: Vec<String>) -> Self {
        Self { bytes: Mutex::default(), secrets: secrets.into_iter().filter(|secret| !secret.is_empty()).collect() }
    }

    pub(super) fn push(&self, bytes: &[u8]) {
        let mut kept = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(bytes);
        let excess = kept.len().saturating_sub(BYTES_MAX);
        kept.drain(..excess);
    }

    /// What is kept, as it was printed.
    pub(super) fn raw(&self) -> String {
        let kept: Vec<u8> = self.bytes.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        String::from_utf8_lossy(&kept).into_owned()
    }

    /// What is kept, with secrets blotted out: for people.
    pub(super) fn text(&self) -> String {
        let text = self.raw().trim().to_owned();
        self.secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), "[secret]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_and_secrets_are_blotted_out() {
        let log = LogTail::new(vec!["hunter2".into(), String::new()]);
        log.push(&[b'x'; 10_000]);
        log.push(b" the key is hunter2\n");
        let text = log.text();
        assert!(text.len() <= BYTES_MAX && text.ends_with("the key is [secret]"), "{text}");
    }
}
