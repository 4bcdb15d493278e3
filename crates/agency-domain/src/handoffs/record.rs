//! The record.

use crate::criteria::EvidenceClaim;
use crate::reviews::{Finding, Verdict};
use crate::{CommitId, Usage};
use serde::{Deserialize, Serialize};

/// Version of the record's shape.
pub const SCHEMA_VERSION: u32 = 1;

/// What an agent leaves for those after it. The agent gives the first part, the engine fills in `engine`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandoffRecord {
    #[serde(default = "schema_version")]
    pub schema_version: u32,
    pub summary: String,
    pub outcome: Outcome,
    #[serde(default)]
    pub verdict: Option<Verdict>,
    #[serde(default)]
    pub decisions: Vec<DecisionRecord>,
    #[serde(default)]
    pub criteria: Vec<CriterionRecord>,
    #[serde(default)]
    pub findings: Vec<Finding>,
    #[serde(default)]
    pub failed_approaches: Vec<String>,
    #[serde(default)]
    pub open_questions: Vec<OpenQuestion>,
    #[serde(default)]
    pub next: NextInstructions,
    /// Ids that the agent was sent and has taken note of.
    #[serde(default)]
    pub acknowledged: Vec<String>,
    /// What the engine knows better than any agent.
    #[serde(default)]
    pub engine: EngineFacts,
}

fn schema_version() -> u32 {
    SCHEMA_VERSION
}

/// How the work of the attempt ended, in the agent's own judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Done,
    NoChangeNeeded,
    Blocked,
    Failed,
}

/// A decision with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRecord {
    #[serde(default)]
    pub id: Option<String>,
    pub what: String,
    #[serde(default)]
    pub why: String,
}

/// An acceptance criterion, or what is known of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriterionRecord {
    /// `AC-1`.
    pub id: String,
    #[serde(default)]
    pub text: Option<String>,
    /// `open`, `met`, … in the agent's words.
    #[serde(default)]
    pub status: Option<String>,
    /// Whether the pipeline may not end without it; it may not where nothing is said.
    #[serde(default)]
    pub mandatory: Option<bool>,
    #[serde(default)]
    pub evidence: Vec<EvidenceClaim>,
}

/// A question that is left open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenQuestion {
    #[serde(default)]
    pub id: Option<String>,
    pub text: String,
    #[serde(default)]
    pub blocking: bool,
}

/// What the next agent is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextInstructions {
    #[serde(default)]
    pub instructions: String,
    #[serde(default)]
    pub do_not: String,
}

/// Filled in by the engine after the attempt.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EngineFacts {
    #[serde(default)]
    pub files_changed: Vec<String>,
    /// Commands with their exit codes where known.
    #[serde(default)]
    pub commands_run: Vec<(String, Option<i64>)>,
    #[serde(default)]
    pub head_commit: Option<CommitId>,
    #[serde(default)]
    pub usage: Usage,
    /// From the prompt to the agent's rest.
    #[serde(default)]
    pub duration_ms: u64,
    /// Ids that the agent had to answer for, and of which its hand-off says nothing though it was reminded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unacknowledged: Vec<String>,
}

/// Which way a hand-off came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The tool `submit_handoff`.
    Tool,
    /// The last valid fenced JSON object of the reply.
    FencedJson,
    /// Markdown under the four headings.
    Markdown,
}
