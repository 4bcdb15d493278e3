//! Everything that is read, one file per noun. Each takes a connection, so that a transaction can see one state over several queries.

pub(crate) mod approvals;
pub(crate) mod chain;
pub(crate) mod counts;
pub(crate) mod credentials;
pub(crate) mod ledgers;
pub(crate) mod lists;
pub(crate) mod log;
pub(crate) mod pipelines;
pub(crate) mod questions;
pub(crate) mod transcripts;

use agency_domain::pipelines::StoreError;
use sea_orm::DbErr;

/// A failed read. The same read may work later.
pub(crate) fn unavailable(error: &DbErr) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
