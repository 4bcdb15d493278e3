//! Access tokens and sessions: who may call a server that asks.
//!
//! Times, STRICT tables and plain SQL as in the first tables.

use sea_orm_migration::sea_orm::ConnectionTrait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261130_000006_credentials"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait elides it too, and async_trait compares the two signatures")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(CREDENTIALS).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP TABLE credentials").await?;
        Ok(())
    }

    /// A migration that is killed half-way leaves nothing behind and runs again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// `kind` is `token` or `session`; `made_by` is the token that was shown to begin a session. Rows stay when they are revoked, so that their ids, which the log may name, are never given out again.
const CREDENTIALS: &str = "
CREATE TABLE credentials (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    secret_sha256 TEXT NOT NULL UNIQUE,
    made_by INTEGER REFERENCES credentials (id),
    created_at TEXT NOT NULL,
    expires_at TEXT,
    last_used_at TEXT,
    revoked_at TEXT
) STRICT;
CREATE INDEX credentials_kept ON credentials (id) WHERE revoked_at IS NULL;
";
