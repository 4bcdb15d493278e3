//! Store, git and checks on the border.

use super::Fate;
use agency_domain::agents::KeptAgent;
use agency_domain::attachments::Content;
use agency_domain::checks::{CheckError, CheckNews, CheckRequest, CheckRunner, RunningCheck};
use agency_domain::pipelines::{
    Counted, Created, Fence, Fork, IdempotencyKey, PageCursor, Pipeline, PipelineChange, PipelineFilter, PipelineStore, PipelineSummary,
    Receipt, StoreError,
};
use agency_domain::repositories::{
    Base, BranchSafety, DiffStyle, Listing, NewCommit, Repositories, RepositoryError, RepositoryFacts, Snapshot, WorktreeStatus,
};
use agency_domain::testing::MemoryStore;
use agency_domain::transcripts::{
    CallsQuery, FinishedCall, FoundParts, PartSearch, PartTime, PartsQuery, StoredPart, TranscriptPart, TranscriptStore,
};
use agency_domain::{ApprovalId, AskId, AttemptId, BranchName, CommitId, PipelineId, QuestionId};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Writes are crossings by the names of their events. To end before a read is to end after the write before it.
pub(crate) struct KilledStore {
    pub(crate) inner: Arc<MemoryStore>,
    pub(crate) fate: Arc<Fate>,
}

fn told(change: &PipelineChange) -> String {
    change.events.iter().map(crate::crash::word_of).collect::<Vec<_>>().join(" ")
}

#[async_trait]
impl PipelineStore for KilledStore {
    async fn create(&self, change: PipelineChange, key: Option<IdempotencyKey>) -> Result<Created, StoreError> {
        self.fate.cross(told(&change), self.inner.create(change, key)).await
    }

    async fn created_with(&self, key: &IdempotencyKey) -> Result<Option<PipelineId>, StoreError> {
        self.inner.created_with(key).await
    }

    async fn load(&self, id: PipelineId) -> Result<Option<Pipeline>, StoreError> {
        self.inner.load(id).await
    }

    async fn commit(&self, change: PipelineChange) -> Result<i64, StoreError> {
        self.fate.cross(told(&change), self.inner.commit(change)).await
    }

    async fn claim(&self, id: PipelineId, owner: &str) -> Result<Fence, StoreError> {
        self.fate.cross("store.claim", self.inner.claim(id, owner)).await
    }

    async fn due(&self, limit: u32) -> Result<Vec<PipelineId>, StoreError> {
        self.inner.due(limit).await
    }

    async fn count(&self, what: Counted) -> Result<BTreeMap<String, u64>, StoreError> {
        self.inner.count(what).await
    }

    async fn list(&self, filter: &PipelineFilter, before: PageCursor, limit: u32) -> Result<Vec<PipelineSummary>, StoreError> {
        self.inner.list(filter, before, limit).await
    }

    async fn approvals(&self, status: Option<&str>, before: PageCursor, limit: u32) -> Result<Vec<(ApprovalId, PipelineId)>, StoreError> {
        self.inner.approvals(status, before, limit).await
    }

    async fn pipeline_of_approval(&self, id: ApprovalId) -> Result<Option<PipelineId>, StoreError> {
        self.inner.pipeline_of_approval(id).await
    }

    async fn open_asks(&self, limit: u32) -> Result<Vec<(AskId, PipelineId)>, StoreError> {
        self.inner.open_asks(limit).await
    }

    async fn pipeline_of_ask(&self, id: AskId) -> Result<Option<PipelineId>, StoreError> {
        self.inner.pipeline_of_ask(id).await
    }

    async fn agents(&self, id: PipelineId) -> Result<Vec<KeptAgent>, StoreError> {
        self.inner.agents(id).await
    }

    async fn attachment(&self, id: PipelineId, place: u32) -> Result<Option<Content>, StoreError> {
        self.inner.attachment(id, place).await
    }

    async fn open_questions(&self, limit: u32) -> Result<Vec<(QuestionId, PipelineId)>, StoreError> {
        self.inner.open_questions(limit).await
    }

    async fn forks(&self, id: PipelineId, limit: u32) -> Result<Vec<Fork>, StoreError> {
        self.inner.forks(id, limit).await
    }

    async fn receipt(&self, attempt: AttemptId) -> Result<Option<Receipt>, StoreError> {
        self.inner.receipt(attempt).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.inner.ping().await
    }
}

#[async_trait]
impl TranscriptStore for KilledStore {
    async fn put(&self, parts: Vec<TranscriptPart>) -> Result<(), StoreError> {
        self.fate.cross("transcripts.put", self.inner.put(parts)).await
    }

    async fn parts(&self, query: PartsQuery) -> Result<Vec<StoredPart>, StoreError> {
        self.inner.parts(query).await
    }

