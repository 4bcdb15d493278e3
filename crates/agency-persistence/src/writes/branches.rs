//! A branch is held by one pipeline at a time.

use crate::rows::pipelines;
use crate::writer::WriteError;
use agency_domain::PipelineId;
use agency_domain::pipelines::{Pipeline, StoreError};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

/// The condition of the index over held branches. SQLite uses the index only where a query says it to the letter, without parameters.
const HAS_NOT_ENDED: &str = "status NOT IN ('succeeded', 'failed', 'cancelled')";

/// Refuses where another pipeline that has not ended holds this one's branch. Git branches that differ in case alone are one file on some disks,
/// so they count as the same.
pub(super) async fn check_free(db: &DatabaseTransaction, wants: &Pipeline) -> Result<(), WriteError> {
    let branch = wants.branch.as_str().to_ascii_lowercase();
    let holder: Option<i64> = pipelines::Entity::find()
        .select_only()
        .column(pipelines::Column::Id)
        .filter(pipelines::COLUMN.id.ne(wants.id.0))
        .filter(pipelines::COLUMN.repo.eq(&wants.repo))
        .filter(Expr::expr(Func::lower(Expr::col(pipelines::Column::Branch))).eq(branch))
        .filter(Expr::cust(HAS_NOT_ENDED))
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    match holder {
        None => Ok(()),
        Some(id) => Err(WriteError::Refused(StoreError::BranchTaken { branch: wants.branch.as_str().to_owned(), held_by: PipelineId(id) })),
    }
}
