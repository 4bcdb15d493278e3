//! Pipelines: what one run is, what can happen to it, and the ports that keep it.
//!
//! [`decide`] answers which events a command brings about, or refuses it; [`Pipeline::apply`] is the only way that a pipeline changes.

mod apply;
mod chain;
mod command;
mod decide;
mod event;
mod event_types;
mod failure;
mod fork;
mod grants;
mod judged;
mod model;
mod observation;
mod query;
mod questions;
mod spending;
mod steering;
mod store;

pub use chain::{ChainHash, Checkpoint, StoredEvent, Verification};
pub use command::{AttemptResult, Command, Conversation, Finished, NewAttempt, Refused};
pub use decide::{SAME_FAILURES_MAX, decide};
pub use event::{Event, SentBackBy};
pub use event_types::EVENT_TYPES;
pub use failure::{FailureClass, FailureReason, PauseCode, PauseReason, ReasonCode};
pub use grants::{GRANT_PATTERN_BYTES_MAX, GRANT_PATTERNS_MAX, Grant, Revocation, Scope, Wanted};
pub use model::{
    Attempt, AttemptFailure, AttemptStatus, NewPipeline, Origin, Pipeline, PipelineStatus, RecordedHandoff, SCRIPTED_PROVIDER, Step,
    StepStatus,
};
pub use observation::Observation;
pub use query::Next;
pub use questions::{Question, QuestionEnd, QuestionOutcome};
pub use steering::{Answer, AnsweredBy, Ask, AskKind, Steer};
pub use store::{
    Counted, Created, EventFilter, EventLog, EventSink, Fact, Fence, Fork, IdempotencyKey, LoggedEvent, PageCursor, PipelineChange,
    PipelineFilter, PipelineStore, PipelineSummary, Receipt, Recorded, StoreError,
};

#[cfg(test)]
mod tests;
