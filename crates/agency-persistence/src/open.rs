//! Opening a database, and what is open then.

use crate::connect::{self, Place};
use crate::ids::StoredIds;
use crate::migrate::{self, AppliedMigration};
use crate::stores::Stores;
use crate::writer::{Writer, WriterLoad};
use agency_domain::Ids;
use agency_domain::access::CredentialStore;
use agency_domain::pipelines::{EventLog, EventSink, PipelineStore};
use agency_domain::transcripts::TranscriptStore;
use sea_orm::{DatabaseConnection, DbErr};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

/// Why a database cannot be used. The texts say what to do.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The address does not fit.
    #[error("{0}")]
    Url(String),
    /// The file or a directory above it cannot be made or written.
    #[error("the database file {path:?} cannot be used")]
    File { path: PathBuf, source: io::Error },
    /// The SQLite in this binary is one that can corrupt databases.
    #[error("SQLite {found} can corrupt a database; build with SQLite 3.51.3 or newer")]
    Sqlite { found: String },
    #[error("the database does not have the tables that this version needs, or was made by a newer version")]
    Migrate(#[source] DbErr),
    #[error("the database cannot be opened")]
    Database(#[from] DbErr),
}

/// An open database. Its ports can be cloned and shared; close it once, when nobody writes any more.
pub struct Persistence {
    stores: Arc<Stores>,
    ids: Arc<StoredIds>,
    readers: DatabaseConnection,
}

/// Opens the database at `url` (`sqlite://relative/or/absolute/path` or `sqlite::memory:`), makes it where there is none, and applies pending
/// migrations. `sink` hears of every fact from then on, from the writer's task.
///
/// # Errors
/// Where the address does not fit, or the database cannot be opened, is newer than this program, or refuses a migration.
pub async fn open(url: &str, sink: Arc<dyn EventSink>) -> Result<Persistence, OpenError> {
    let place = Place::parse(url)?;
    place.prepare()?;
    let writer = connect::writer(&place).await?;
    connect::check_version(&writer).await?;
    migrate::up(&writer).await?;
    let readers = connect::readers(&place, &writer).await?;
    let ids = Arc::new(StoredIds::read(&writer).await?);
    let writer = Writer::start(place, writer, sink).await?;
    let stores = Arc::new(Stores { writer, readers: readers.clone() });
    Ok(Persistence { stores, ids, readers })
}

impl Persistence {
    /// What the writer has done and has to do, as a function that can be kept.
    pub fn writer_load(&self) -> impl Fn() -> WriterLoad + Send + Sync + use<> {
        let stores = Arc::clone(&self.stores);
        move || stores.writer.load()
    }

    /// Keeps pipelines.
    pub fn store(&self) -> Arc<dyn PipelineStore> {
        Arc::clone(&self.stores) as _
    }

    /// Reads the stream and the audit log.
    pub fn log(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.stores) as _
    }

    /// Keeps transcripts.
    pub fn transcripts(&self) -> Arc<dyn TranscriptStore> {
        Arc::clone(&self.stores) as _
    }

    /// Keeps access tokens and sessions.
    pub fn credentials(&self) -> Arc<dyn CredentialStore> {
        Arc::clone(&self.stores) as _
    }

    /// Gives out ids. One process at a time may use a database, as only it knows what it has given out.
    pub fn ids(&self) -> Arc<dyn Ids> {
        Arc::clone(&self.ids) as _
    }

    /// Every migration, oldest first, and whether it is applied.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn migration_status(&self) -> Result<Vec<AppliedMigration>, OpenError> {
        migrate::status(&self.readers).await
    }

    /// Writes what waits, refuses what comes after, and closes the file. Idempotent.
    pub async fn close(&self) {
        self.stores.writer.close().await;
        if let Err(error) = self.readers.close_by_ref().await {
            tracing::warn!(%error, "the database's readers did not close well");
        }
    }
}
