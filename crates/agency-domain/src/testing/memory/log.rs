//! The stream and the audit log in memory.

use super::{MemoryStore, State, items};
use crate::pipelines::{
    Checkpoint, Event, EventFilter, EventLog, Fact, LoggedEvent, PageCursor, Recorded, StoreError, StoredEvent, Verification,
};
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

    async fn audit(&self, filter: &EventFilter, before: PageCursor, limit: u32) -> Result<Vec<Recorded>, StoreError> {
        let state = self.state()?;
        let wanted = |fact: &&Recorded| before.is_none_or(|before| fact.seq < before) && fits(filter, fact);
        Ok(state.events.values().rev().filter(wanted).take(items(limit)).cloned().collect())
    }

    async fn logged(&self, after: i64, filter: &EventFilter, limit: u32) -> Result<Vec<LoggedEvent>, StoreError> {
        let state = self.state()?;
        let wanted = |recorded: &Recorded| recorded.seq > after && fits(filter, recorded);
        Ok(state.chained().map(|(event, _)| event).filter(|event| wanted(&event.recorded)).take(items(limit)).collect())
    }

    async fn verify(&self, from: Checkpoint) -> Result<Verification, StoreError> {
        let state = self.state()?;
        let places = || [Checkpoint::START].into_iter().chain(state.chained().map(|(_, place)| place));
        let is_there = places().any(|place| (place.id, place.hash) == (from.id, from.hash));
        // Nobody can write here by another way, so that whatever comes after it matches.
        Ok(match places().last().filter(|_| is_there) {
            Some(newest) => Verification { up_to: newest, broken_at: None },
            None => Verification { up_to: Checkpoint::START, broken_at: Some(from.id) },
        })
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

fn fits(filter: &EventFilter, recorded: &Recorded) -> bool {
    let EventFilter { pipeline, event_types, since, until } = filter;
    pipeline.is_none_or(|id| id == recorded.pipeline_id)
        && (event_types.is_empty() || event_types.iter().any(|wanted| is_of_type(&recorded.fact, wanted)))
        && since.is_none_or(|since| recorded.at >= since)
        && until.is_none_or(|until| recorded.at < until)
}

/// An observation goes by the word of what was seen.
fn is_of_type(fact: &Fact, wanted: &str) -> bool {
    let Fact::Event(event) = fact else { return false };
    let event = serde_json::to_value(event).expect("an event is plain data");
    event.get("observation").unwrap_or(&event["type"]) == wanted
}

impl State {
    /// The log, oldest first, each event with the place behind it. The chain is worked out anew each time: whoever tests it has few events.
    fn chained(&self) -> impl Iterator<Item = (LoggedEvent, Checkpoint)> {
        self.events.values().scan(Checkpoint::START, |place, recorded| {
            let Fact::Event(event) = &recorded.fact else { unreachable!("only events are kept here") };
            let payload_json = serde_json::to_string(event).expect("an event is plain data");
            let at = recorded.at.to_string();
            let stored = StoredEvent {
                id: recorded.seq,
                pipeline_id: recorded.pipeline_id.0,
                step_id: event.step_id().map(|id| id.0),
                event_type: "",
                payload_json: &payload_json,
                created_at: &at,
            };
            let hash = stored.hash_after(place.hash);
            *place = Checkpoint { id: recorded.seq, hash, events: place.events + 1 };
            Some((LoggedEvent { recorded: recorded.clone(), payload_json, hash }, *place))
        })
    }
}
