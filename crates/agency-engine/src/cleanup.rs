//! Cleaning up after runs that have ended: their worktrees, OpenCode's homes, and branches that are safe elsewhere.
//!
//! A worktree goes only when its run has ended, its tree is clean, and the branch is merged or pushed, or a person named the run. Nothing is ever
//! forced: what git will not remove stays, with the reason.

use crate::{Engine, UseCaseError};
use agency_domain::PipelineId;
use agency_domain::pipelines::{Pipeline, PipelineFilter};
use agency_domain::repositories::{BranchSafety, RepositoryError};
use std::path::PathBuf;

/// Runs that are looked at in one go.
const PAGE: u32 = 200;

/// What to clean up.
#[derive(Debug, Clone, Default)]
pub struct CleanupRequest {
    /// Looks, and changes nothing.
    pub dry_run: bool,
    /// Runs whose worktree may go though their branch is neither merged nor pushed: the branch stays.
    pub named: Vec<PipelineId>,
    /// Whether branches that are merged or pushed go too.
    pub branches: bool,
}

/// What has become of one run's remains, or would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanedUp {
    pub pipeline: PipelineId,
    pub title: String,
    pub worktree: PathBuf,
    pub removed_worktree: bool,
    pub removed_branch: bool,
    /// Bytes of OpenCode's home that went; unknown in a dry run.
    pub removed_home: Option<u64>,
    /// Why this goes, or why the rest stays: one sentence each.
    pub reasons: Vec<String>,
}

/// What may go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Verdict {
    worktree: bool,
    branch: bool,
}

impl Engine {
    /// Cleans up after every run that has ended, or says what would go and why the rest stays. Runs that have nothing left are not listed.
    ///
    /// # Errors
    /// Where the store does not answer. A fault of git or of the disk concerns one run, and is among its reasons.
    pub async fn clean_up(&self, request: &CleanupRequest) -> Result<Vec<CleanedUp>, UseCaseError> {
        let mut done = Vec::new();
        let mut before = None;
        loop {
            let page = self.shared.ports.store.list(&PipelineFilter::default(), before, PAGE).await?;
            let Some(last) = page.last() else { return Ok(done) };
            before = Some(last.pipeline.id.0);
            for summary in page {
                let worktree = self.shared.worktree_of(&summary.pipeline);
                if worktree.exists() {
                    done.push(self.clean_up_after(&summary.pipeline, worktree, request).await);
                }
            }
        }
    }

    async fn clean_up_after(&self, pipeline: &Pipeline, worktree: PathBuf, request: &CleanupRequest) -> CleanedUp {
        let mut cleaned = CleanedUp {
            pipeline: pipeline.id,
            title: pipeline.title.clone(),
            worktree,
            removed_worktree: false,
            removed_branch: false,
            removed_home: None,
            reasons: Vec::new(),
        };
        match self.judge(pipeline, &mut cleaned, request).await {
            Ok(verdict) if request.dry_run => {
                cleaned.removed_worktree = verdict.worktree;
                cleaned.removed_branch = verdict.branch;
            }
            Ok(verdict) => self.remove(pipeline, verdict, &mut cleaned).await,
            Err(error) => cleaned.reasons.push(format!("It stays: {error}.")),
        }
        cleaned
    }

    async fn judge(&self, pipeline: &Pipeline, cleaned: &mut CleanedUp, request: &CleanupRequest) -> Result<Verdict, RepositoryError> {
        let repositories = &self.shared.ports.repositories;
        if !pipeline.status.is_final() {
            cleaned.reasons.push(format!("It stays: the run is {}.", pipeline.status.as_str()));
            return Ok(Verdict::default());
        }
        if self.shared.signals.is_active(pipeline.id) {
            cleaned.reasons.push("It stays for now: the run's processes are being ended. Look again in a moment.".into());
            return Ok(Verdict::default());
        }
        let status = repositories.status(&cleaned.worktree).await?;
        if !status.changed.is_empty() {
            cleaned.reasons.push(format!("It stays: it has changes that are committed nowhere ({}).", status.changed.join(", ")));
            return Ok(Verdict::default());
        }
        let safety = repositories.branch_safety(pipeline.repo.as_ref(), &pipeline.branch).await?;
        let (is_safe, why) = why_safe(pipeline, &safety);
        let is_named = request.named.contains(&pipeline.id);
        cleaned.reasons.push(match (is_safe, is_named) {
            (true, _) => format!("The tree is clean, and {why}."),
            (false, true) => format!("The tree is clean, and you named it; {why}, so the branch stays."),
            (false, false) => format!("It stays: {why}. Merge it, push it, or name the run."),
        });
        Ok(Verdict { worktree: is_safe || is_named, branch: is_safe && request.branches })
    }

    async fn remove(&self, pipeline: &Pipeline, verdict: Verdict, cleaned: &mut CleanedUp) {
        let ports = &self.shared.ports;
        if !verdict.worktree {
            return;
        }
        if let Err(error) = ports.repositories.remove_worktree(pipeline.repo.as_ref(), &cleaned.worktree).await {
            cleaned.reasons.push(format!("git would not remove it: {error}."));
            return;
        }
        cleaned.removed_worktree = true;
        if let Err(error) = self.cancel_open_question(pipeline.id).await {
            cleaned.reasons.push(format!("A question about it could not be cancelled: {error}."));
        }
        match ports.runtime.forget(pipeline.id).await {
            Ok(bytes) => cleaned.removed_home = Some(bytes),
            Err(error) => cleaned.reasons.push(format!("What OpenCode kept could not be removed: {error}.")),
        }
        if verdict.branch {
            match ports.repositories.delete_branch(pipeline.repo.as_ref(), &pipeline.branch, &pipeline.head_commit).await {
                Ok(()) => cleaned.removed_branch = true,
                Err(error) => cleaned.reasons.push(format!("The branch stays: {error}.")),
            }
        }
    }

    /// As the pipeline is now: it may have been asked since the list was read.
    async fn cancel_open_question(&self, id: PipelineId) -> Result<(), UseCaseError> {
        let pipeline = self.shared.load(id).await?;
        self.shared.cancel_question(&pipeline).await
    }
}

/// Whether nothing is lost with the worktree, and why.
fn why_safe(pipeline: &Pipeline, safety: &BranchSafety) -> (bool, String) {
    let branch = &pipeline.branch;
    match (&safety.head, &safety.merged_into, &safety.pushed_to) {
        (None, _, _) => (false, format!("the branch {branch} is gone")),
        (Some(head), _, _) if *head == pipeline.base_commit => (true, format!("the branch {branch} has no commit of its own")),
        (_, Some(other), _) => (true, format!("the branch {branch} is merged into {}", short(other))),
        (_, None, Some(remote)) => (true, format!("the branch {branch} is pushed to {}", short(remote))),
        (_, None, None) => (false, format!("the branch {branch} is neither merged nor pushed")),
    }
}

fn short(full: &str) -> &str {
    full.trim_start_matches("refs/heads/").trim_start_matches("refs/remotes/")
}
