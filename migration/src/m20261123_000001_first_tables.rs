//! The first tables.
//!
//! Times are TEXT, RFC 3339 in UTC with exactly three fractional digits, so that the order of the text is the order of time. Tables are STRICT, so
//! that a column holds what it says. Plain SQL: `WITHOUT ROWID`, `STRICT` and partial indices are SQLite's own.

use sea_orm_migration::sea_orm::ConnectionTrait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261123_000001_first_tables"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait elides it too, and async_trait compares the two signatures")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [PIPELINES, STEPS, ATTEMPTS, RECEIPTS, HANDOFFS, APPROVALS, AUDIT_EVENTS, TRANSCRIPT_PARTS, IDEMPOTENCY_KEYS] {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Children first: foreign keys are on.
        for table in
            ["idempotency_keys", "transcript_parts", "audit_events", "approvals", "handoffs", "receipts", "attempts", "steps", "pipelines"]
        {
            manager.get_connection().execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        Ok(())
    }

    /// A migration that is killed half-way leaves nothing behind and runs again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// `version` rises with each change, `fence` with each claim. The partial index lets one pipeline at a time hold a branch.
const PIPELINES: &str = "
CREATE TABLE pipelines (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    template TEXT NOT NULL,
    repo TEXT NOT NULL,
    base TEXT NOT NULL,
    base_commit TEXT NOT NULL,
    branch TEXT NOT NULL,
    head_commit TEXT NOT NULL,
    model TEXT,
    status TEXT NOT NULL,
    reason_code TEXT,
    reason_message TEXT,
    reason_hint TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    version INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    owner TEXT
) STRICT;
CREATE INDEX pipelines_by_status ON pipelines (status, id);
CREATE UNIQUE INDEX pipelines_branch_held ON pipelines (repo, lower(branch)) WHERE status NOT IN ('succeeded', 'failed', 'cancelled');
";

/// `plan_json` is the step's kind with what belongs to it (agent and loop, or question and reminder).
const STEPS: &str = "
CREATE TABLE steps (
    id INTEGER PRIMARY KEY,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id),
    order_index INTEGER NOT NULL,
    kind TEXT NOT NULL,
    agent_name TEXT,
    plan_json TEXT NOT NULL,
    description TEXT,
    model TEXT,
    status TEXT NOT NULL,
    rounds INTEGER NOT NULL,
    started_at TEXT,
    finished_at TEXT
) STRICT;
CREATE UNIQUE INDEX steps_by_pipeline ON steps (pipeline_id, order_index);
";

/// `cost_kind` is nothing, known or unknown; `cost_dollars` goes with known alone.
const ATTEMPTS: &str = "
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id),
    step_id INTEGER NOT NULL REFERENCES steps (id),
    number INTEGER NOT NULL,
    status TEXT NOT NULL,
    failure_class TEXT,
    failure_message TEXT,
    model TEXT,
    session_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    base_commit TEXT NOT NULL,
    head_commit TEXT,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    tokens_input INTEGER NOT NULL,
    tokens_output INTEGER NOT NULL,
    tokens_reasoning INTEGER NOT NULL,
    tokens_cache_read INTEGER NOT NULL,
    tokens_cache_write INTEGER NOT NULL,
    cost_kind TEXT NOT NULL,
    cost_dollars REAL,
    verdict TEXT
) STRICT;
CREATE UNIQUE INDEX attempts_by_step ON attempts (step_id, number);
CREATE INDEX attempts_by_pipeline ON attempts (pipeline_id, id);
";

/// The exact prompt of an attempt, and the role that it was sent under. A table of its own, because prompts are long and rarely read.
const RECEIPTS: &str = "
CREATE TABLE receipts (
    attempt_id INTEGER PRIMARY KEY REFERENCES attempts (id),
    role TEXT NOT NULL,
    prompt TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    ids_json TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
";

const HANDOFFS: &str = "
CREATE TABLE handoffs (
    id INTEGER PRIMARY KEY,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id),
    step_id INTEGER NOT NULL REFERENCES steps (id),
    attempt_id INTEGER NOT NULL REFERENCES attempts (id),
    channel TEXT NOT NULL,
    content_md TEXT NOT NULL,
    metadata_json TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX handoffs_by_pipeline ON handoffs (pipeline_id, id);
";

const APPROVALS: &str = "
CREATE TABLE approvals (
    id INTEGER PRIMARY KEY,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id),
    step_id INTEGER NOT NULL REFERENCES steps (id),
    question TEXT NOT NULL,
    digest TEXT NOT NULL,
    status TEXT NOT NULL,
    comment TEXT,
    decided_by TEXT,
    decided_at TEXT,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX approvals_by_status ON approvals (status, id);
CREATE INDEX approvals_by_pipeline ON approvals (pipeline_id, id);
";

/// `id` is the sequence of the whole stream, which transcript parts share. Clustered by pipeline: a page of one pipeline's log is one walk.
const AUDIT_EVENTS: &str = "
CREATE TABLE audit_events (
    id INTEGER NOT NULL,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id),
    step_id INTEGER,
    event_type TEXT NOT NULL,
    payload_json TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX audit_events_by_id ON audit_events (id);
";

/// `seq` is the sequence of the part's newest change.
const TRANSCRIPT_PARTS: &str = "
CREATE TABLE transcript_parts (
    attempt_id INTEGER NOT NULL REFERENCES attempts (id),
    part_id TEXT NOT NULL,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id),
    step_id INTEGER NOT NULL REFERENCES steps (id),
    ordinal INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    text TEXT NOT NULL,
    tool TEXT,
    input_json TEXT,
    output TEXT,
    diff TEXT,
    created_at TEXT NOT NULL,
    PRIMARY KEY (attempt_id, part_id)
) STRICT;
CREATE INDEX transcript_parts_by_place ON transcript_parts (pipeline_id, attempt_id, ordinal);
CREATE UNIQUE INDEX transcript_parts_by_seq ON transcript_parts (seq);
CREATE INDEX transcript_parts_by_pipeline_seq ON transcript_parts (pipeline_id, seq);
";

const IDEMPOTENCY_KEYS: &str = "
CREATE TABLE idempotency_keys (
    key TEXT PRIMARY KEY,
    request_sha256 TEXT NOT NULL,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id),
    created_at TEXT NOT NULL
) STRICT;
";
