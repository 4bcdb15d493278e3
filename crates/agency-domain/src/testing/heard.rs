//! A sink that remembers what it heard.

use crate::pipelines::{EventSink, Recorded};
use std::sync::{Arc, Mutex, PoisonError};

/// Remembers every fact in the order of its publication.
#[derive(Debug, Default)]
pub struct Heard {
    facts: Mutex<Vec<Arc<Recorded>>>,
}

impl Heard {
    /// Everything so far, oldest first.
    pub fn facts(&self) -> Vec<Recorded> {
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.iter().map(|fact| Recorded::clone(fact)).collect()
    }
}

impl EventSink for Heard {
    fn publish(&self, facts: &[Arc<Recorded>]) {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(facts);
    }
}
