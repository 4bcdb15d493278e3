//! How a repository is opened within this process: isolated, with no configuration but its own, nothing from the environment, and
//! nothing that it names is started. On a thread that may be lost: a repository can hold a pipe where a file should be, and git,
//! unlike a thread, can be ended.

use gix::Repository;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Threads that may work at once, and with that be lost to such a repository.
const THREADS_MAX: usize = 4;
/// Work takes milliseconds: where no thread was free for so long, they are lost, and git is there sooner.
const FREE_WITHIN: Duration = Duration::from_secs(1);

/// Where the work is done.
#[derive(Debug)]
pub(crate) struct Threads {
    free: Arc<Semaphore>,
}

/// It did not end in time, and may end yet.
#[derive(Debug)]
pub(crate) struct OutOfTime;

impl Default for Threads {
    fn default() -> Self {
        Self { free: Arc::new(Semaphore::new(THREADS_MAX)) }
    }
}

impl Threads {
    /// `None` where the work says so, broke off, or was not begun because no thread is free.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> Option<T> + Send + 'static,
    ) -> Result<Option<T>, OutOfTime> {
        let Ok(Ok(thread)) = tokio::time::timeout(FREE_WITHIN.min(limit), Arc::clone(&self.free).acquire_owned()).await else {
            return Ok(None);
        };
        let held = move || {
            let _held = thread;
            work()
        };
        let done = tokio::time::timeout(limit, tokio::task::spawn_blocking(held)).await.map_err(|_| OutOfTime)?;
        Ok(done.ok().flatten())
    }
}

/// Opens the administrative directory, or the file that leads to it.
pub(crate) fn open(git_dir: &Path) -> Option<Repository> {
    // Who owns it makes no difference: nothing in it is run.
    let options = gix::open::Options::isolated().with(gix::sec::Trust::Full).config_overrides(["core.useReplaceRefs=false"]);
    options.open_path_as_is(true).open(git_dir).ok().map(|repository| repository.to_thread_local())
}

/// Whether the repository's configuration has none of these keys.
pub(crate) fn configures_none(repository: &Repository, keys: &[&str]) -> bool {
    let config = repository.config_snapshot();
    keys.iter().all(|key| config.string(key).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_was_not_begun_is_nothing_to_be_in_doubt_about() {
        let threads = Threads::default();
        let lost = Arc::clone(&threads.free).acquire_many_owned(4).await.unwrap();
        assert!(matches!(threads.run(Duration::ZERO, || Some(())).await, Ok(None)));
        drop(lost);
        assert!(matches!(threads.run(Duration::from_secs(30), || Some(())).await, Ok(Some(()))));
    }
}
