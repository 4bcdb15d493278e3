//! A clock that stands still until it is told to go on.

use crate::{Clock, Timestamp};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A settable clock.
#[derive(Debug)]
pub struct TestClock {
    now: Mutex<Timestamp>,
}

impl Default for TestClock {
    /// Some day at noon.
    fn default() -> Self {
        Self::at("2026-11-23T12:00:00Z".parse().expect("a valid time"))
    }
}

impl TestClock {
    pub fn at(now: Timestamp) -> Self {
        Self { now: Mutex::new(now) }
    }

    pub fn set(&self, now: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Goes on, and answers the new time.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
        *now
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
