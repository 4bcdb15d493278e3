//! The one counter of the stream, and the facts of the batch that is being written.

use crate::mapping::to_milliseconds;
use agency_domain::pipelines::{Fact, Recorded};
use agency_domain::{PipelineId, Timestamp};
use std::sync::Arc;

/// Gives out sequences above the newest committed one. What a batch took is forgotten with it where it does not commit.
pub(crate) struct Sequence {
    last: i64,
    facts: Vec<Arc<Recorded>>,
}

/// A place to go back to.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    last: i64,
    facts: usize,
}

impl Sequence {
    pub(super) fn after(last: i64) -> Self {
        Self { last, facts: Vec::new() }
    }

    /// Notes a fact and answers its sequence.
    pub(crate) fn record(&mut self, pipeline_id: PipelineId, at: Timestamp, fact: Fact) -> i64 {
        self.last += 1;
        self.facts.push(Arc::new(Recorded { seq: self.last, pipeline_id, at: to_milliseconds(at), fact }));
        self.last
    }

    /// The newest sequence.
    pub(crate) fn last(&self) -> i64 {
        self.last
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { last: self.last, facts: self.facts.len() }
    }

    /// Forgets what came after the mark: its savepoint was rolled back.
    pub(super) fn rewind(&mut self, mark: Mark) {
        self.last = mark.last;
        self.facts.truncate(mark.facts);
    }

    pub(super) fn into_facts(self) -> Vec<Arc<Recorded>> {
        self.facts
    }
}
