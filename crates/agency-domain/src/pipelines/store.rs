//! The ports that keep pipelines and their events.

use super::{ChainHash, Checkpoint, Event, Pipeline, PipelineStatus, Verification};
use crate::agents::KeptAgent;
use crate::attachments::{Attachment, Content};
use crate::transcripts::TranscriptPart;
use crate::{AttemptId, PipelineId, StepId, Timestamp, Usage};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;

/// The right to carry a pipeline out. A claim raises it, so that whoever held it before can write nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence(pub i64);

/// The exact prompt of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub attempt_id: AttemptId,
    /// The agent's role and rules, sent as the system prompt.
    pub role: String,
    /// The prompt itself, to the letter.
    pub prompt: String,
    /// Of `prompt`; lower-case hex.
    pub sha256: String,
    /// Ids of criteria, findings and decisions that it carried.
    pub ids: Vec<String>,
    /// The files that were sent beside it.
    pub attachments: Vec<Attachment>,
    pub created_at: Timestamp,
}

/// One atomic change: the events, and the pipeline as they leave it.
#[derive(Debug, Clone)]
pub struct PipelineChange {
    /// As [`Pipeline::apply`] left it; its `version` is still the one that was decided on.
    pub after: Pipeline,
    pub events: Vec<Event>,
    pub at: Timestamp,
    /// Given by a runner: refused as `Fenced` where somebody has claimed the pipeline since.
    pub fence: Option<Fence>,
    /// Stored with the attempt that an `AttemptStarted` among the events begins.
    pub receipt: Option<Receipt>,
    /// Of a pipeline that is created: the agents of its chain, which it keeps as they are now.
    pub agents: Vec<KeptAgent>,
    /// Of a pipeline that is created: the contents of its attachments, in their order.
    pub contents: Vec<Content>,
}

/// What a client names so that a repeated request does nothing twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub key: String,
    /// Hash of the request: the same key with another request is an error.
    pub request_sha256: String,
}

/// Whether a pipeline was created now or by an earlier request with the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    New(PipelineId),
    Before(PipelineId),
}

/// Which pipelines to list; empty lists and `None` do not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PipelineFilter {
    /// Words as in [`PipelineStatus::as_str`].
    pub statuses: Vec<String>,
    pub template: Option<String>,
    /// Of whose chain an agent of this name is.
    pub agent: Option<String>,
    pub repo: Option<String>,
    /// Contained in title or description, without regard to the case of ASCII letters.
    pub text: Option<String>,
}

/// Which events of the log; an empty list and `None` do not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    pub pipeline: Option<PipelineId>,
    /// Words of [`super::EVENT_TYPES`].
    pub event_types: Vec<String>,
    /// Recorded at this time or later.
    pub since: Option<Timestamp>,
    /// Recorded before this time.
    pub until: Option<Timestamp>,
}

impl EventFilter {
    /// Everything that happened to one pipeline, or to all.
    pub fn of(pipeline: Option<PipelineId>) -> Self {
        Self { pipeline, ..Self::default() }
    }
}

/// A place in a list, newest first: only ids below it.
pub type PageCursor = Option<i64>;

/// A pipeline as lists show it.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineSummary {
    /// With attachments, `steps`, `approvals`, criteria, findings, steers, asks and questions left empty.
    pub pipeline: Pipeline,
    pub usage: Usage,
    pub current_step: Option<StepId>,
    pub steps_total: u32,
    pub steps_done: u32,
    pub scripted: bool,
}

/// A pipeline as its origin lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    pub id: PipelineId,
    pub title: String,
    pub status: PipelineStatus,
}

/// What a store can count by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Pipelines,
    Attempts,
}

/// One durable fact of the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Rises with every fact of the whole database, in the order of commits.
    pub seq: i64,
    pub pipeline_id: PipelineId,
    pub at: Timestamp,
    pub fact: Fact,
}

/// A fact: an event of a pipeline, or a part of a transcript.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    Event(Event),
    Part(TranscriptPart),
}

/// An event of the audit log with what the log keeps beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedEvent {
    /// Its fact is an event.
    pub recorded: Recorded,
    /// The payload to the letter, as it was hashed.
    pub payload_json: String,
    pub hash: ChainHash,
}

/// Hears of every durable fact, after its commit, in the order of `seq`. Must return at once.
pub trait EventSink: Send + Sync {
    fn publish(&self, facts: &[Arc<Recorded>]);
}

/// Keeps pipelines. Whatever is acknowledged is on disk, except events that [`Event::is_progress`] marks.
#[async_trait]
pub trait PipelineStore: Send + Sync {
    /// Stores a pipeline (version becomes 1) with its first events, in one transaction. `BranchTaken` where a pipeline that has not ended holds the
    /// same branch of the same repository.
    async fn create(&self, change: PipelineChange, key: Option<IdempotencyKey>) -> Result<Created, StoreError>;

    /// The pipeline that an earlier request with this key created. `KeyReused` where that was another request.
    async fn created_with(&self, key: &IdempotencyKey) -> Result<Option<PipelineId>, StoreError>;

    /// The pipeline with steps, attempts, hand-offs and approvals.
    async fn load(&self, id: PipelineId) -> Result<Option<Pipeline>, StoreError>;

