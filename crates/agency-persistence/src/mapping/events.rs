//! Events to rows of the audit log, and back.
//!
//! `event_type` is the word that names the event, the payload is the rest of its JSON. An observation's word is that of what was seen; its
//! payload keeps the key `observation`, which is how it is told from an event when it is read.

use super::{Row, time_of};
use crate::rows::audit_events::Model;
use agency_domain::pipelines::{ChainHash, Event, Fact, LoggedEvent, Recorded, StoreError, StoredEvent};
use agency_domain::{PipelineId, Timestamp};
use serde_json::{Map, Value};

const TYPE: &str = "type";
const OBSERVATION: &str = "observation";
const OBSERVED: &str = "observed";

/// The row of an event, which has no hash yet.
pub(crate) fn row_of(seq: i64, pipeline: PipelineId, at: Timestamp, event: &Event) -> Model {
    let mut payload = match serde_json::to_value(event) {
        Ok(Value::Object(fields)) => fields,
        Ok(other) => unreachable!("an event serialises as an object, not as {other}"),
        Err(error) => unreachable!("an event serialises: {error}"),
    };
    let tag = payload.remove(TYPE);
    let named = payload.get(OBSERVATION).or(tag.as_ref()).and_then(Value::as_str);
    Model {
        id: seq,
        pipeline_id: pipeline.0,
        step_id: event.step_id().map(|id| id.0),
        event_type: named.expect("an event names its type: its serde attribute says so").to_owned(),
        payload_json: Value::Object(payload).to_string(),
        created_at: time_of(at),
        hash: Vec::new(),
    }
}

/// What is hashed of a row.
pub(crate) fn stored_of(model: &Model) -> StoredEvent<'_> {
    StoredEvent {
        id: model.id,
        pipeline_id: model.pipeline_id,
        step_id: model.step_id,
        event_type: &model.event_type,
        payload_json: &model.payload_json,
        created_at: &model.created_at,
    }
}

pub(crate) fn logged_of(model: Model) -> Result<LoggedEvent, StoreError> {
    let hash = ChainHash::from_bytes(&model.hash);
    let hash = Row::new("audit_events", model.id).needed("hash", hash)?;
    Ok(LoggedEvent { recorded: recorded_of(&model)?, payload_json: model.payload_json, hash })
}

pub(crate) fn recorded_of(model: &Model) -> Result<Recorded, StoreError> {
    let row = Row::new("audit_events", model.id);
    let mut fields: Map<String, Value> = row.json("payload_json", &model.payload_json)?;
    let tag = if fields.contains_key(OBSERVATION) { OBSERVED } else { &model.event_type };
    fields.insert(TYPE.to_owned(), Value::from(tag));
    let event: Event = row.parsed("payload_json", serde_json::from_value(Value::Object(fields)))?;
    Ok(Recorded {
        seq: model.id,
        pipeline_id: PipelineId(model.pipeline_id),
        at: row.time("created_at", &model.created_at)?,
        fact: Fact::Event(event),
    })
}

#[cfg(test)]
mod tests;
