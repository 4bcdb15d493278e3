//! The wire: request and response types, stream events and problem codes, as scripts, the CLI and the page see them.
//!
//! This crate is WASM-safe and depends on nothing of ours. Times are UTC, RFC 3339, in strings; ids are integers; names are snake_case.
//! The server maps domain types to these, so that a change inside never changes the wire unnoticed.

mod approvals;
mod catalog;
mod events;
mod list;
mod pipelines;
mod problem;
mod runtime;
mod transcript;

pub use approvals::{Approval, ApprovalDecision, ApprovalStatus, DecideApproval};
pub use catalog::{Agent, AgentAccess, Source, Template};
pub use events::{AuditEvent, StreamEvent, StreamPayload};
pub use list::Page;
pub use pipelines::{
    Attempt, AttemptStatus, CreatePipeline, Criterion, Failure, Finding, Handoff, ListPipelines, Loop, NewStep, Pipeline, PipelineDetail,
    PipelineStatus, PipelineStatusReason, Step, StepKind, StepStatus, Tokens, Usage, Verdict,
};
pub use problem::{FieldError, Problem, code};
pub use runtime::{CheckState, Demo, Health, OpenCode, Ready, RunningServer};
pub use transcript::{Diff, DiffFile, DiffHunk, DiffLine, DiffLineKind, PartKind, PartState, Receipt, TranscriptPart};
