//! The store ports in memory: the fake that the engine is tested with. It passes the suite that the database passes.

mod log;
mod pipelines;
mod precision;
mod transcripts;

use super::Heard;
use crate::agents::KeptAgent;
use crate::attachments::Content;
use crate::pipelines::{EventSink, Fact, Pipeline, Receipt, Recorded, StoreError};
use crate::transcripts::StoredPart;
use crate::{AttemptId, PipelineId, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps pipelines, their log and their transcripts as long as it lives.
pub struct MemoryStore {
    state: Mutex<State>,
    sink: Arc<dyn EventSink>,
}

#[derive(Default)]
struct State {
    unavailable: bool,
    pipelines: BTreeMap<PipelineId, Kept>,
    receipts: BTreeMap<AttemptId, Receipt>,
    agents: BTreeMap<PipelineId, Vec<KeptAgent>>,
    contents: BTreeMap<PipelineId, Vec<Content>>,
    keys: HashMap<String, (String, PipelineId)>,
    /// By sequence.
    events: BTreeMap<i64, Recorded>,
    parts: BTreeMap<(AttemptId, String), StoredPart>,
    last_seq: i64,
}

struct Kept {
    pipeline: Pipeline,
    fence: i64,
}

impl Default for MemoryStore {
    /// One that nobody listens to.
    fn default() -> Self {
        Self::new(Arc::new(Heard::default()))
    }
}

impl MemoryStore {
    /// `sink` hears of every fact, under the store's lock: it must not call back.
    pub fn new(sink: Arc<dyn EventSink>) -> Self {
        Self { state: Mutex::default(), sink }
    }

    /// From now on every call fails as `Unavailable`, or works again.
    pub fn set_available(&self, available: bool) {
        self.lock().unavailable = !available;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.lock();
        if state.unavailable { Err(StoreError::Unavailable("switched off by the test".into())) } else { Ok(state) }
    }

    fn publish(&self, facts: Vec<Recorded>) {
        let facts: Vec<_> = facts.into_iter().map(Arc::new).collect();
        if !facts.is_empty() {
            self.sink.publish(&facts);
        }
    }
}

impl State {
    fn record(&mut self, pipeline_id: PipelineId, at: Timestamp, fact: Fact) -> Recorded {
        self.last_seq += 1;
        Recorded { seq: self.last_seq, pipeline_id, at: precision::time(at), fact }
    }
}

/// `limit` as a number of items.
fn items(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::MemoryStore;
    use crate::testing::store_suite::StorePorts;
    use crate::testing::{Heard, TestIds};
    use std::sync::Arc;

    async fn open() -> StorePorts {
        let heard = Arc::new(Heard::default());
        let store = Arc::new(MemoryStore::new(Arc::clone(&heard) as _));
        StorePorts {
            store: Arc::clone(&store) as _,
            log: Arc::clone(&store) as _,
            transcripts: store,
            ids: Arc::new(TestIds::default()),
            heard,
            keep: Arc::new(()),
        }
    }

    crate::store_suite!(open);
}
