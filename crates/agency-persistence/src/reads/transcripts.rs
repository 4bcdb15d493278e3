//! Transcripts, by attempt and place.

use super::unavailable;
use crate::mapping;
use crate::rows::transcript_parts::{COLUMN, Column, Entity};
use agency_domain::PipelineId;
use agency_domain::pipelines::StoreError;
use agency_domain::transcripts::{PartTime, PartsQuery, StoredPart, TITLE_CHARS_MAX};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};

pub(crate) async fn parts(db: &impl ConnectionTrait, query: PartsQuery) -> Result<Vec<StoredPart>, StoreError> {
    let order = if query.backwards { Order::Desc } else { Order::Asc };
    let mut select = Entity::find()
        .filter(COLUMN.pipeline_id.eq(query.pipeline.0))
        .order_by(Column::AttemptId, order.clone())
        .order_by(Column::Ordinal, order)
        .limit(u64::from(query.limit));
    if let Some(id) = query.step {
        select = select.filter(COLUMN.step_id.eq(id.0));
    }
    if let Some(id) = query.attempt {
        select = select.filter(COLUMN.attempt_id.eq(id.0));
    }
    if let Some((attempt, ordinal)) = query.after {
        let place = Expr::tuple([Expr::col(Column::AttemptId), Expr::col(Column::Ordinal)]);
        let after = Expr::tuple([Expr::val(attempt.0), Expr::val(i64::from(ordinal))]);
        select = select.filter(if query.backwards { place.lt(after) } else { place.gt(after) });
    }
    let rows = select.all(db).await.map_err(|error| unavailable(&error))?;
    rows.into_iter().map(mapping::transcripts::part_of).collect()
}

/// What stands in front of a part's contents, and its time; of the text only the title of a tool.
pub(crate) async fn times(db: &impl ConnectionTrait, pipeline: PipelineId, limit: u32) -> Result<Vec<PartTime>, StoreError> {
    let title = Expr::cust(format!("CASE kind WHEN 'tool' THEN substr(text, 1, {TITLE_CHARS_MAX}) ELSE '' END"));
    let rows = Entity::find()
        .select_only()
        .columns([Column::AttemptId, Column::PartId, Column::Ordinal, Column::Kind, Column::State, Column::Tool, Column::CreatedAt])
        .expr_as(title, "title")
        .filter(COLUMN.pipeline_id.eq(pipeline.0))
        .order_by(Column::AttemptId, Order::Asc)
        .order_by(Column::Ordinal, Order::Asc)
        .limit(u64::from(limit))
        .into_tuple::<mapping::transcripts::TimeRow>()
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    rows.into_iter().map(mapping::transcripts::time_of_part).collect()
}
