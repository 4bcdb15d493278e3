//! How long each part of a transcript took.
//!
//! Plain SQL as in the first tables.

use crate::statements::Statements;

pub(crate) const MIGRATION: Statements = Statements { name: "m20261130_000010_took", up: UP, down: DOWN };

/// In milliseconds. What was stored before has none: only its newest time is known, and that says nothing of its beginning.
const UP: &str = "ALTER TABLE transcript_parts ADD COLUMN took_ms INTEGER;";

const DOWN: &str = "ALTER TABLE transcript_parts DROP COLUMN took_ms;";
