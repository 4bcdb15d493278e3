//! What the tests of files share: a directory with a database in it, and a second connection that plays somebody else.

use agency_domain::testing::{Heard, Story, builders};
use agency_persistence::{MigrateCommand, Persistence, migrate};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use std::path::PathBuf;
use std::sync::Arc;

/// A directory that holds one database.
pub(crate) struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// Two directories below it do not exist yet.
    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("deep/data/agency.db")
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}", self.file().display())
    }

    pub(crate) async fn open(&self) -> (Persistence, Arc<Heard>) {
        let heard = Arc::new(Heard::default());
        (agency_persistence::open(&self.url(), Arc::clone(&heard) as _).await.unwrap(), heard)
    }

    /// Takes migrations back until `name` is none of those that are applied.
    pub(crate) async fn down_below(&self, name: &str) {
        let pending = format!("pending  {name}\n");
        while !migrate(&self.url(), MigrateCommand::Down).await.unwrap().contains(&pending) {}
    }

    /// A connection that is not ours.
    pub(crate) async fn stranger(&self) -> DatabaseConnection {
        Database::connect(self.url()).await.unwrap()
    }

    /// Runs statements as somebody else.
    pub(crate) async fn meddle(&self, sql: &str) {
        let stranger = self.stranger().await;
        stranger.execute_unprepared(sql).await.unwrap();
        stranger.close().await.unwrap();
    }
}

/// A queued pipeline.
pub(crate) async fn begin(open: &Persistence) -> Story {
    Story::begin(open.store(), open.ids(), builders::quick_fix(open.ids().as_ref())).await
}
