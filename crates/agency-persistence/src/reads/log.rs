//! The stream and the audit log.

use super::unavailable;
use crate::mapping;
use crate::rows::{audit_events, transcript_parts};
use agency_domain::pipelines::{ChainHash, EventFilter, Recorded, StoreError};
use agency_domain::{PipelineId, Timestamp};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

/// The newest sequence, 0 where there is none.
pub(crate) async fn head(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let event = audit_events::Entity::find()
        .select_only()
        .column(audit_events::Column::Id)
        .order_by_desc(audit_events::COLUMN.id)
        .limit(1)
        .into_tuple::<i64>()
        .one(db)
        .await?;
    let part = transcript_parts::Entity::find()
        .select_only()
        .column(transcript_parts::Column::Seq)
        .order_by_desc(transcript_parts::COLUMN.seq)
        .limit(1)
        .into_tuple::<i64>()
        .one(db)
        .await?;
    Ok(event.max(part).unwrap_or(0))
}

/// The hash of the newest event, for the next one to be chained to. Where somebody has put something else there, the chain begins anew: verifying it
/// names that event, and the server goes on.
pub(crate) async fn newest_hash(db: &impl ConnectionTrait) -> Result<ChainHash, DbErr> {
    let newest = audit_events::Entity::find()
        .select_only()
        .column(audit_events::Column::Id)
        .column(audit_events::Column::Hash)
        .order_by_desc(audit_events::COLUMN.id)
        .limit(1)
        .into_tuple::<(i64, Vec<u8>)>()
        .one(db)
        .await?;
    let Some((id, stored)) = newest else { return Ok(ChainHash::NONE) };
    Ok(ChainHash::from_bytes(&stored).unwrap_or_else(|| {
        tracing::error!(event = id, "the newest event of the audit log has no hash: somebody has changed it; run `agency audit verify`");
        ChainHash::NONE
    }))
}

/// Facts above `after`, in order. Both tables must be read in one transaction: a fact that commits between the two reads would be skipped.
pub(crate) async fn replay(
    db: &impl ConnectionTrait,
    after: i64,
    pipeline: Option<PipelineId>,
    limit: u32,
) -> Result<Vec<Recorded>, StoreError> {
    let mut events = audit_events::Entity::find()
        .filter(audit_events::COLUMN.id.gt(after))
        .order_by_asc(audit_events::COLUMN.id)
        .limit(u64::from(limit));
    let mut parts = transcript_parts::Entity::find()
        .filter(transcript_parts::COLUMN.seq.gt(after))
        .order_by_asc(transcript_parts::COLUMN.seq)
        .limit(u64::from(limit));
    if let Some(id) = pipeline {
        events = events.filter(audit_events::COLUMN.pipeline_id.eq(id.0));
        parts = parts.filter(transcript_parts::COLUMN.pipeline_id.eq(id.0));
    }
    let events = events.all(db).await.map_err(|error| unavailable(&error))?;
    let parts = parts.all(db).await.map_err(|error| unavailable(&error))?;
    let events = events.iter().map(mapping::events::recorded_of);
    let parts = parts.into_iter().map(mapping::transcripts::recorded_of);
    let mut facts = events.chain(parts).collect::<Result<Vec<_>, _>>()?;
    facts.sort_unstable_by_key(|fact| fact.seq);
    facts.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(facts)
}

/// Events that fit the filter, newest first, below `before`.
pub(crate) async fn audit(
    db: &impl ConnectionTrait,
    filter: &EventFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Recorded>, StoreError> {
    let mut events = narrowed(filter).order_by_desc(audit_events::COLUMN.id).limit(u64::from(limit));
    if let Some(id) = before {
        events = events.filter(audit_events::COLUMN.id.lt(id));
    }
    let events = events.all(db).await.map_err(|error| unavailable(&error))?;
    events.iter().map(mapping::events::recorded_of).collect()
}

/// The events that fit the filter, in no order yet.
pub(crate) fn narrowed(filter: &EventFilter) -> Select<audit_events::Entity> {
    let EventFilter { pipeline, event_types, since, until } = filter;
    let mut events = audit_events::Entity::find();
    if let Some(id) = pipeline {
        events = events.filter(audit_events::COLUMN.pipeline_id.eq(id.0));
    }
    if !event_types.is_empty() {
        events = events.filter(audit_events::COLUMN.event_type.is_in(event_types.iter().map(String::as_str)));
    }
    if let Some(since) = since {
        events = events.filter(audit_events::COLUMN.created_at.gte(mapping::time_from(*since)));
    }
    if let Some(until) = until {
        events = events.filter(audit_events::COLUMN.created_at.lt(mapping::time_from(*until)));
    }
    events
}

/// Pauses and what ended them, oldest first.
pub(crate) async fn pauses(db: &impl ConnectionTrait, pipeline: PipelineId, limit: u32) -> Result<Vec<(Timestamp, bool)>, StoreError> {
    const PAUSED: &str = "pipeline_paused";
    let rows = audit_events::Entity::find()
        .select_only()
        .column(audit_events::Column::Id)
        .column(audit_events::Column::EventType)
        .column(audit_events::Column::CreatedAt)
        .filter(audit_events::COLUMN.pipeline_id.eq(pipeline.0))
        .filter(audit_events::COLUMN.event_type.is_in([PAUSED, "pipeline_resumed", "step_retried"]))
        .order_by_asc(audit_events::COLUMN.id)
        .limit(u64::from(limit))
        .into_tuple::<(i64, String, String)>()
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    rows.iter().map(|(id, kind, at)| Ok((mapping::Row::new("audit_events", id).time("created_at", at)?, kind == PAUSED))).collect()
}
