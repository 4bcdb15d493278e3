//! The ports, over one writer and a pool of readers.

use crate::reads::{self, unavailable};
use crate::writer::Writer;
use crate::writes::{Claim, Commit, Create, Keep, NoteUse, PutParts, Revoke};
use agency_domain::access::{Credential, CredentialStore};
use agency_domain::agents::KeptAgent;
use agency_domain::attachments::Content;
use agency_domain::pipelines::{
    Checkpoint, Counted, Created, EventFilter, EventLog, Fence, Fork, IdempotencyKey, LoggedEvent, PageCursor, Pipeline, PipelineChange,
    PipelineFilter, PipelineStore, PipelineSummary, Receipt, Recorded, StoreError, Verification,
};
use agency_domain::transcripts::{
    CallsQuery, FinishedCall, FoundParts, PartSearch, PartTime, PartsQuery, StoredPart, TranscriptPart, TranscriptStore,
};
use agency_domain::{ApprovalId, AskId, AttemptId, CredentialId, PipelineId, QuestionId, Timestamp};
use async_trait::async_trait;
use sea_orm::{DatabaseConnection, DatabaseTransaction, TransactionTrait};
use std::collections::BTreeMap;

/// Implements the ports that keep pipelines, their log and their transcripts.
pub(crate) struct Stores {
    pub(crate) writer: Writer,
    pub(crate) readers: DatabaseConnection,
}

impl Stores {
    /// One state of the database for several queries. It ends when it is dropped, with nothing to undo.
    async fn snapshot(&self) -> Result<DatabaseTransaction, StoreError> {
        self.readers.begin().await.map_err(|error| unavailable(&error))
    }
}

#[async_trait]
impl PipelineStore for Stores {
    async fn create(&self, change: PipelineChange, key: Option<IdempotencyKey>) -> Result<Created, StoreError> {
        self.writer.write(Create { change, key }).await
    }

    async fn created_with(&self, key: &IdempotencyKey) -> Result<Option<PipelineId>, StoreError> {
        reads::pipelines::created_with(&self.readers, key).await
    }

    async fn load(&self, id: PipelineId) -> Result<Option<Pipeline>, StoreError> {
        reads::pipelines::load(&self.snapshot().await?, id).await
    }

    async fn commit(&self, change: PipelineChange) -> Result<i64, StoreError> {
        self.writer.write(Commit(change)).await
    }

    async fn claim(&self, id: PipelineId, owner: &str) -> Result<Fence, StoreError> {
        let owner = owner.to_owned();
        self.writer.write(Claim { id, owner }).await
    }

    async fn due(&self, limit: u32) -> Result<Vec<PipelineId>, StoreError> {
        reads::pipelines::due(&self.readers, limit).await
    }

    async fn count(&self, what: Counted) -> Result<BTreeMap<String, u64>, StoreError> {
        reads::counts::by_status(&self.readers, what).await
    }

    async fn list(&self, filter: &PipelineFilter, before: PageCursor, limit: u32) -> Result<Vec<PipelineSummary>, StoreError> {
        reads::lists::page(&self.readers, filter, before, limit).await
    }

    async fn approvals(&self, status: Option<&str>, before: PageCursor, limit: u32) -> Result<Vec<(ApprovalId, PipelineId)>, StoreError> {
        reads::approvals::page(&self.readers, status, before, limit).await
    }

    async fn pipeline_of_approval(&self, id: ApprovalId) -> Result<Option<PipelineId>, StoreError> {
        reads::approvals::pipeline_of(&self.readers, id).await
    }

    async fn open_asks(&self, limit: u32) -> Result<Vec<(AskId, PipelineId)>, StoreError> {
        reads::ledgers::open_asks(&self.readers, limit).await
    }

    async fn pipeline_of_ask(&self, id: AskId) -> Result<Option<PipelineId>, StoreError> {
        reads::ledgers::pipeline_of_ask(&self.readers, id).await
    }

