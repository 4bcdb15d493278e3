//! The schema of theAgency's database, as reversible migrations.
//!
//! Knows SQLite and nothing of ours: a migration must read the same in ten years, whatever the domain looks like then. Called by
//! `agency-persistence` when it opens a database, and by `agency migrate`.

mod m20261123_000001_first_tables;
mod m20261123_000002_steering;
mod m20261125_000003_kept_agents;
mod m20261125_000004_questions;
mod m20261125_000005_forks;
mod m20261130_000006_credentials;
mod m20261130_000007_audit_chain;
mod m20261130_000008_rights;
mod m20261130_000009_audit_by_type;
mod m20261130_000010_took;
mod m20261201_000011_attachments;
mod m20261201_000012_grants;
mod statements;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub use sea_orm_migration;

/// Every migration, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_first_tables::Migration),
            Box::new(m20261123_000002_steering::Migration),
            Box::new(m20261125_000003_kept_agents::Migration),
            Box::new(m20261125_000004_questions::Migration),
            Box::new(m20261125_000005_forks::Migration),
            Box::new(m20261130_000006_credentials::Migration),
            Box::new(m20261130_000007_audit_chain::Migration),
            Box::new(m20261130_000008_rights::MIGRATION),
            Box::new(m20261130_000009_audit_by_type::MIGRATION),
            Box::new(m20261130_000010_took::MIGRATION),
            Box::new(m20261201_000011_attachments::MIGRATION),
            Box::new(m20261201_000012_grants::MIGRATION),
        ]
    }
}
