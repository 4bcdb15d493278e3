//! The one counter of the stream, the end of the log's chain, and the facts of the batch that is being written.

use crate::mapping::to_milliseconds;
use agency_domain::pipelines::{ChainHash, Fact, Recorded, StoredEvent};
use agency_domain::{PipelineId, Timestamp};
use std::sync::Arc;

/// How far the stream and the chain of its events are.
#[derive(Clone, Copy)]
pub(super) struct Tip {
    /// The newest sequence.
    pub(super) seq: i64,
    /// The hash of the newest event.
    pub(super) hash: ChainHash,
}

/// Gives out sequences and hashes behind the newest committed ones. What a batch took is forgotten with it where it does not commit.
pub(crate) struct Sequence {
    tip: Tip,
    facts: Vec<Arc<Recorded>>,
}

/// A place to go back to.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    tip: Tip,
    facts: usize,
}

impl Sequence {
    pub(super) fn after(tip: Tip) -> Self {
        Self { tip, facts: Vec::new() }
    }

    /// Notes a fact and answers its sequence.
    pub(crate) fn record(&mut self, pipeline_id: PipelineId, at: Timestamp, fact: Fact) -> i64 {
        self.tip.seq += 1;
        self.facts.push(Arc::new(Recorded { seq: self.tip.seq, pipeline_id, at: to_milliseconds(at), fact }));
        self.tip.seq
    }

    /// Chains an event to the one before it and answers its hash. Events are chained in the order of their sequences.
    pub(crate) fn chain(&mut self, event: &StoredEvent<'_>) -> ChainHash {
        self.tip.hash = event.hash_after(self.tip.hash);
        self.tip.hash
    }

    /// The newest sequence.
    pub(crate) fn last(&self) -> i64 {
        self.tip.seq
    }

    pub(super) fn tip(&self) -> Tip {
        self.tip
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { tip: self.tip, facts: self.facts.len() }
    }

    /// Forgets what came after the mark: its savepoint was rolled back.
    pub(super) fn rewind(&mut self, mark: Mark) {
        self.tip = mark.tip;
        self.facts.truncate(mark.facts);
    }

    pub(super) fn into_facts(self) -> Vec<Arc<Recorded>> {
        self.facts
    }
}