    async fn agents(&self, id: PipelineId) -> Result<Vec<KeptAgent>, StoreError> {
        reads::pipelines::agents(&self.readers, id).await
    }

    async fn attachment(&self, id: PipelineId, place: u32) -> Result<Option<Content>, StoreError> {
        reads::attachments::content(&self.readers, id, place).await
    }

    async fn open_questions(&self, limit: u32) -> Result<Vec<(QuestionId, PipelineId)>, StoreError> {
        reads::questions::open(&self.readers, limit).await
    }

    async fn forks(&self, id: PipelineId, limit: u32) -> Result<Vec<Fork>, StoreError> {
        reads::pipelines::forks(&self.readers, id, limit).await
    }

    async fn receipt(&self, attempt: AttemptId) -> Result<Option<Receipt>, StoreError> {
        reads::pipelines::receipt(&self.readers, attempt).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        reads::log::head(&self.readers).await.map(drop).map_err(|error| unavailable(&error))
    }
}

#[async_trait]
impl EventLog for Stores {
    async fn head(&self) -> Result<i64, StoreError> {
        reads::log::head(&self.snapshot().await?).await.map_err(|error| unavailable(&error))
    }

    async fn replay(&self, after: i64, pipeline: Option<PipelineId>, limit: u32) -> Result<Vec<Recorded>, StoreError> {
        reads::log::replay(&self.snapshot().await?, after, pipeline, limit).await
    }

    async fn audit(&self, filter: &EventFilter, before: PageCursor, limit: u32) -> Result<Vec<Recorded>, StoreError> {
        reads::log::audit(&self.readers, filter, before, limit).await
    }

    async fn logged(&self, after: i64, filter: &EventFilter, limit: u32) -> Result<Vec<LoggedEvent>, StoreError> {
        reads::chain::logged(&self.readers, after, filter, limit).await
    }

    async fn verify(&self, from: Checkpoint) -> Result<Verification, StoreError> {
        reads::chain::verify(&self.readers, from).await
    }

    async fn pauses(&self, pipeline: PipelineId, limit: u32) -> Result<Vec<(Timestamp, bool)>, StoreError> {
        reads::log::pauses(&self.readers, pipeline, limit).await
    }
}

#[async_trait]
impl TranscriptStore for Stores {
    async fn put(&self, parts: Vec<TranscriptPart>) -> Result<(), StoreError> {
        if parts.is_empty() {
            return Ok(());
        }
        self.writer.write(PutParts(parts)).await
    }

    async fn parts(&self, query: PartsQuery) -> Result<Vec<StoredPart>, StoreError> {
        reads::transcripts::parts(&self.readers, query).await
    }

    async fn times(&self, pipeline: PipelineId, limit: u32) -> Result<Vec<PartTime>, StoreError> {
        reads::transcripts::times(&self.readers, pipeline, limit).await
    }

    async fn calls(&self, query: &CallsQuery) -> Result<Vec<FinishedCall>, StoreError> {
        reads::transcripts::calls(&self.readers, query).await
    }

    async fn search(&self, search: &PartSearch) -> Result<FoundParts, StoreError> {
        reads::transcripts::search(&self.snapshot().await?, search).await
    }
}

#[async_trait]
impl CredentialStore for Stores {
    async fn credentials(&self) -> Result<Vec<Credential>, StoreError> {
        reads::credentials::kept(&self.readers).await
    }

    async fn keep(&self, credential: Credential) -> Result<(), StoreError> {
        self.writer.write(Keep(credential)).await
    }

    async fn revoke(&self, id: CredentialId, at: Timestamp) -> Result<(), StoreError> {
        self.writer.write(Revoke { id, at }).await
    }

    async fn note_use(&self, id: CredentialId, at: Timestamp) -> Result<(), StoreError> {
        self.writer.write(NoteUse { id, at }).await
    }
}
