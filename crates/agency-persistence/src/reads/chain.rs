//! The audit log with its hashes, and whether they match. Reads on the readers' connections, so that nobody who writes waits for it.

use super::log::narrowed;
use super::unavailable;
use crate::mapping::events::{logged_of, stored_of};
use crate::rows::audit_events::{COLUMN, Column, Entity};
use agency_domain::pipelines::{Checkpoint, EventFilter, LoggedEvent, StoreError, Verification};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Events that are verified at once. A hand-off may have some hundred kB, so that this is some ten megabytes at worst, and some milliseconds of hashing.
const BATCH: u64 = 200;

/// Events that fit the filter, above `after`, oldest first.
pub(crate) async fn logged(
    db: &impl ConnectionTrait,
    after: i64,
    filter: &EventFilter,
    limit: u32,
) -> Result<Vec<LoggedEvent>, StoreError> {
    let events = narrowed(filter).filter(COLUMN.id.gt(after)).order_by_asc(COLUMN.id).limit(u64::from(limit));
    let events = events.all(db).await.map_err(|error| unavailable(&error))?;
    events.into_iter().map(logged_of).collect()
}

/// Verifies what comes after `from`, up to the end of the log or the first event that does not match.
pub(crate) async fn verify(db: &impl ConnectionTrait, from: Checkpoint) -> Result<Verification, StoreError> {
    if !is_there(db, from).await? {
        return Ok(Verification { up_to: Checkpoint::START, broken_at: Some(from.id) });
    }
    let mut up_to = from;
    loop {
        // Nothing of ours has an id below 1; what somebody else put there comes first and does not match.
        let after = if up_to == Checkpoint::START { i64::MIN } else { up_to.id };
        let batch = Entity::find().filter(COLUMN.id.gt(after)).order_by_asc(COLUMN.id).limit(BATCH);
        let batch = batch.all(db).await.map_err(|error| unavailable(&error))?;
        if batch.is_empty() {
            return Ok(Verification { up_to, broken_at: None });
        }
        for row in &batch {
            match up_to.behind(&stored_of(row), &row.hash) {
                Some(place) => up_to = place,
                None => return Ok(Verification { up_to, broken_at: Some(row.id) }),
            }
        }
    }
}

/// Whether the log has this place as it was.
async fn is_there(db: &impl ConnectionTrait, place: Checkpoint) -> Result<bool, StoreError> {
    if place == Checkpoint::START {
        return Ok(true);
    }
    let stored = Entity::find().select_only().column(Column::Hash).filter(COLUMN.id.eq(place.id)).into_tuple::<Vec<u8>>().one(db).await;
    Ok(stored.map_err(|error| unavailable(&error))?.is_some_and(|hash| hash == place.hash.0))
}
