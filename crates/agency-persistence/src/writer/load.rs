//! What the writer has done and has to do, for whoever watches the server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper ends of the classes that commits are counted in: one sync of a good disk, of a slow one, and the wait for another process's lock.
pub const COMMIT_CLASSES: [Duration; 7] = [
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(10),
];

/// The writer's load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterLoad {
    /// Writes that wait for their turn now.
    pub waiting: u64,
    /// Commits by the class of [`COMMIT_CLASSES`] that they fell into, and in the end those that took longer.
    pub commits: [u64; COMMIT_CLASSES.len() + 1],
    /// Of all commits together.
    pub spent: Duration,
    /// Batches that the database did not take.
    pub failures: u64,
}

/// Counts; shared by the task and its door.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    commits: [AtomicU64; COMMIT_CLASSES.len() + 1],
    spent_us: AtomicU64,
    failures: AtomicU64,
}

impl Gauge {
    pub(super) fn committed(&self, took: Duration) {
        let class = COMMIT_CLASSES.iter().position(|end| took <= *end).unwrap_or(COMMIT_CLASSES.len());
        self.commits[class].fetch_add(1, Ordering::Relaxed);
        self.spent_us.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self, waiting: usize) -> WriterLoad {
        WriterLoad {
            waiting: waiting as u64,
            commits: std::array::from_fn(|class| self.commits[class].load(Ordering::Relaxed)),
            spent: Duration::from_micros(self.spent_us.load(Ordering::Relaxed)),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }
}
