//! Where the database is, and connections to it with the settings that everything else relies on.

use crate::OpenError;
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a connection waits for another process's lock. More than a backup's moment, less than a client's patience.
const BUSY_LIMIT: Duration = Duration::from_secs(5);
/// How long a read waits for a connection: reads are short, so a pool that is taken this long is not healthy.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(10);
/// Connections that read at once; each costs a thread. Reads are short and come from the page cache, so more would not be faster.
const READERS: u32 = 4;
/// The log file is cut back to this after a checkpoint, so that one burst does not hold disk space for ever.
const JOURNAL_BYTES_MAX: u32 = 64 * 1024 * 1024;
/// Versions 3.7.0 to 3.51.2 can corrupt a database in WAL mode when two connections write or checkpoint at once.
const SQLITE_VERSION_MIN: (u32, u32, u32) = (3, 51, 3);

/// Where a database lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// For tests: gone with its last connection.
    Memory,
    File(PathBuf),
}

impl Place {
    /// Reads `sqlite://path` and `sqlite::memory:`.
    pub(crate) fn parse(url: &str) -> Result<Self, OpenError> {
        if url == "sqlite::memory:" {
            return Ok(Self::Memory);
        }
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Err(OpenError::Url("PostgreSQL is not supported in this version; use sqlite://data/agency.db".into()));
        }
        match url.strip_prefix("sqlite://") {
            None => Err(OpenError::Url(format!(
                "{} is no address of a database; write sqlite:// and a path, for example sqlite://data/agency.db",
                scheme_of(url)
            ))),
            Some("") => Err(OpenError::Url("the path after sqlite:// is missing; write for example sqlite://data/agency.db".into())),
            Some(path) if path.contains('?') => {
                Err(OpenError::Url("leave out what follows the ? after the path: there are no options".into()))
            }
            Some(path) => Ok(Self::File(PathBuf::from(path))),
        }
    }

    pub(crate) fn is_memory(&self) -> bool {
        *self == Self::Memory
    }

    /// Makes the directories above the file, and the file for its owner alone. SQLite gives the files beside it the same mode.
    pub(crate) fn prepare(&self) -> Result<(), OpenError> {
        let Self::File(path) = self else { return Ok(()) };
        let unusable = |source: io::Error| OpenError::File { path: path.clone(), source };
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(unusable)?;
        }
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        file.map(drop).map_err(unusable)
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::File(path) => Some(path),
        }
    }
}

/// What stands before the first colon: the rest may hold a password.
fn scheme_of(url: &str) -> String {
    url.split_once(':').map_or_else(|| "what was given".to_owned(), |(scheme, _)| format!("{scheme}:…"))
}

/// The one connection that writes.
pub(crate) async fn writer(place: &Place) -> Result<DatabaseConnection, DbErr> {
    connect(place, 1, |options| options.pragma("journal_mode", "WAL").pragma("journal_size_limit", JOURNAL_BYTES_MAX.to_string())).await
}

/// The connections that read. A database in memory has the writer's own connection only.
pub(crate) async fn readers(place: &Place, writer: &DatabaseConnection) -> Result<DatabaseConnection, DbErr> {
    if place.is_memory() {
        return Ok(writer.clone());
    }
    connect(place, READERS, |options| options.pragma("query_only", "ON")).await
}

async fn connect(
    place: &Place,
    connections: u32,
    pragmas: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions + Send + Sync + 'static,
) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_LIMIT)
        // A local file's connection neither dies nor ages, and the writer's settings live in it.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    let file = place.path().map(Path::to_path_buf);
    options.map_sqlx_sqlite_opts(move |options| {
        let options = match &file {
            // The address above made it one in memory; a file takes that back.
            Some(path) => options.filename(path).in_memory(false).shared_cache(false).create_if_missing(false),
            None => options,
        };
        pragmas(options.busy_timeout(BUSY_LIMIT).foreign_keys(true))
    });
    Database::connect(options).await
}

/// Refuses a SQLite that can corrupt what it keeps.
pub(crate) async fn check_version(db: &DatabaseConnection) -> Result<(), OpenError> {
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "SELECT sqlite_version() AS version");
    let row = db.query_one_raw(statement).await?;
    let found: String = row.ok_or(OpenError::Sqlite { found: "unknown".into() })?.try_get("", "version")?;
    let mut parts = found.split('.').map(|part| part.parse().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    if (part(), part(), part()) < SQLITE_VERSION_MIN {
        return Err(OpenError::Sqlite { found });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_path_or_memory() {
        assert_eq!(Place::parse("sqlite::memory:").unwrap(), Place::Memory);
        assert_eq!(Place::parse("sqlite://data/agency.db").unwrap(), Place::File("data/agency.db".into()));
        assert_eq!(Place::parse("sqlite:///var/a.db").unwrap(), Place::File("/var/a.db".into()));
    }

    #[test]
    fn another_database_is_refused_without_its_password() {
        let error = Place::parse("postgres://agency:secret@host/agency").unwrap_err().to_string();
        assert!(error.contains("PostgreSQL is not supported in this version"), "{error}");
        let error = Place::parse("mysql://agency:secret@host/agency").unwrap_err().to_string();
        assert!(!error.contains("secret") && error.contains("sqlite://data/agency.db"), "{error}");
    }
}
