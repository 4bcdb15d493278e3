//! Appends events to the log.

use crate::mapping;
use crate::rows::audit_events::Entity;
use crate::writer::Sequence;
use agency_domain::pipelines::{Fact, PipelineChange};
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel};

/// Appends the events of a change in their order, each chained to the one before it, and answers the sequence of the last one.
pub(super) async fn append(db: &DatabaseTransaction, sequence: &mut Sequence, change: &PipelineChange) -> Result<i64, DbErr> {
    let pipeline = change.after.id;
    let mut rows = Vec::with_capacity(change.events.len());
    for event in &change.events {
        let seq = sequence.record(pipeline, change.at, Fact::Event(event.clone()));
        let mut row = mapping::events::row_of(seq, pipeline, change.at, event);
        row.hash = sequence.chain(&mapping::events::stored_of(&row)).0.to_vec();
        rows.push(row.into_active_model());
    }
    if !rows.is_empty() {
        Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(sequence.last())
}
