//! Questions about finished work: of one pipeline, and those that wait over all pipelines.

use super::unavailable;
use crate::mapping;
use crate::rows::questions::{COLUMN, Column, Entity};
use agency_domain::pipelines::{Question, StoreError};
use agency_domain::{PipelineId, QuestionId};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

pub(super) async fn questions_of(db: &impl ConnectionTrait, id: PipelineId) -> Result<Vec<Question>, StoreError> {
    let select = Entity::find().filter(COLUMN.pipeline_id.eq(id.0)).order_by_asc(COLUMN.id);
    select.all(db).await.map_err(|error| unavailable(&error))?.into_iter().map(mapping::questions::question_of).collect()
}

/// What waits for its answer, oldest first.
pub(crate) async fn open(db: &impl ConnectionTrait, limit: u32) -> Result<Vec<(QuestionId, PipelineId)>, StoreError> {
    let rows: Vec<(i64, i64)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::PipelineId])
        .filter(COLUMN.ended_at.is_null())
        .order_by_asc(COLUMN.id)
        .limit(u64::from(limit))
        .into_tuple()
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    Ok(rows.into_iter().map(|(question, pipeline)| (QuestionId(question), PipelineId(pipeline))).collect())
}
