//! Transcripts in memory.

use super::{MemoryStore, items, precision};
use crate::PipelineId;
use crate::pipelines::{Fact, StoreError};
use crate::transcripts::{
    CallsQuery, FinishedCall, FoundParts, PartKind, PartSearch, PartState, PartTime, PartsQuery, StoredPart, TITLE_CHARS_MAX,
    TranscriptPart, TranscriptStore,
};
use async_trait::async_trait;
use serde_json::Value;

#[async_trait]
impl TranscriptStore for MemoryStore {
    async fn put(&self, parts: Vec<TranscriptPart>) -> Result<(), StoreError> {
        let mut state = self.state()?;
        let known = |part: &TranscriptPart| {
            state.pipelines.get(&part.pipeline_id).is_some_and(|kept| kept.pipeline.attempt(part.attempt_id).is_some())
        };
        if !parts.iter().all(known) {
            return Err(StoreError::Missing);
        }
        let mut facts = Vec::new();
        for mut part in parts {
            part.at = precision::time(part.at);
            let fact = state.record(part.pipeline_id, part.at, Fact::Part(part.clone()));
            state.parts.insert((part.attempt_id, part.part_id.clone()), StoredPart { seq: fact.seq, part });
            facts.push(fact);
        }
        self.publish(facts);
        Ok(())
    }

    async fn parts(&self, query: PartsQuery) -> Result<Vec<StoredPart>, StoreError> {
        let state = self.state()?;
        let is_behind = |part, place| if query.backwards { part < place } else { part > place };
        let wanted = |stored: &&StoredPart| {
            let part = &stored.part;
            part.pipeline_id == query.pipeline
                && query.step.is_none_or(|id| id == part.step_id)
                && query.attempt.is_none_or(|id| id == part.attempt_id)
                && query.after.is_none_or(|place| is_behind((part.attempt_id, part.ordinal), place))
        };
        let mut found: Vec<_> = state.parts.values().filter(wanted).cloned().collect();
        found.sort_by_key(|stored| (stored.part.attempt_id, stored.part.ordinal));
        if query.backwards {
            found.reverse();
        }
        found.truncate(items(query.limit));
        Ok(found)
    }

    async fn times(&self, pipeline: PipelineId, limit: u32) -> Result<Vec<PartTime>, StoreError> {
        let state = self.state()?;
        let mut found: Vec<_> = state.parts.values().map(|stored| &stored.part).filter(|part| part.pipeline_id == pipeline).collect();
        found.sort_by_key(|part| (part.attempt_id, part.ordinal));
        found.truncate(items(limit));
        Ok(found.into_iter().map(time_of).collect())
    }

    async fn calls(&self, query: &CallsQuery) -> Result<Vec<FinishedCall>, StoreError> {
        let state = self.state()?;
        let wanted = |part: &&TranscriptPart| {
            part.pipeline_id == query.pipeline
                && query.attempt.is_none_or(|id| id == part.attempt_id)
                && query.before.is_none_or(|place| (part.attempt_id, part.ordinal) < place)
                && (part.kind, part.state) == (PartKind::Tool, PartState::Done)
                && mentions(part, &query.mentions)
        };
        let mut found: Vec<_> = state.parts.values().map(|stored| &stored.part).filter(wanted).collect();
        found.sort_by_key(|part| std::cmp::Reverse((part.attempt_id, part.ordinal)));
        found.truncate(items(query.limit));
        Ok(found.into_iter().map(call_of).collect())
    }

    async fn search(&self, search: &PartSearch) -> Result<FoundParts, StoreError> {
        let state = self.state()?;
        let mut found: Vec<_> = state.parts.values().map(|stored| &stored.part).filter(|part| search.finds(part)).collect();
        let total = found.len() as u64;
        found.retain(|part| search.after.is_none_or(|place| (part.attempt_id, part.ordinal) > place));
        found.sort_by_key(|part| (part.attempt_id, part.ordinal));
        found.truncate(items(search.limit));
        Ok(FoundParts { total, parts: found.into_iter().cloned().collect() })
    }
}

fn mentions(part: &TranscriptPart, what: &str) -> bool {
    fn is_in(value: &Value, what: &str) -> bool {
        match value {
            Value::String(text) => text.contains(what),
            Value::Array(items) => items.iter().any(|item| is_in(item, what)),
            Value::Object(fields) => fields.values().any(|field| is_in(field, what)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    part.diff.as_deref().is_some_and(|diff| diff.contains(what)) || part.input.as_ref().is_some_and(|input| is_in(input, what))
}

fn call_of(part: &TranscriptPart) -> FinishedCall {
    FinishedCall {
        attempt_id: part.attempt_id,
        ordinal: part.ordinal,
        tool: part.tool.clone(),
        input: part.input.clone(),
        diff: part.diff.clone(),
        at: part.at,
    }
}

fn time_of(part: &TranscriptPart) -> PartTime {
    let is_tool = part.kind == PartKind::Tool;
    PartTime {
        attempt_id: part.attempt_id,
        part_id: part.part_id.clone(),
        ordinal: part.ordinal,
        kind: part.kind,
        state: part.state,
        tool: part.tool.clone(),
        title: if is_tool { part.text.chars().take(items(TITLE_CHARS_MAX)).collect() } else { String::new() },
        at: part.at,
    }
}
