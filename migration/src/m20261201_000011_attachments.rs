//! What is attached to a request, and what of it each attempt was sent.
//!
//! Plain SQL and STRICT tables as in the first tables.

use crate::statements::Statements;

pub(crate) const MIGRATION: Statements = Statements { name: "m20261201_000011_attachments", up: UP, down: DOWN };

/// `position` counts from 0. The content comes last, so that what is asked about a file is read without the pages that hold its bytes.
const UP: &str = "
CREATE TABLE attachments (
    id INTEGER PRIMARY KEY,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (pipeline_id, position)
) STRICT;
ALTER TABLE receipts ADD COLUMN attachments_json TEXT NOT NULL DEFAULT '[]';
";

const DOWN: &str = "
ALTER TABLE receipts DROP COLUMN attachments_json;
DROP TABLE attachments;
";
