//! What whoever shows an access token may do.
//!
//! Plain SQL as in the first tables.

use sea_orm_migration::sea_orm::ConnectionTrait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261130_000008_rights"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait elides it too, and async_trait compares the two signatures")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(UP).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(DOWN).await?;
        Ok(())
    }

    /// A migration that is killed half-way leaves nothing behind and runs again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// `rights` is `all` or `read`; with `pipeline_id`, that pipeline alone. What there was could do everything, and still can.
const UP: &str = "
ALTER TABLE credentials ADD COLUMN rights TEXT NOT NULL DEFAULT 'all';
ALTER TABLE credentials ADD COLUMN pipeline_id INTEGER REFERENCES pipelines (id);
";

/// Without the column all can do everything: what could not is good no more.
const DOWN: &str = "
UPDATE credentials SET revoked_at = created_at WHERE rights <> 'all' AND revoked_at IS NULL;
ALTER TABLE credentials DROP COLUMN pipeline_id;
ALTER TABLE credentials DROP COLUMN rights;
";
