//! Keeps pipelines, their log and their transcripts in SQLite, through SeaORM.
//!
//! Implements the store ports of `agency-domain` and knows nothing but that crate and the migrations. [`open`] is called by the server's
//! wiring, [`migrate()`] by the command line. One task owns writing, see `writer`; readers have connections of their own. Transactions begin
//! and end in this crate, and rows do not leave it.

mod connect;
mod ids;
mod mapping;
mod migrate;
mod open;
mod reads;
mod rows;
mod stores;
mod writer;
mod writes;

pub use migrate::{AppliedMigration, MigrateCommand, migrate};
pub use open::{OpenError, Persistence, open};
pub use writer::{COMMIT_CLASSES, WriterLoad};
