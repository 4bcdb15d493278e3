//! What steering a run needs: budgets, pauses, checks, criteria, findings, messages, and what agents ask.
//!
//! Times, STRICT tables and plain SQL as in the first tables. An attempt of a check has no session: its two ids are empty texts, because SQLite
//! cannot take a column's NOT NULL away without writing the whole table anew.

use sea_orm_migration::sea_orm::ConnectionTrait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261123_000002_steering"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait elides it too, and async_trait compares the two signatures")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            manager.get_connection().execute_unprepared(&format!("ALTER TABLE {table} ADD COLUMN {column}")).await?;
        }
        for sql in [CRITERIA, FINDINGS, STEERS, ASKS] {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["asks", "steers", "findings", "criteria"] {
            manager.get_connection().execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        for (table, column) in COLUMNS {
            let name = column.split(' ').next().unwrap_or(column);
            manager.get_connection().execute_unprepared(&format!("ALTER TABLE {table} DROP COLUMN {name}")).await?;
        }
        Ok(())
    }

    /// A migration that is killed half-way leaves nothing behind and runs again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// `budget_json` holds ceilings, `warned_json` those of which a person was told. `settings_json` is what a step may use and how it is watched;
/// attempts up to `tries_from` do not count for its retries. `checks_json` are the commands of a check. `copied_from` names the attempt that a
/// fork took over.
const COLUMNS: [(&str, &str); 11] = [
    ("pipelines", "budget_json TEXT NOT NULL DEFAULT '{}'"),
    ("pipelines", "warned_json TEXT NOT NULL DEFAULT '[]'"),
    ("pipelines", "pause_requested TEXT"),
    ("pipelines", "forked_from_pipeline INTEGER"),
    ("pipelines", "forked_from_step INTEGER"),
    ("steps", "settings_json TEXT NOT NULL DEFAULT '{}'"),
    ("steps", "tries_from INTEGER NOT NULL DEFAULT 0"),
    ("steps", "retry_at TEXT"),
    ("attempts", "checks_json TEXT NOT NULL DEFAULT '[]'"),
    ("attempts", "copied_from INTEGER"),
    ("approvals", "reminded_at TEXT"),
];

/// `ordinal` is the order in which a pipeline's criteria were defined.
const CRITERIA: &str = "
CREATE TABLE criteria (
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id),
    id TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    text TEXT NOT NULL,
    mandatory INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL,
    claimed_met INTEGER NOT NULL,
    defined_by INTEGER NOT NULL REFERENCES steps (id),
    evidence_json TEXT NOT NULL,
    accepted_by TEXT,
    accepted_reason TEXT,
    accepted_at TEXT,
    PRIMARY KEY (pipeline_id, id)
) STRICT, WITHOUT ROWID;
";

const FINDINGS: &str = "
CREATE TABLE findings (
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id),
    id TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    severity TEXT NOT NULL,
    file TEXT,
    line INTEGER,
    claim TEXT NOT NULL,
    step_id INTEGER NOT NULL REFERENCES steps (id),
    raised_by INTEGER NOT NULL,
    round INTEGER NOT NULL,
    status TEXT NOT NULL,
    settled_by INTEGER,
    why_now TEXT,
    PRIMARY KEY (pipeline_id, id)
) STRICT, WITHOUT ROWID;
";

/// What people said to a pipeline; `step_id` where it is meant for one step.
const STEERS: &str = "
CREATE TABLE steers (
    id INTEGER PRIMARY KEY,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id),
    text TEXT NOT NULL,
    said_by TEXT NOT NULL,
    said_at TEXT NOT NULL,
    step_id INTEGER REFERENCES steps (id),
    delivered_in INTEGER REFERENCES attempts (id)
) STRICT;
CREATE INDEX steers_by_pipeline ON steers (pipeline_id, id);
";

/// What agents ask people. `answered_at` is empty while nobody has answered.
const ASKS: &str = "
CREATE TABLE asks (
    id INTEGER PRIMARY KEY,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id),
    step_id INTEGER NOT NULL REFERENCES steps (id),
    attempt_id INTEGER NOT NULL REFERENCES attempts (id),
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    patterns_json TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    deadline TEXT NOT NULL,
    allowed INTEGER,
    message TEXT,
    answered_by_json TEXT,
    answered_at TEXT
) STRICT;
CREATE INDEX asks_by_pipeline ON asks (pipeline_id, id);
CREATE INDEX asks_open ON asks (id) WHERE answered_at IS NULL;
";