    async fn times(&self, pipeline: PipelineId, limit: u32) -> Result<Vec<PartTime>, StoreError> {
        self.inner.times(pipeline, limit).await
    }

    async fn calls(&self, query: &CallsQuery) -> Result<Vec<FinishedCall>, StoreError> {
        self.inner.calls(query).await
    }

    async fn search(&self, search: &PartSearch) -> Result<FoundParts, StoreError> {
        self.inner.search(search).await
    }
}

pub(crate) struct KilledRepositories {
    pub(crate) inner: Arc<dyn Repositories>,
    pub(crate) fate: Arc<Fate>,
}

#[async_trait]
impl Repositories for KilledRepositories {
    async fn inspect(&self, path: &Path) -> Result<RepositoryFacts, RepositoryError> {
        self.inner.inspect(path).await
    }

    async fn resolve_base(&self, repo: &Path, base: Option<&str>) -> Result<Base, RepositoryError> {
        self.inner.resolve_base(repo, base).await
    }

    async fn branch_exists(&self, repo: &Path, branch: &BranchName) -> Result<bool, RepositoryError> {
        self.inner.branch_exists(repo, branch).await
    }

    async fn uncommitted(&self, repo: &Path) -> Result<usize, RepositoryError> {
        self.inner.uncommitted(repo).await
    }

    async fn ensure_worktree(&self, repo: &Path, path: &Path, branch: &BranchName, base: &CommitId) -> Result<(), RepositoryError> {
        self.fate.cross("git.ensure_worktree", self.inner.ensure_worktree(repo, path, branch, base)).await
    }

    async fn status(&self, worktree: &Path) -> Result<WorktreeStatus, RepositoryError> {
        self.fate.cross("git.status", self.inner.status(worktree)).await
    }

    async fn snapshot(&self, worktree: &Path) -> Result<Snapshot, RepositoryError> {
        self.fate.cross("git.snapshot", self.inner.snapshot(worktree)).await
    }

    async fn commit(&self, worktree: &Path, snapshot: &Snapshot, commit: &NewCommit) -> Result<Option<CommitId>, RepositoryError> {
        self.fate.cross("git.commit", self.inner.commit(worktree, snapshot, commit)).await
    }

    async fn preserve_and_reset(&self, worktree: &Path, keep: &CommitId, reference: &str) -> Result<Option<CommitId>, RepositoryError> {
        self.fate.cross("git.preserve_and_reset", self.inner.preserve_and_reset(worktree, keep, reference)).await
    }

    async fn branch_safety(&self, repo: &Path, branch: &BranchName) -> Result<BranchSafety, RepositoryError> {
        self.inner.branch_safety(repo, branch).await
    }

    async fn remove_worktree(&self, repo: &Path, worktree: &Path) -> Result<(), RepositoryError> {
        self.fate.cross("git.remove_worktree", self.inner.remove_worktree(repo, worktree)).await
    }

    async fn delete_branch(&self, repo: &Path, branch: &BranchName, at: &CommitId) -> Result<(), RepositoryError> {
        self.fate.cross("git.delete_branch", self.inner.delete_branch(repo, branch, at)).await
    }

    async fn export(&self, repo: &Path, commit: &CommitId, path: &Path) -> Result<(), RepositoryError> {
        self.fate.cross("git.export", self.inner.export(repo, commit, path)).await
    }

    async fn list_export(&self, path: &Path) -> Result<Listing, RepositoryError> {
        self.inner.list_export(path).await
    }

    async fn remove_export(&self, path: &Path) -> Result<(), RepositoryError> {
        self.fate.cross("git.remove_export", self.inner.remove_export(path)).await
    }

    async fn diff_as(&self, repo: &Path, from: &CommitId, to: &CommitId, style: DiffStyle) -> Result<String, RepositoryError> {
        self.inner.diff_as(repo, from, to, style).await
    }
}

pub(crate) struct KilledChecks {
    pub(crate) inner: Arc<dyn CheckRunner>,
    pub(crate) fate: Arc<Fate>,
}

#[async_trait]
impl CheckRunner for KilledChecks {
    async fn suggested(&self, worktree: &Path) -> Option<String> {
        self.inner.suggested(worktree).await
    }

    async fn start(&self, request: CheckRequest) -> Result<Box<dyn RunningCheck>, CheckError> {
        let inner = self.fate.cross("checks.start", self.inner.start(request)).await?;
        Ok(Box::new(KilledCheck { inner, fate: self.fate.clone() }))
    }
}

struct KilledCheck {
    inner: Box<dyn RunningCheck>,
    fate: Arc<Fate>,
}

#[async_trait]
impl RunningCheck for KilledCheck {
    async fn next(&mut self) -> CheckNews {
        let news = self.inner.next().await;
        self.fate.cross("news of a check", async {}).await;
        news
    }
}
