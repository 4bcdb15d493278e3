//! One operation per worktree at a time, and locks that a killed git left behind.

use crate::command::failure;
use agency_domain::repositories::RepositoryError;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;

/// How long a lock may be somebody's who is just finishing: git holds the index for milliseconds, for seconds in the largest trees.
const LOCK_GRACE: Duration = Duration::from_secs(1);
/// How often it is looked at meanwhile.
const LOCK_POLL: Duration = Duration::from_millis(50);

/// Held while an operation of ours changes a worktree. Entries that nobody holds are dropped when the next one is made.
#[derive(Debug, Default)]
pub(crate) struct WorktreeLocks {
    by_path: Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<()>>>>,
}

impl WorktreeLocks {
    pub(crate) async fn hold(&self, worktree: &Path) -> OwnedMutexGuard<()> {
        let lock = {
            let mut by_path = self.by_path.lock().unwrap_or_else(PoisonError::into_inner);
            by_path.retain(|_, lock| Arc::strong_count(lock) > 1);
            by_path.entry(worktree.to_owned()).or_default().clone()
        };
        lock.lock_owned().await
    }
}

/// Removes the lock of the worktree's index where no git works in the worktree any more. The caller holds the worktree's lock, so that
/// the index lock is none of ours.
pub(crate) async fn clear_stale_index_lock(git_dir: &Path, worktree: &Path) -> Result<(), RepositoryError> {
    let lock = git_dir.join("index.lock");
    let mut waited = Duration::ZERO;
    while lock.exists() {
        if waited >= LOCK_GRACE {
            if let Some(process) = git_that_works_in(&[git_dir, worktree]) {
                let what = format!("process {process} is a git that works in this worktree, and may hold {lock:?}");
                return Err(failure("lock", format!("{what}: wait for it or end it, and try again")));
            }
            tracing::warn!(?lock, "removed the index lock that a killed git left");
            return match std::fs::remove_file(&lock) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failure("lock", error.to_string())),
                Ok(()) | Err(_) => Ok(()),
            };
        }
        tokio::time::sleep(LOCK_POLL).await;
        waited += LOCK_POLL;
    }
    Ok(())
}

/// A process named git that has its working directory in one of these. Where there is no `/proc`, the wait has to do.
fn git_that_works_in(dirs: &[&Path]) -> Option<u32> {
    let dirs: Vec<PathBuf> = dirs.iter().filter_map(|dir| dir.canonicalize().ok()).collect();
    std::fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let is_git = std::fs::read_to_string(process.path().join("comm")).is_ok_and(|name| name.trim_end() == "git");
        let works_here = || std::fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| dirs.iter().any(|dir| cwd.starts_with(dir)));
        let id = process.file_name().to_str()?.parse().ok()?;
        (is_git && works_here()).then_some(id)
    })
}
