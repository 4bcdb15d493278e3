//! Questions that people ask about finished work, with their answers.
//!
//! Times, STRICT tables and plain SQL as in the first tables.

use sea_orm_migration::sea_orm::ConnectionTrait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261125_000004_questions"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait elides it too, and async_trait compares the two signatures")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(QUESTIONS).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP TABLE questions").await?;
        Ok(())
    }

    /// A migration that is killed half-way leaves nothing behind and runs again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// `outcome`, `answer` and `ended_at` are empty while a question waits; `answer` is what was answered, or why there is no answer. `cost_kind` as
/// in the attempts.
const QUESTIONS: &str = "
CREATE TABLE questions (
    id INTEGER PRIMARY KEY,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id),
    step_id INTEGER NOT NULL REFERENCES steps (id),
    attempt_id INTEGER NOT NULL REFERENCES attempts (id),
    text TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    outcome TEXT,
    answer TEXT,
    ended_at TEXT,
    tokens_input INTEGER NOT NULL,
    tokens_output INTEGER NOT NULL,
    tokens_reasoning INTEGER NOT NULL,
    tokens_cache_read INTEGER NOT NULL,
    tokens_cache_write INTEGER NOT NULL,
    cost_kind TEXT NOT NULL,
    cost_dollars REAL
) STRICT;
CREATE INDEX questions_by_pipeline ON questions (pipeline_id, id);
CREATE INDEX questions_open ON questions (id) WHERE ended_at IS NULL;
";
