//! How far events were told, in a file of one number, so that a restart goes on there.

use std::path::{Path, PathBuf};

const FILE: &str = "webhook-delivered";

pub(super) struct Delivered {
    path: PathBuf,
    /// `None` until it was read, or written for the first time. What came since the file was written need not be told.
    last: Option<i64>,
}

impl Delivered {
    pub(super) fn at(directory: &Path) -> Self {
        Self { path: directory.join(FILE), last: None }
    }

    /// The event up to which all were told. Where nothing says so, or where it is beyond the newest (the database is another one), it is the newest.
    pub(super) async fn last_below(&mut self, head: i64) -> i64 {
        let known = match self.last {
            Some(last) => Some(last),
            None => tokio::fs::read_to_string(&self.path).await.ok().and_then(|text| text.trim().parse().ok()),
        };
        match known {
            Some(last) if last <= head => {
                self.last = Some(last);
                last
            }
            _ => {
                self.note(head).await;
                head
            }
        }
    }

    /// None up to this event need be told, as a restart would find out again.
    pub(super) fn pass(&mut self, event: i64) {
        self.last = Some(event);
    }

    /// All up to this event were told.
    pub(super) async fn note(&mut self, event: i64) {
        self.last = Some(event);
        let written = self.path.with_extension("new");
        let done = async {
            tokio::fs::write(&written, event.to_string()).await?;
            tokio::fs::rename(&written, &self.path).await
        };
        if let Err(error) = done.await {
            tracing::warn!(%error, path = %self.path.display(), "how far the webhook was told cannot be kept; after a restart it is told again");
        }
    }
}
