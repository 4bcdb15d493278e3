//! Everything that is read, one file per noun. Each takes a connection, so that a transaction can see one state over several queries.

pub(crate) mod approvals;
pub(crate) mod attachments;
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
use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoColumnRef};

/// Whether a column holds a text, whatever its case within ASCII: SQLite's `lower` knows no more; `instr` has no wildcards that a text could hold by
/// chance.
fn holds(column: impl IntoColumnRef, text: &str) -> Expr {
    let position = Func::cust("instr").arg(Func::lower(Expr::col(column))).arg(text.to_ascii_lowercase());
    Expr::expr(position).gt(0)
}

/// A failed read. The same read may work later.
pub(crate) fn unavailable(error: &DbErr) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
