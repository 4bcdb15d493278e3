//! The stream and the audit log in memory.

use super::{MemoryStore, items};
use crate::pipelines::{Event, EventLog, Fact, PageCursor, Recorded, StoreError};
use crate::{PipelineId, Timestamp};
use async_trait::async_trait;

#[async_trait]
impl EventLog for MemoryStore {
    async fn head(&self) -> Result<i64, StoreError> {
        Ok(self.state()?.last_seq)
    }

    async fn replay(&self, after: i64, pipeline: Option<PipelineId>, limit: u32) -> Result<Vec<Recorded>, StoreError> {
        let state = self.state()?;
        let parts = state.parts.values().map(|stored| Recorded {
            seq: stored.seq,
            pipeline_id: stored.part.pipeline_id,
            at: stored.part.at,
            fact: Fact::Part(stored.part.clone()),
        });
        let wanted = |fact: &Recorded| fact.seq > after && pipeline.is_none_or(|id| id == fact.pipeline_id);
        let mut facts: Vec<_> = state.events.values().cloned().chain(parts).filter(wanted).collect();
        facts.sort_unstable_by_key(|fact| fact.seq);
        facts.truncate(items(limit));
        Ok(facts)
    }

    async fn audit(&self, pipeline: Option<PipelineId>, before: PageCursor, limit: u32) -> Result<Vec<Recorded>, StoreError> {
        let state = self.state()?;
        let wanted = |fact: &&Recorded| before.is_none_or(|before| fact.seq < before) && pipeline.is_none_or(|id| id == fact.pipeline_id);
        Ok(state.events.values().rev().filter(wanted).take(items(limit)).cloned().collect())
    }

    async fn pauses(&self, pipeline: PipelineId, limit: u32) -> Result<Vec<(Timestamp, bool)>, StoreError> {
        let state = self.state()?;
        let of_it = state.events.values().filter(|recorded| recorded.pipeline_id == pipeline);
        let pauses = of_it.filter_map(|recorded| match &recorded.fact {
            Fact::Event(Event::PipelinePaused { .. }) => Some((recorded.at, true)),
            Fact::Event(Event::PipelineResumed { .. } | Event::StepRetried { .. }) => Some((recorded.at, false)),
            Fact::Event(_) | Fact::Part(_) => None,
        });
        Ok(pauses.take(items(limit)).collect())
    }
}
