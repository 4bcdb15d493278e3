//! What is attached to a pipeline: all of it without the contents, or one content.

use super::unavailable;
use crate::mapping::attachments::{About, attachment_of};
use crate::rows::attachments::{COLUMN, Column, Entity};
use agency_domain::PipelineId;
use agency_domain::attachments::{Attachment, Content};
use agency_domain::pipelines::StoreError;
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// In the order in which they were given.
pub(crate) async fn attachments_of(db: &impl ConnectionTrait, id: PipelineId) -> Result<Vec<Attachment>, StoreError> {
    let rows: Vec<About> = Entity::find()
        .select_only()
        .columns([Column::Position, Column::Name, Column::MediaType, Column::Bytes, Column::Sha256])
        .filter(COLUMN.pipeline_id.eq(id.0))
        .order_by_asc(COLUMN.position)
        .into_tuple()
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    rows.into_iter().map(|about| attachment_of(id, about)).collect()
}

pub(crate) async fn content(db: &impl ConnectionTrait, id: PipelineId, place: u32) -> Result<Option<Content>, StoreError> {
    let content: Option<Vec<u8>> = Entity::find()
        .select_only()
        .column(Column::Content)
        .filter(COLUMN.pipeline_id.eq(id.0))
        .filter(COLUMN.position.eq(i64::from(place)))
        .into_tuple()
        .one(db)
        .await
        .map_err(|error| unavailable(&error))?;
    Ok(content.map(Content::from))
}
