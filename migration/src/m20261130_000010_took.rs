//! How long each part of a transcript took.
//!
//! Plain SQL as in the first tables.

use sea_orm_migration::sea_orm::ConnectionTrait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261130_000010_took"
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

/// In milliseconds. What was stored before has none: only its newest time is known, and that says nothing of its beginning.
const UP: &str = "ALTER TABLE transcript_parts ADD COLUMN took_ms INTEGER;";

const DOWN: &str = "ALTER TABLE transcript_parts DROP COLUMN took_ms;";
