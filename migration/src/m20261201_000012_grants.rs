//! Permissions that outlast their question.
//!
//! Plain SQL as in the first tables.

use crate::statements::Statements;

pub(crate) const MIGRATION: Statements = Statements { name: "m20261201_000012_grants", up: UP, down: DOWN };

/// What may be allowed from then on, as a JSON list, and what was: `{scope, patterns, revoked}`.
const UP: &str = "
ALTER TABLE asks ADD COLUMN suggested_json TEXT NOT NULL DEFAULT '[]';
ALTER TABLE asks ADD COLUMN grant_json TEXT;
";

const DOWN: &str = "
ALTER TABLE asks DROP COLUMN grant_json;
ALTER TABLE asks DROP COLUMN suggested_json;
";
