//! What a pipeline was created with: the version of its template, and the agents of its chain as they were.
//!
//! A pipeline from before has no rows here, and no hash.

use sea_orm_migration::sea_orm::ConnectionTrait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261125_000003_kept_agents"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait elides it too, and async_trait compares the two signatures")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            manager.get_connection().execute_unprepared(&format!("ALTER TABLE pipelines ADD COLUMN {column} TEXT")).await?;
        }
        manager.get_connection().execute_unprepared(KEPT_AGENTS).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP TABLE kept_agents").await?;
        for column in COLUMNS {
            manager.get_connection().execute_unprepared(&format!("ALTER TABLE pipelines DROP COLUMN {column}")).await?;
        }
        Ok(())
    }

    /// A migration that is killed half-way leaves nothing behind and runs again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The hash of the template's text, and the shelf that it was found on.
const COLUMNS: [&str; 2] = ["template_sha256", "template_source"];

/// `agent_json` is the whole definition: prompt, model, permissions and all else that a runner needs.
const KEPT_AGENTS: &str = "
CREATE TABLE kept_agents (
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id),
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    agent_json TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, name)
) STRICT, WITHOUT ROWID;
";
