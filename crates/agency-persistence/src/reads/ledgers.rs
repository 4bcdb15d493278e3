//! The rows that belong to one pipeline, in their order; and what agents ask, over all pipelines.

use super::unavailable;
use crate::mapping::{ledgers, talk};
use crate::rows::{asks, criteria, findings, steers};
use agency_domain::criteria::Criterion;
use agency_domain::pipelines::{Ask, Steer, StoreError};
use agency_domain::reviews::LedgerFinding;
use agency_domain::{AskId, PipelineId};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

pub(super) async fn criteria_of(db: &impl ConnectionTrait, id: PipelineId) -> Result<Vec<Criterion>, StoreError> {
    let select = criteria::Entity::find().filter(criteria::COLUMN.pipeline_id.eq(id.0)).order_by_asc(criteria::COLUMN.ordinal);
    select.all(db).await.map_err(|error| unavailable(&error))?.into_iter().map(ledgers::criterion_of).collect()
}

pub(super) async fn findings_of(db: &impl ConnectionTrait, id: PipelineId) -> Result<Vec<LedgerFinding>, StoreError> {
    let select = findings::Entity::find().filter(findings::COLUMN.pipeline_id.eq(id.0)).order_by_asc(findings::COLUMN.ordinal);
    select.all(db).await.map_err(|error| unavailable(&error))?.into_iter().map(ledgers::finding_of).collect()
}

pub(super) async fn steers_of(db: &impl ConnectionTrait, id: PipelineId) -> Result<Vec<Steer>, StoreError> {
    let select = steers::Entity::find().filter(steers::COLUMN.pipeline_id.eq(id.0)).order_by_asc(steers::COLUMN.id);
    select.all(db).await.map_err(|error| unavailable(&error))?.into_iter().map(talk::steer_of).collect()
}

pub(super) async fn asks_of(db: &impl ConnectionTrait, id: PipelineId) -> Result<Vec<Ask>, StoreError> {
    let select = asks::Entity::find().filter(asks::COLUMN.pipeline_id.eq(id.0)).order_by_asc(asks::COLUMN.id);
    select.all(db).await.map_err(|error| unavailable(&error))?.into_iter().map(talk::ask_of).collect()
}

/// What nobody has answered, oldest first.
pub(crate) async fn open_asks(db: &impl ConnectionTrait, limit: u32) -> Result<Vec<(AskId, PipelineId)>, StoreError> {
    let rows: Vec<(i64, i64)> = asks::Entity::find()
        .select_only()
        .columns([asks::Column::Id, asks::Column::PipelineId])
        .filter(asks::COLUMN.answered_at.is_null())
        .order_by_asc(asks::COLUMN.id)
        .limit(u64::from(limit))
        .into_tuple()
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    Ok(rows.into_iter().map(|(ask, pipeline)| (AskId(ask), PipelineId(pipeline))).collect())
}

pub(crate) async fn pipeline_of_ask(db: &impl ConnectionTrait, id: AskId) -> Result<Option<PipelineId>, StoreError> {
    let select = asks::Entity::find_by_id(id.0).select_only().column(asks::Column::PipelineId).into_tuple();
    let found: Option<i64> = select.one(db).await.map_err(|error| unavailable(&error))?;
    Ok(found.map(PipelineId))
}
