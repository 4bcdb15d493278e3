//! The wire: request and response types, stream events and problem codes, as scripts, the CLI and the page see them.
//!
//! This crate is WASM-safe and depends on nothing of ours. Times are UTC, RFC 3339, in strings; ids are integers; names are snake_case.
//! The server maps domain types to these, so that a change inside never changes the wire unnoticed.

mod access;
mod approvals;
mod attachments;
mod audit;
mod blame;
mod catalog;
mod comparison;
mod control;
mod create;
mod events;
mod form;
mod handoffs;
mod ledgers;
mod lifecycle;
mod list;
mod markdown;
mod pipelines;
mod problem;
mod questions;
mod requests;
mod review;
mod runtime;
mod steps;
mod timeline;
mod transcript;
pub mod words;

pub use access::{Access, CreateToken, CreatedToken, Credential, CredentialKind, Rights, SIGN_IN_FRAGMENT, SignIn};
pub use approvals::{Approval, ApprovalDecision, ApprovalStatus, DecideApproval};
pub use attachments::{Attachment, NewAttachment, SentAttachment};
pub use audit::{AuditEvent, AuditVerification, ExportedEvent};
pub use blame::Blame;
pub use catalog::{
    Agent, AgentAccess, AgentFile, CheckFile, CheckedFile, FileText, PutFile, ShadowedFile, Source, Template, TemplateFile, TryAgent,
};
pub use comparison::{ChangedLines, ComparedFile, ComparedOrigin, ComparedPipeline, ComparedSide, Comparison, ComparisonRow};
pub use control::{AcceptCriterion, AnswerRequest, ChangeBudget, PausePipeline, ResumePipeline, RetryStep, RevokePermission, SendMessage};
pub use create::{CreatePipeline, Loop, NewStep, Repository};
pub use events::{CheckResult, StreamEvent, StreamPayload};
pub use form::{AddStep, EditTemplate, EditedTemplate, FormField, FormFieldKind, MoveStep, SetField, TemplateChange, TemplateForm};
pub use handoffs::HandoffChanges;
pub use ledgers::{Acceptance, Criterion, CriterionStatus, Evidence, Finding};
pub use lifecycle::{
    AgentRecord, Band, CleanUp, CleanedUp, CleanedUpPipeline, DryRun, DryRunStep, Forecast, ForkPipeline, RecordedRun, TemplateRecord,
};
pub use list::Page;
pub use markdown::{RenderMarkdown, RenderedMarkdown};
pub use pipelines::{
    Budget, Fork, ListPipelines, Origin, Pipeline, PipelineDetail, PipelineStatus, PipelineStatusReason, Spent, Tokens, Usage,
};
pub use problem::{FieldError, Problem, code};
pub use questions::{AskQuestion, Question, QuestionStatus};
pub use requests::{AgentRequest, AnswerSource, Message, PermissionGrant, PermissionScope, RequestAnswer, RequestKind};
pub use review::{DiffSide, LineComment};
pub use runtime::{CheckState, Demo, Health, OpenCode, PageError, Ready, RunningServer};
pub use steps::{Attempt, AttemptStatus, CheckRun, Failure, Handoff, RetryPolicy, Step, StepKind, StepSettings, StepStatus, Verdict};
pub use timeline::{Timeline, TimelineGap, TimelineRow, TimelineSpan, TimelineSpanKind, TimelineSpanState};
pub use transcript::{
    Diff, DiffFile, DiffHunk, DiffLine, DiffLineKind, DiffView, FoundPart, FoundParts, PartKind, PartSort, PartState, Receipt,
    TranscriptPart,
};
