//! The audit log by what happened: without it, whoever asks for what is rare reads the whole log, more than half a second for a million events.
//!
//! Plain SQL as in the first tables.

use crate::statements::Statements;

pub(crate) const MIGRATION: Statements = Statements { name: "m20261130_000009_audit_by_type", up: UP, down: DOWN };

/// With `id`, so that a page of one type is one walk, in order.
const UP: &str = "CREATE INDEX audit_events_by_type ON audit_events (event_type, id);";

const DOWN: &str = "DROP INDEX audit_events_by_type;";
