//! What a whole pipeline is measured by: acceptance criteria with their evidence, and reviewers' findings.

use serde::{Deserialize, Serialize};

/// One acceptance criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Criterion {
    /// `AC-1`; never changes.
    pub id: String,
    pub text: String,
    /// Whether the pipeline cannot succeed without it.
    pub mandatory: bool,
    pub status: CriterionStatus,
    /// Oldest first.
    pub evidence: Vec<Evidence>,
    /// Set where a person took it as met.
    pub accepted: Option<Acceptance>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CriterionStatus {
    Open,
    /// An agent says that it is met; nothing that the server knows confirms it.
    Claimed,
    /// Evidence that the server confirmed, true of the branch as it stands.
    Proven,
    /// A person takes it as met without evidence.
    Accepted,
    /// Taken back by the step that defined it.
    Withdrawn,
}

/// What an attempt named as evidence, and whether it is true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    /// As the agent put it.
    pub text: String,
    pub attempt_id: i64,
    /// Whether it is true of the branch as it stands.
    pub proven: bool,
    /// What proves it: `src/main.rs is in the branch's diff`.
    pub by: Option<String>,
    /// Why it proves nothing.
    pub why: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Acceptance {
    pub by: String,
    pub reason: String,
    pub at: String,
}

/// One reviewer's point, over all rounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// `F-3`; never changes.
    pub id: String,
    /// `blocker`, `major`, `minor` or `note`; only the first two ask for a round.
    pub severity: String,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub claim: String,
    /// `open`, `fixed` or `wont_fix`.
    pub status: String,
    /// The round that raised it, from 1.
    pub round: u32,
    /// The review that raised it.
    pub raised_by_attempt: i64,
    /// The review that settled it.
    pub settled_by_attempt: Option<i64>,
    /// Why a later round raised it though nothing had changed there.
    pub why_now: Option<String>,
    /// Agent of the reviewing step; it alone settles its findings.
    pub reviewer: String,
}
