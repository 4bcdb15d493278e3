//! The port to git. Every path is absolute; every commit is a full id.
//!
//! An implementation never runs a repository's hooks, filters or configured programs, never touches the user's checkout or branches,
//! and never forces.

use crate::{BranchName, CommitId};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What a repository is, as seen at the start of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// Top level of the checkout.
    pub root: PathBuf,
    /// The branch that is checked out; `None` where HEAD is detached.
    pub branch: Option<String>,
    pub head: CommitId,
}

/// A base, resolved once and recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// As it was named: a branch, a tag or a commit.
    pub name: String,
    pub commit: CommitId,
}

/// A worktree as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorktreeStatus {
    /// `None` where HEAD is detached.
    pub branch: Option<String>,
    pub head: CommitId,
    /// Changed, new and deleted files, relative to the worktree; ignored files are not in it.
    pub changed: Vec<String>,
}

/// A worktree as it stood at a moment, with what had changed in it stored: it can be committed without being read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub status: WorktreeStatus,
    /// git's id of the tree of all that was in it. `None` where that is what `HEAD` has, or where it cannot be stored without touching what belongs to the
    /// agent as long as it works (a repository of its own within the worktree): then it is stored with the commit, as it stands by then.
    pub tree: Option<String>,
}

/// How a diff tells a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffStyle {
    /// Lines around each change that did not change.
    pub context: u32,
    /// Lines that differ in spaces and tabs alone count as the same.
    pub ignore_space: bool,
}

impl Default for DiffStyle {
    /// As git tells it.
    fn default() -> Self {
        Self { context: 3, ignore_space: false }
    }
}

/// A commit to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// Subject and body.
    pub message: String,
    /// `Agency-Pipeline: 7` and the like, in order.
    pub trailers: Vec<(String, String)>,
}

/// Where the commits of a branch are, besides the branch itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BranchSafety {
    pub head: Option<CommitId>,
    /// Another local branch that contains them, as a full ref; none under `agency/` counts.
    pub merged_into: Option<String>,
    /// A branch of a remote that contains them, as a full ref.
    pub pushed_to: Option<String>,
}

/// Files of a directory, each with marks that change whenever it is touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing(pub BTreeMap<String, String>);

impl Listing {
    /// The files that were touched, added or removed between this and a later one.
    pub fn changes(&self, later: &Self) -> Vec<String> {
        let names: BTreeSet<&String> = self.0.keys().chain(later.0.keys()).collect();
        names.into_iter().filter(|name| self.0.get(*name) != later.0.get(*name)).cloned().collect()
    }
}

/// What git can do for a pipeline.
#[async_trait]
pub trait Repositories: Send + Sync {
    /// Looks at a directory that the user named.
    async fn inspect(&self, path: &Path) -> Result<RepositoryFacts, RepositoryError>;

    /// Resolves a base; `None` is the branch that is checked out. Never guesses: an ambiguous name is an error with the choices.
    async fn resolve_base(&self, repo: &Path, base: Option<&str>) -> Result<Base, RepositoryError>;

    /// Whether a local branch of this name exists, in any case of letters, or one that it would collide with (`a` and `a/b`).
    async fn branch_exists(&self, repo: &Path, branch: &BranchName) -> Result<bool, RepositoryError>;

    /// How many files of the user's checkout are changed, new or deleted against its `HEAD`; ignored files do not count. Only reads.
    async fn uncommitted(&self, repo: &Path) -> Result<usize, RepositoryError>;

    /// Makes `branch` at `base` with a worktree at `path`, or finds both as an earlier call left them.
    async fn ensure_worktree(&self, repo: &Path, path: &Path, branch: &BranchName, base: &CommitId) -> Result<(), RepositoryError>;

    /// Reads a worktree. `Vanished` where it is gone.
    async fn status(&self, worktree: &Path) -> Result<WorktreeStatus, RepositoryError>;

    /// Reads a worktree and stores what changed in it, among its objects and in its index; no ref moves. `Vanished` where it is gone.
    async fn snapshot(&self, worktree: &Path) -> Result<Snapshot, RepositoryError>;

