//! Claims a pipeline.

use crate::rows::pipelines::{COLUMN, Column, Entity};
use crate::writer::{Durability, Sequence, Write, WriteError};
use agency_domain::PipelineId;
use agency_domain::pipelines::{Fence, StoreError};
use async_trait::async_trait;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

/// Raises the fence. The version stays: nothing about the pipeline itself has changed.
pub(crate) struct Claim {
    pub(crate) id: PipelineId,
    pub(crate) owner: String,
}

#[async_trait]
impl Write for Claim {
    type Answer = Fence;

    /// A fence that the power took away could be given out a second time.
    fn durability(&self) -> Durability {
        Durability::Power
    }

    async fn run(&self, db: &DatabaseTransaction, _sequence: &mut Sequence) -> Result<Fence, WriteError> {
        Entity::update_many()
            .col_expr(Column::Fence, Expr::col(Column::Fence).add(1))
            .col_expr(Column::Owner, Expr::val(self.owner.as_str()))
            .filter(COLUMN.id.eq(self.id.0))
            .exec(db)
            .await?;
        let fence: Option<i64> = Entity::find_by_id(self.id.0).select_only().column(Column::Fence).into_tuple().one(db).await?;
        fence.map(Fence).ok_or(WriteError::Refused(StoreError::Missing))
    }
}
