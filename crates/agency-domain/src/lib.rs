//! The domain of theAgency: pipelines, steps, attempts, templates, agents, hand-offs, reviews and approvals.
//!
//! Pure: no I/O, no clock, no randomness, no async runtime. What it needs from outside it names as ports
//! ([`pipelines::PipelineStore`], [`agents::AgentRuntime`], [`repositories::Repositories`], …), which the adapter crates implement.
//! All state changes of a pipeline go through one pair of functions: [`pipelines::decide`] (state and command in, events out) and
//! [`pipelines::Pipeline::apply`].

pub mod access;
pub mod agents;
pub mod approvals;
pub mod attachments;
pub mod budgets;
pub mod checks;
pub mod criteria;
pub mod handoffs;
mod ids;
mod names;
pub mod pipelines;
pub mod repositories;
pub mod reviews;
pub mod templates;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transcripts;
mod usage;

pub use ids::{ApprovalId, AskId, AttemptId, CredentialId, HandoffId, Ids, PipelineId, QuestionId, SteerId, StepId};
pub use names::{AgentName, BranchName, CommitId, MessageId, ModelName, NameError, SessionId, TemplateName};
pub use usage::{Cost, Tokens, Usage};

/// An instant in UTC, to the millisecond.
pub use jiff::Timestamp;

/// The clock, so that tests choose the time.
pub trait Clock: Send + Sync {
    /// Now, in UTC, to the millisecond.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // What is stored has milliseconds; what is held in memory must be the same.
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}
