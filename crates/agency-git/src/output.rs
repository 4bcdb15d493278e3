//! What a git process prints: all of it read, so that it is never stopped by a full pipe, and a bounded part of it kept.

use crate::command::{failure, text};
use agency_domain::repositories::RepositoryError;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;

/// How much of standard error is kept; the end of it says what was wrong.
const DETAIL_BYTES_MAX: usize = 2_000;

/// What a process that ended left.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) success: bool,
    pub(crate) stdout: Vec<u8>,
    /// Whether more was printed than the call keeps.
    pub(crate) cut: bool,
    detail: String,
}

impl Output {
    /// Whether git found no repository, or a bare one, rather than one that it cannot read. Its messages are in English: see `LC_ALL`.
    pub(crate) fn says_no_repository(&self) -> bool {
        ["not a git repository", "cannot use bare repository"].iter().any(|words| self.detail.contains(words))
    }

    pub(crate) fn into_failure(self, operation: &str) -> RepositoryError {
        failure(operation, self.detail)
    }
}

/// Feeds a process, reads it to its end and waits for it.
pub(crate) async fn collect(mut child: Child, input: Option<&[u8]>, bytes_max: usize) -> std::io::Result<Output> {
    let stdin = child.stdin.take();
    let stdout = child.stdout.take().expect("stdout is piped");
    let stderr = child.stderr.take().expect("stderr is piped");
    let write = async {
        if let (Some(mut pipe), Some(bytes)) = (stdin, input) {
            // git may end before it has read everything; its exit code then says more than the broken pipe.
            let _ = pipe.write_all(bytes).await;
        }
    };
    let ((), out, error) = tokio::join!(write, read_first(stdout, bytes_max), read_last(stderr, DETAIL_BYTES_MAX));
    let (stdout, cut) = out?;
    let status = child.wait().await?;
    let mut detail = text(&error?).trim().to_owned();
    if detail.is_empty() {
        detail = status.to_string();
    }
    Ok(Output { success: status.success(), stdout, cut, detail })
}

/// Reads to the end and keeps the first bytes, so that the writer is never stopped by a full pipe.
async fn read_first(mut pipe: impl AsyncRead + Unpin, bytes_max: usize) -> std::io::Result<(Vec<u8>, bool)> {
    let mut kept = Vec::new();
    let mut cut = false;
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let count = pipe.read(&mut chunk).await?;
        if count == 0 {
            return Ok((kept, cut));
        }
        let room = bytes_max - kept.len();
        cut |= count > room;
        kept.extend_from_slice(&chunk[..count.min(room)]);
    }
}

/// Reads to the end and keeps the last bytes.
async fn read_last(mut pipe: impl AsyncRead + Unpin, bytes_max: usize) -> std::io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let mut chunk = vec![0; 8 * 1024];
    loop {
        let count = pipe.read(&mut chunk).await?;
        if count == 0 {
            return Ok(kept);
        }
        kept.extend_from_slice(&chunk[..count]);
        kept.drain(..kept.len().saturating_sub(bytes_max));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn output_beyond_the_limit_is_dropped_and_said_to_be() {
        let (kept, cut) = read_first(&b"0123456789"[..], 4).await.unwrap();
        assert_eq!((kept.as_slice(), cut), (&b"0123"[..], true));
        assert_eq!(read_last(&b"0123456789"[..], 4).await.unwrap(), b"6789");
    }
}
