//! The inbox of approvals.

use super::unavailable;
use crate::rows::approvals::{COLUMN, Column, Entity};
use agency_domain::pipelines::StoreError;
use agency_domain::{ApprovalId, PipelineId};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// One page, newest first.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    status: Option<&str>,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<(ApprovalId, PipelineId)>, StoreError> {
    let mut select =
        Entity::find().select_only().columns([Column::Id, Column::PipelineId]).order_by_desc(COLUMN.id).limit(u64::from(limit));
    if let Some(status) = status {
        select = select.filter(COLUMN.status.eq(status));
    }
    if let Some(id) = before {
        select = select.filter(COLUMN.id.lt(id));
    }
    let rows: Vec<(i64, i64)> = select.into_tuple().all(db).await.map_err(|error| unavailable(&error))?;
    Ok(rows.into_iter().map(|(id, pipeline)| (ApprovalId(id), PipelineId(pipeline))).collect())
}

/// Which pipeline an approval belongs to.
pub(crate) async fn pipeline_of(db: &impl ConnectionTrait, id: ApprovalId) -> Result<Option<PipelineId>, StoreError> {
    let row = Entity::find_by_id(id.0).one(db).await.map_err(|error| unavailable(&error))?;
    Ok(row.map(|row| PipelineId(row.pipeline_id)))
}