    /// Commits a snapshot of the worktree, on its branch; `None` where nothing had changed. What changed since stays uncommitted. The branch moves by
    /// compare-and-swap from where it stood in the snapshot: `Moved` where somebody else was faster.
    async fn commit(&self, worktree: &Path, snapshot: &Snapshot, commit: &NewCommit) -> Result<Option<CommitId>, RepositoryError>;

    /// Keeps everything that is not committed (and commits that are not on the branch at `keep`) under `reference`
    /// (`refs/agency/…`), then puts the branch and the tree back to `keep`. Answers the commit that holds what was kept; `None` where nothing was.
    async fn preserve_and_reset(&self, worktree: &Path, keep: &CommitId, reference: &str) -> Result<Option<CommitId>, RepositoryError>;

    /// Where the commits of a local branch are safe; `head` is `None` where there is no such branch.
    async fn branch_safety(&self, repo: &Path, branch: &BranchName) -> Result<BranchSafety, RepositoryError>;

    /// Removes a worktree whose tree is clean, never with force; files that git ignores go with it. A worktree that is gone already is no error.
    async fn remove_worktree(&self, repo: &Path, worktree: &Path) -> Result<(), RepositoryError>;

    /// Removes a local branch, as long as it is still at `at` and checked out nowhere.
    async fn delete_branch(&self, repo: &Path, branch: &BranchName, at: &CommitId) -> Result<(), RepositoryError>;

    /// Writes the files of a commit to `path`, which must not exist, as a repository without history: nothing in it leads back to `repo`, in which
    /// nothing changes. `CommitGone` where the repository has no such commit any more.
    async fn export(&self, repo: &Path, commit: &CommitId, path: &Path) -> Result<(), RepositoryError>;

    /// What is in an export now.
    async fn list_export(&self, path: &Path) -> Result<Listing, RepositoryError>;

    /// Removes an export, or what an interrupted one left. Nothing there is nothing to do.
    async fn remove_export(&self, path: &Path) -> Result<(), RepositoryError>;

    /// Unified diff between two commits, without external programs. `CommitGone` where the repository has one of them no more.
    async fn diff(&self, repo: &Path, from: &CommitId, to: &CommitId) -> Result<String, RepositoryError> {
        self.diff_as(repo, from, to, DiffStyle::default()).await
    }

    /// The same, told in another way.
    async fn diff_as(&self, repo: &Path, from: &CommitId, to: &CommitId, style: DiffStyle) -> Result<String, RepositoryError>;
}

/// What can go wrong with git; each text says what to do where the user can do something.
#[derive(Debug, Error)]
pub enum RepositoryError {
    #[error("{path:?} does not exist or is not a directory")]
    NoSuchDirectory { path: PathBuf },
    #[error("{path:?} is not inside a git repository with a checkout")]
    NotARepository { path: PathBuf },
    #[error("{path:?} has no commit yet")]
    NoCommit { path: PathBuf },
    #[error("no branch, tag or commit is named {name:?}")]
    UnknownBase { name: String },
    #[error("{name:?} could be any of {choices:?}")]
    AmbiguousBase { name: String, choices: Vec<String> },
    #[error("HEAD is detached: name a base, one of {choices:?}")]
    DetachedHead { choices: Vec<String> },
    #[error("the branch {branch} exists already")]
    BranchExists { branch: String },
    #[error("the worktree {path:?} is gone or is no worktree any more")]
    Vanished { path: PathBuf },
    #[error("the repository has no commit {commit} any more")]
    CommitGone { commit: CommitId },
    /// Somebody else moved the branch; nothing was changed.
    #[error("the branch moved from {expected} to {found}")]
    Moved { expected: CommitId, found: CommitId },
    /// The disk or the user's share of it is full.
    #[error("git {operation} found no room on the disk ({detail}): make room, and try again")]
    NoRoom { operation: String, detail: String },
    /// git itself failed; `detail` is the end of what it printed.
    #[error("git {operation} failed: {detail}")]
    Git { operation: String, detail: String },
}
