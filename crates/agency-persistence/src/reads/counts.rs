//! How many there are, by status.

use super::unavailable;
use crate::mapping::Row;
use crate::rows::{attempts, pipelines};
use agency_domain::pipelines::{Counted, StoreError};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QuerySelect, Select};
use std::collections::BTreeMap;

pub(crate) async fn by_status(db: &impl ConnectionTrait, what: Counted) -> Result<BTreeMap<String, u64>, StoreError> {
    match what {
        // From the index by status alone.
        Counted::Pipelines => counts(db, "pipelines", pipelines::Entity::find(), pipelines::Column::Status).await,
        Counted::Attempts => counts(db, "attempts", attempts::Entity::find(), attempts::Column::Status).await,
    }
}

async fn counts<E: EntityTrait>(
    db: &impl ConnectionTrait,
    table: &'static str,
    all: Select<E>,
    status: impl ColumnTrait,
) -> Result<BTreeMap<String, u64>, StoreError> {
    let select = all.select_only().column(status).column_as(status.count(), "number").group_by(status);
    let rows: Vec<(String, i64)> = select.into_tuple().all(db).await.map_err(|error| unavailable(&error))?;
    rows.into_iter().map(|(word, number)| Ok((word.clone(), Row::new(table, word).count("status", number)?))).collect()
}
