//! What people say to a pipeline, and what its agents ask them.

use serde::{Deserialize, Serialize};

/// Something that a person said. It goes to the running attempt, or to the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    pub id: i64,
    pub text: String,
    pub by: String,
    pub at: String,
    /// Where it is meant for one step alone.
    pub step_id: Option<i64>,
    /// The attempt that was sent it; `null` while it waits.
    pub delivered_in: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RequestKind {
    Permission,
    Question,
}

/// A permission or a question that policy left open. The attempt waits for the answer, until the deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentRequest {
    pub id: i64,
    pub pipeline_id: i64,
    pub pipeline_title: String,
    pub step_id: i64,
    /// Who asks.
    pub agent_name: String,
    pub attempt_id: i64,
    pub kind: RequestKind,
    /// Of a permission its name (`bash`, `edit`, `external_directory`), of a question its text.
    pub subject: String,
    /// What exactly: commands or paths; of a question the answers that it offers.
    pub patterns: Vec<String>,
    /// What a permission may cover that holds on; empty for a question.
    pub suggested: Vec<String>,
    pub asked_at: String,
    /// It is denied then.
    pub deadline: String,
    /// `null` while it waits.
    pub answer: Option<RequestAnswer>,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequestAnswer {
    /// Allowed, or denied. A question is answered where this is true.
    pub allowed: bool,
    /// What the agent read: the reason of a denial, the answer of a question.
    pub message: Option<String>,
    pub source: AnswerSource,
    /// The person.
    pub by: Option<String>,
    pub at: String,
    /// Where it is allowed from then on; `null` where it was this once.
    #[serde(default)]
    pub grant: Option<PermissionGrant>,
}

/// How far a permission reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PermissionScope {
    Once,
    /// The step whose agent asked, in each of its attempts.
    Step,
    /// Every step of the pipeline.
    Pipeline,
}

/// A permission that holds on: what fits it is not asked for again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PermissionGrant {
    pub scope: PermissionScope,
    pub patterns: Vec<String>,
    /// `null` while it holds.
    pub revoked_at: Option<String>,
    pub revoked_by: Option<String>,
}

/// Who ended a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AnswerSource {
    Person,
    /// Nobody answered in time.
    Deadline,
    /// The attempt ended first.
    End,
}
