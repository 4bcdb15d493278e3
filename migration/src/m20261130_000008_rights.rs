//! What whoever shows an access token may do.
//!
//! Plain SQL as in the first tables.

use crate::statements::Statements;

pub(crate) const MIGRATION: Statements = Statements { name: "m20261130_000008_rights", up: UP, down: DOWN };

/// `rights` is `all` or `read`; with `pipeline_id`, that pipeline alone. What there was could do everything, and still can.
const UP: &str = "
ALTER TABLE credentials ADD COLUMN rights TEXT NOT NULL DEFAULT 'all';
ALTER TABLE credentials ADD COLUMN pipeline_id INTEGER REFERENCES pipelines (id);
";

/// Without the column all can do everything: what could not is good no more.
const DOWN: &str = "
UPDATE credentials SET revoked_at = created_at WHERE rights <> 'all' AND revoked_at IS NULL;
ALTER TABLE credentials DROP COLUMN pipeline_id;
ALTER TABLE credentials DROP COLUMN rights;
";
