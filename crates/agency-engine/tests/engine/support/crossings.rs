//! A process that is killed on the border: each call of a port that reaches the world is a crossing, and at one of them the process ends,
//! before the call or after it took effect and before anybody learns of it.
//!
//! Ending means that nothing crosses any more; whoever waits for an answer waits for ever, until the test drops the whole runtime.

mod agents;
mod work;

pub(crate) use agents::KilledRuntime;
pub(crate) use work::{KilledChecks, KilledRepositories, KilledStore};

use std::future::{Future, pending};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// On which side of a crossing the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Nothing has happened yet.
    Before,
    /// It has happened, and nobody knows.
    After,
}

/// When a process ends, and what it has crossed until then.
#[derive(Default)]
pub(crate) struct Fate {
    /// The number of the crossing, from 1; `None` lives on.
    end: Option<(usize, Side)>,
    crossed: Mutex<Vec<String>>,
    is_dead: AtomicBool,
    died: Notify,
}

impl Fate {
    pub(crate) fn ending(end: Option<(usize, Side)>) -> Arc<Self> {
        Arc::new(Self { end, ..Self::default() })
    }

    /// What was crossed, in order.
    pub(crate) fn crossed(&self) -> Vec<String> {
        self.crossed.lock().unwrap().clone()
    }

    /// Waits for the end of the process.
    pub(crate) async fn died(&self) {
        self.died.notified().await;
    }

    /// Makes a call, unless the process ends first.
    pub(crate) async fn cross<T>(&self, what: impl Into<String>, call: impl Future<Output = T>) -> T {
        if self.is_dead.load(Ordering::SeqCst) {
            return pending().await;
        }
        let number = {
            let mut crossed = self.crossed.lock().unwrap();
            crossed.push(what.into());
            crossed.len()
        };
        self.end_at(number, Side::Before).await;
        let answer = call.await;
        self.end_at(number, Side::After).await;
        answer
    }

    async fn end_at(&self, number: usize, side: Side) {
        if self.end == Some((number, side)) {
            self.is_dead.store(true, Ordering::SeqCst);
            self.died.notify_one();
        }
        if self.is_dead.load(Ordering::SeqCst) {
            pending::<()>().await;
        }
    }
}