    /// Stores a change in one transaction with its events, and answers the sequence of the last one. `Conflict` where the stored version is not
    /// `change.after.version`: load and decide again; `BranchTaken` where it brings an ended pipeline back and another holds its branch by now.
    /// On success the stored version is one higher.
    async fn commit(&self, change: PipelineChange) -> Result<i64, StoreError>;

    /// Raises the pipeline's fence and names its new owner.
    async fn claim(&self, id: PipelineId, owner: &str) -> Result<Fence, StoreError>;

    /// Pipelines that have not ended and wait for no person (`queued`, `running`), oldest first.
    async fn due(&self, limit: u32) -> Result<Vec<PipelineId>, StoreError>;

    /// How many there are in each status, by its word; a status that none is in is left out.
    async fn count(&self, what: Counted) -> Result<BTreeMap<String, u64>, StoreError>;

    /// One page, newest first.
    async fn list(&self, filter: &PipelineFilter, before: PageCursor, limit: u32) -> Result<Vec<PipelineSummary>, StoreError>;

    /// The pipelines whose approvals have this state (`pending`, `approved`, …; `None`: any), by approval, newest first. Each with the approval's id.
    async fn approvals(
        &self,
        status: Option<&str>,
        before: PageCursor,
        limit: u32,
    ) -> Result<Vec<(crate::ApprovalId, PipelineId)>, StoreError>;

    /// Which pipeline an approval belongs to.
    async fn pipeline_of_approval(&self, id: crate::ApprovalId) -> Result<Option<PipelineId>, StoreError>;

    /// What agents ask and nobody has answered, oldest first, with whose it is.
    async fn open_asks(&self, limit: u32) -> Result<Vec<(crate::AskId, PipelineId)>, StoreError>;

    /// Which pipeline an ask belongs to.
    async fn pipeline_of_ask(&self, id: crate::AskId) -> Result<Option<PipelineId>, StoreError>;

    /// The agents that a pipeline has kept, by name; none where it was created before they were.
    async fn agents(&self, id: PipelineId) -> Result<Vec<KeptAgent>, StoreError>;

    /// The content of a pipeline's attachment, by its place from 0.
    async fn attachment(&self, id: PipelineId, place: u32) -> Result<Option<Content>, StoreError>;

    /// Questions that wait for their answers, oldest first, with whose they are.
    async fn open_questions(&self, limit: u32) -> Result<Vec<(crate::QuestionId, PipelineId)>, StoreError>;

    /// The pipelines that were forked from this one, oldest first.
    async fn forks(&self, id: PipelineId, limit: u32) -> Result<Vec<Fork>, StoreError>;

    /// The receipt of an attempt.
    async fn receipt(&self, attempt: AttemptId) -> Result<Option<Receipt>, StoreError>;

    /// Writes nothing; fails where the database cannot be read.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// Reads the log.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// The newest sequence; 0 in an empty database.
    async fn head(&self) -> Result<i64, StoreError>;

    /// Facts with a sequence above `after`, in order; of one pipeline where one is named.
    async fn replay(&self, after: i64, pipeline: Option<PipelineId>, limit: u32) -> Result<Vec<Recorded>, StoreError>;

    /// Events (no transcript parts) that fit the filter, newest first, below `before`.
    async fn audit(&self, filter: &EventFilter, before: PageCursor, limit: u32) -> Result<Vec<Recorded>, StoreError>;

    /// Events (no transcript parts) that fit the filter, oldest first, above `after`.
    async fn logged(&self, after: i64, filter: &EventFilter, limit: u32) -> Result<Vec<LoggedEvent>, StoreError>;

    /// Verifies the chain of the whole log behind `from`, batch by batch and beside whatever is written meanwhile, up to the first event that does
    /// not match. Where the event that `from` names is not in the log with its hash any more, that one is `broken_at`, and nothing is verified.
    async fn verify(&self, from: Checkpoint) -> Result<Verification, StoreError>;

    /// When a pipeline was paused (`true`) and went on (`false`), oldest first.
    async fn pauses(&self, pipeline: PipelineId, limit: u32) -> Result<Vec<(Timestamp, bool)>, StoreError>;
}

/// What can go wrong with the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Somebody changed the pipeline in between: load, decide, commit again.
    #[error("the pipeline changed in between")]
    Conflict,
    /// Somebody else has claimed the pipeline: stop, write nothing more.
    #[error("somebody else carries this pipeline out now")]
    Fenced,
    #[error("pipeline {held_by} holds the branch {branch}")]
    BranchTaken { branch: String, held_by: PipelineId },
    #[error("this idempotency key was used with another request")]
    KeyReused,
    #[error("there is no such row")]
    Missing,
    /// A row that this version cannot read.
    #[error("row {id} of {table} cannot be read: {detail}")]
    Corrupt { table: &'static str, id: String, detail: String },
    /// The database cannot be read or written now; the same call may work later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
}

impl PipelineStatus {
    /// Every word that a status can be, for filters.
    pub const WORDS: [&'static str; 7] = ["queued", "running", "waiting_for_approval", "paused", "succeeded", "failed", "cancelled"];
}
