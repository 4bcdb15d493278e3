//! Tasks with a name and a common end: nothing runs that nobody waits for.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Starts tasks and ends them. The server has one for its engine.
#[derive(Default)]
pub(crate) struct Supervisor {
    stop: CancellationToken,
    tasks: Mutex<Vec<(&'static str, JoinHandle<()>)>>,
}

impl Supervisor {
    /// A token that is cancelled when the tasks shall end.
    pub(crate) fn token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a task. It ends by itself when the token is cancelled.
    pub(crate) fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        let handle = tokio::spawn(async move {
            task.await;
            if !stop.is_cancelled() {
                tracing::error!(task = name, "a task ended before it was asked to");
            }
        });
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push((name, handle));
    }

    /// Asks all tasks to end and waits for each, at most `limit` for all together; what has not ended then is dropped.
    pub(crate) async fn shut_down(&self, limit: Duration) {
        self.stop.cancel();
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let deadline = tokio::time::Instant::now() + limit;
        for (name, mut task) in tasks {
            match tokio::time::timeout_at(deadline, &mut task).await {
                Ok(Ok(())) => tracing::debug!(task = name, "ended"),
                Ok(Err(error)) => tracing::error!(task = name, %error, "a task broke down"),
                Err(_) => {
                    tracing::warn!(task = name, "a task did not end in time and is dropped");
                    task.abort();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[tokio::test]
    async fn tasks_are_asked_to_end_and_waited_for() {
        let supervisor = Supervisor::default();
        let ended = Arc::new(AtomicBool::new(false));
        let (token, flag) = (supervisor.token(), Arc::clone(&ended));
        supervisor.spawn("test", async move {
            token.cancelled().await;
            flag.store(true, Ordering::SeqCst);
        });
        supervisor.shut_down(Duration::from_secs(10)).await;
        assert!(ended.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_task_that_does_not_end_is_dropped_at_the_limit() {
        let supervisor = Supervisor::default();
        supervisor.spawn("stubborn", std::future::pending());
        supervisor.shut_down(Duration::from_millis(10)).await;
    }
}
