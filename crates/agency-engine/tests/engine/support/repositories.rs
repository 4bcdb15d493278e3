//! One repository with its worktrees, in memory: a head each, and the files that are changed.

use agency_domain::repositories::{
    Base, BranchSafety, DiffStyle, Listing, NewCommit, Repositories, RepositoryError, RepositoryFacts, Snapshot, WorktreeStatus,
};
use agency_domain::{BranchName, CommitId};
use async_trait::async_trait;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use tokio::sync::Notify;

#[derive(Default)]
pub(crate) struct FakeRepositories {
    state: Mutex<State>,
    /// Worktrees are made once it lets them.
    hold: OnceLock<Notify>,
}

#[derive(Default)]
struct State {
    commits: u32,
    trees: HashMap<PathBuf, Tree>,
    /// With the files that were written since.
    exports: HashMap<PathBuf, Vec<String>>,
    preserved: Vec<String>,
    messages: Vec<String>,
    /// The parent of each commit.
    parents: HashMap<CommitId, CommitId>,
}

struct Tree {
    branch: String,
    head: CommitId,
    changed: Vec<String>,
}

impl State {
    fn tree(&mut self, worktree: &Path) -> Result<&mut Tree, RepositoryError> {
        self.trees.get_mut(worktree).ok_or_else(|| RepositoryError::Vanished { path: worktree.to_owned() })
    }
}

fn commit_id(number: u32) -> CommitId {
    CommitId::parse(&format!("{number:040x}")).unwrap()
}

impl FakeRepositories {
    /// From now on a worktree waits to be made until [`Self::let_go`].
    pub(crate) fn hold(&self) {
        self.hold.get_or_init(Notify::new);
    }

    pub(crate) fn let_go(&self) {
        self.hold.get().unwrap().notify_one();
    }

    /// An agent writes a file.
    pub(crate) fn change(&self, worktree: &Path, file: &str) {
        let mut state = self.state.lock().unwrap();
        match state.exports.get_mut(worktree) {
            Some(files) => files.push(file.to_owned()),
            None => state.tree(worktree).unwrap().changed.push(file.to_owned()),
        }
    }

    /// Directories with files for questions.
    pub(crate) fn exports(&self) -> usize {
        self.state.lock().unwrap().exports.len()
    }

    /// Where the worktrees are said to be.
    pub(crate) fn worktrees(&self) -> Vec<PathBuf> {
        self.state.lock().unwrap().trees.keys().cloned().collect()
    }

    /// Refs under which work was kept.
    pub(crate) fn preserved(&self) -> Vec<String> {
        self.state.lock().unwrap().preserved.clone()
    }

    /// The commits of each branch on top of its base, oldest first.
    pub(crate) fn branches(&self) -> Vec<Vec<CommitId>> {
        let state = self.state.lock().unwrap();
        let commits = |tree: &Tree| {
            let mut commits: Vec<CommitId> = std::iter::successors(Some(&tree.head), |at| state.parents.get(at))
                .take_while(|at| state.parents.contains_key(at))
                .cloned()
                .collect();
            commits.reverse();
            commits
        };
        state.trees.values().map(commits).collect()
    }

    /// Messages of the commits, oldest first.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.state.lock().unwrap().messages.clone()
    }
}

#[async_trait]
impl Repositories for FakeRepositories {
    async fn inspect(&self, path: &Path) -> Result<RepositoryFacts, RepositoryError> {
        Ok(RepositoryFacts { root: path.to_owned(), branch: Some("main".into()), head: commit_id(0) })
    }

    async fn resolve_base(&self, _repo: &Path, _base: Option<&str>) -> Result<Base, RepositoryError> {
        Ok(Base { name: "main".into(), commit: commit_id(0) })
    }

    async fn branch_exists(&self, _repo: &Path, _branch: &BranchName) -> Result<bool, RepositoryError> {
        Ok(false)
    }

