//! The hash of each event of the audit log, over itself and over the hash of the event before it.
//!
//! The events that there are get theirs here, in the order of their ids and some hundred at a time. What is hashed is said in docs/adr/0023;
//! this is a copy of it, because a migration imports nothing of ours. From here on the hashes say what the log was when it was migrated, not what it
//! was before.

use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};
use sha2::{Digest, Sha256};

/// Events that are read at once. A hand-off may have some hundred kB, so that this is some ten megabytes at worst.
const BATCH: i64 = 200;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261130_000007_audit_chain"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait elides it too, and async_trait compares the two signatures")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        // SQLite adds a column that may not be NULL only with a value for the rows that there are. An empty hash matches nothing.
        db.execute_unprepared("ALTER TABLE audit_events ADD COLUMN hash BLOB NOT NULL DEFAULT x''").await?;
        chain(db).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("ALTER TABLE audit_events DROP COLUMN hash").await?;
        Ok(())
    }

    /// A migration that is killed half-way leaves nothing behind and runs again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Hashes every event that there is.
async fn chain(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let (mut last, mut hash) = (i64::MIN, [0_u8; 32]);
    loop {
        let batch = db.query_all_raw(statement(SELECT, [last.into(), BATCH.into()])).await?;
        if batch.is_empty() {
            return Ok(());
        }
        for row in batch {
            (last, hash) = (row.try_get("", "id")?, hash_after(&hash, &row)?);
            db.execute_raw(statement(UPDATE, [hash.to_vec().into(), last.into()])).await?;
        }
    }
}

const SELECT: &str =
    "SELECT id, pipeline_id, step_id, event_type, payload_json, created_at FROM audit_events WHERE id > ? ORDER BY id LIMIT ?";
const UPDATE: &str = "UPDATE audit_events SET hash = ? WHERE id = ?";

fn statement(sql: &str, values: [Value; 2]) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

fn hash_after(before: &[u8; 32], row: &QueryResult) -> Result<[u8; 32], DbErr> {
    let id: i64 = row.try_get("", "id")?;
    let pipeline_id: i64 = row.try_get("", "pipeline_id")?;
    let step_id: Option<i64> = row.try_get("", "step_id")?;
    let fields: [String; 6] = [
        id.to_string(),
        pipeline_id.to_string(),
        step_id.map(|id| id.to_string()).unwrap_or_default(),
        row.try_get("", "event_type")?,
        row.try_get("", "payload_json")?,
        row.try_get("", "created_at")?,
    ];
    let mut hash = Sha256::new();
    hash.update(before);
    for field in &fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    Ok(hash.finalize().into())
}
