//! The port to git, over the git command line; what every pipeline asks first, and what every step needs where its worktree is as
//! most are, is done in this process.
//!
//! A repository and a worktree are written to by agents, so nothing in them is trusted: every call runs under the flags of
//! [`command`], which keep the repository's hooks, filters and configured programs from running. The user's checkout is only read.
//! Called by the engine through [`Repositories`]; knows nothing of pipelines but the branch's name.

mod base;
mod cleanup;
mod command;
mod commit;
mod diff;
mod direct;
mod export;
mod in_process;
mod locks;
mod output;
mod place;
mod plain;
mod preserve;
mod quick;
mod staging;
mod status;
mod worktree;

use agency_domain::repositories::{
    Base, BranchSafety, DiffStyle, Listing, NewCommit, Repositories, RepositoryError, RepositoryFacts, Snapshot, WorktreeStatus,
};
use agency_domain::{BranchName, CommitId};
use async_trait::async_trait;
use command::Git;
use quick::QuickReader;
use std::path::Path;

/// Author and committer of every commit that theAgency makes.
pub const IDENTITY_NAME: &str = "theAgency";
/// Address that goes with [`IDENTITY_NAME`].
pub const IDENTITY_EMAIL: &str = "agency@localhost";

/// `Repositories` over the `git` on the `PATH` (2.32 or newer).
#[derive(Debug, Default)]
pub struct GitCli {
    git: Git,
    quick: QuickReader,
    locks: locks::WorktreeLocks,
}

impl GitCli {
    /// Looks for git only when it is first called.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Repositories for GitCli {
    async fn inspect(&self, path: &Path) -> Result<RepositoryFacts, RepositoryError> {
        match self.quick.inspect(path).await {
            Some(facts) => Ok(facts),
            None => base::inspect(&self.git, path).await,
        }
    }

    async fn resolve_base(&self, repo: &Path, base: Option<&str>) -> Result<Base, RepositoryError> {
        if let Some(found) = self.quick.base(repo, base).await {
            return Ok(found);
        }
        let place = self.git.repository(repo).await?;
        match base {
            Some(name) => base::resolve_named(&place, name).await,
            None => base::resolve_checked_out(&place, repo).await,
        }
    }

    async fn branch_exists(&self, repo: &Path, branch: &BranchName) -> Result<bool, RepositoryError> {
        let branches = match self.quick.branches(repo).await {
            Some(branches) => branches,
            None => base::branches(&self.git.repository(repo).await?).await?,
        };
        Ok(base::collides(&branches, branch))
    }

    async fn ensure_worktree(&self, repo: &Path, path: &Path, branch: &BranchName, base: &CommitId) -> Result<(), RepositoryError> {
        // git itself trips over a second `worktree add` in the same repository.
        let _repository = self.locks.hold(repo).await;
        let _held = self.locks.hold(path).await;
        worktree::ensure(&self.git, repo, path, branch, base).await
    }

    async fn uncommitted(&self, repo: &Path) -> Result<usize, RepositoryError> {
        let place = self.git.repository(repo).await?;
        Ok(status::look(&place, None).await?.paths())
    }

    async fn status(&self, worktree: &Path) -> Result<WorktreeStatus, RepositoryError> {
        let place = self.git.worktree(worktree).await?;
        status::read(&place).await
    }

    async fn snapshot(&self, worktree: &Path) -> Result<Snapshot, RepositoryError> {
        let _held = self.locks.hold(worktree).await;
        let place = self.git.worktree(worktree).await?;
        staging::snapshot(&place).await
    }

    async fn commit(&self, worktree: &Path, snapshot: &Snapshot, commit: &NewCommit) -> Result<Option<CommitId>, RepositoryError> {
        let _held = self.locks.hold(worktree).await;
        let place = self.git.worktree(worktree).await?;
        commit::snapshot(&place, snapshot, commit).await
    }

    async fn preserve_and_reset(&self, worktree: &Path, keep: &CommitId, reference: &str) -> Result<Option<CommitId>, RepositoryError> {
        let _held = self.locks.hold(worktree).await;
        let place = self.git.worktree(worktree).await?;
        preserve::and_reset(&place, keep, reference).await
    }

    async fn branch_safety(&self, repo: &Path, branch: &BranchName) -> Result<BranchSafety, RepositoryError> {
        let place = self.git.repository(repo).await?;
        cleanup::branch_safety(&place, branch).await
    }

    async fn remove_worktree(&self, repo: &Path, worktree: &Path) -> Result<(), RepositoryError> {
        let _held = self.locks.hold(worktree).await;
        cleanup::remove_worktree(&self.git, repo, worktree).await
    }

    async fn delete_branch(&self, repo: &Path, branch: &BranchName, at: &CommitId) -> Result<(), RepositoryError> {
        let place = self.git.repository(repo).await?;
        cleanup::delete_branch(&place, branch, at).await
    }

    async fn export(&self, repo: &Path, commit: &CommitId, path: &Path) -> Result<(), RepositoryError> {
        let place = self.git.repository(repo).await?;
        export::write(&place, commit, path).await
    }

    async fn list_export(&self, path: &Path) -> Result<Listing, RepositoryError> {
        export::list(path).await
    }

    async fn remove_export(&self, path: &Path) -> Result<(), RepositoryError> {
        export::remove(path).await
    }

    async fn diff_as(&self, repo: &Path, from: &CommitId, to: &CommitId, style: DiffStyle) -> Result<String, RepositoryError> {
        let place = self.git.repository(repo).await?;
        diff::between(&place, from, to, style).await
    }
}
