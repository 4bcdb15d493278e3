//! Migrations, as the server runs them on start and `agency migrate` by hand.

use crate::OpenError;
use crate::connect::{self, Place};
use migration::Migrator;
use migration::sea_orm_migration::{MigrationStatus, MigratorTrait};
use sea_orm::DatabaseConnection;
use std::fmt::Write;

/// What `agency migrate` can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrateCommand {
    /// Changes nothing, and makes no database where there is none.
    Status,
    /// Applies what is pending.
    Up,
    /// Takes the newest migration back, with everything that its tables hold.
    Down,
}

/// A migration and whether this database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedMigration {
    pub name: String,
    pub applied: bool,
}

/// Carries out a command on the database at `url`, and answers the status afterwards as text for people, beginning with the head.
///
/// # Errors
/// Where the address does not fit, or the database cannot be opened, is newer than this program, or refuses a migration.
pub async fn migrate(url: &str, command: MigrateCommand) -> Result<String, OpenError> {
    let place = Place::parse(url)?;
    if command == MigrateCommand::Status && place.path().is_some_and(|path| !path.exists()) {
        return Ok(report(&none_applied()));
    }
    place.prepare()?;
    let db = connect::writer(&place).await?;
    let outcome = carry_out(&db, command).await;
    db.close().await?;
    outcome
}

async fn carry_out(db: &DatabaseConnection, command: MigrateCommand) -> Result<String, OpenError> {
    connect::check_version(db).await?;
    match command {
        MigrateCommand::Status => {}
        MigrateCommand::Up => up(db).await?,
        MigrateCommand::Down => Migrator::down(db, Some(1)).await.map_err(OpenError::Migrate)?,
    }
    Ok(report(&status(db).await?))
}

/// Applies what is pending, each migration in a transaction of its own.
pub(crate) async fn up(db: &DatabaseConnection) -> Result<(), OpenError> {
    // Asked first, so that a database of a newer version is refused before anything is written to it.
    status(db).await?;
    Migrator::up(db, None).await.map_err(OpenError::Migrate)
}

/// Every migration, oldest first.
pub(crate) async fn status(db: &DatabaseConnection) -> Result<Vec<AppliedMigration>, OpenError> {
    let all = Migrator::get_migration_with_status_read_only(db).await.map_err(OpenError::Migrate)?;
    Ok(all
        .iter()
        .map(|migration| AppliedMigration { name: migration.name().to_owned(), applied: migration.status() == MigrationStatus::Applied })
        .collect())
}

fn none_applied() -> Vec<AppliedMigration> {
    let all = Migrator::migrations();
    all.iter().map(|migration| AppliedMigration { name: migration.name().to_owned(), applied: false }).collect()
}

fn report(migrations: &[AppliedMigration]) -> String {
    let head = migrations.iter().rfind(|migration| migration.applied);
    let mut text = format!("head: {}\n", head.map_or("none", |migration| migration.name.as_str()));
    for migration in migrations {
        let state = if migration.applied { "applied" } else { "pending" };
        let _ = writeln!(text, "{state}  {}", migration.name);
    }
    text
}