    async fn uncommitted(&self, _repo: &Path) -> Result<usize, RepositoryError> {
        Ok(0)
    }

    async fn ensure_worktree(&self, _repo: &Path, path: &Path, branch: &BranchName, base: &CommitId) -> Result<(), RepositoryError> {
        if let Some(hold) = self.hold.get() {
            hold.notified().await;
        }
        let new = || Tree { branch: branch.to_string(), head: base.clone(), changed: Vec::new() };
        self.state.lock().unwrap().trees.entry(path.to_owned()).or_insert_with(new);
        Ok(())
    }

    async fn status(&self, worktree: &Path) -> Result<WorktreeStatus, RepositoryError> {
        let mut state = self.state.lock().unwrap();
        let tree = state.tree(worktree)?;
        Ok(WorktreeStatus { branch: Some(tree.branch.clone()), head: tree.head.clone(), changed: tree.changed.clone() })
    }

    async fn snapshot(&self, worktree: &Path) -> Result<Snapshot, RepositoryError> {
        let status = self.status(worktree).await?;
        let tree = (!status.changed.is_empty()).then(|| status.changed.join(" "));
        Ok(Snapshot { status, tree })
    }

    async fn commit(&self, worktree: &Path, snapshot: &Snapshot, commit: &NewCommit) -> Result<Option<CommitId>, RepositoryError> {
        let mut state = self.state.lock().unwrap();
        let id = commit_id(state.commits + 1);
        let tree = state.tree(worktree)?;
        if snapshot.status.head != tree.head {
            return Err(RepositoryError::Moved { expected: snapshot.status.head.clone(), found: tree.head.clone() });
        }
        if snapshot.tree.is_none() {
            return Ok(None);
        }
        tree.changed.retain(|file| !snapshot.status.changed.contains(file));
        let parent = std::mem::replace(&mut tree.head, id.clone());
        state.parents.insert(id.clone(), parent);
        state.commits += 1;
        state.messages.push(commit.message.clone());
        Ok(Some(id))
    }

    async fn preserve_and_reset(&self, worktree: &Path, keep: &CommitId, reference: &str) -> Result<Option<CommitId>, RepositoryError> {
        let mut state = self.state.lock().unwrap();
        let tree = state.tree(worktree)?;
        if tree.changed.is_empty() && *keep == tree.head {
            return Ok(None);
        }
        tree.changed.clear();
        tree.head = keep.clone();
        state.preserved.push(reference.to_owned());
        Ok(Some(commit_id(9999)))
    }

    async fn branch_safety(&self, _repo: &Path, _branch: &BranchName) -> Result<BranchSafety, RepositoryError> {
        Ok(BranchSafety::default())
    }

    async fn remove_worktree(&self, _repo: &Path, worktree: &Path) -> Result<(), RepositoryError> {
        self.state.lock().unwrap().trees.remove(worktree);
        Ok(())
    }

    async fn delete_branch(&self, _repo: &Path, _branch: &BranchName, _at: &CommitId) -> Result<(), RepositoryError> {
        Ok(())
    }

    async fn export(&self, _repo: &Path, _commit: &CommitId, path: &Path) -> Result<(), RepositoryError> {
        self.state.lock().unwrap().exports.insert(path.to_owned(), Vec::new());
        Ok(())
    }

    async fn list_export(&self, path: &Path) -> Result<Listing, RepositoryError> {
        let files = self.state.lock().unwrap().exports.get(path).cloned().unwrap_or_default();
        Ok(Listing(files.into_iter().map(|file| (file, String::new())).collect()))
    }

    async fn remove_export(&self, path: &Path) -> Result<(), RepositoryError> {
        self.state.lock().unwrap().exports.remove(path);
        Ok(())
    }

    async fn diff_as(&self, _repo: &Path, _from: &CommitId, _to: &CommitId, _style: DiffStyle) -> Result<String, RepositoryError> {
        Ok("diff --git a/x b/x\n+y\n".into())
    }
}
