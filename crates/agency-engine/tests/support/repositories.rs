//! One repository with one worktree, in memory: a head, and the files that are changed.

use agency_domain::repositories::{Base, NewCommit, Repositories, RepositoryError, RepositoryFacts, WorktreeStatus};
use agency_domain::{BranchName, CommitId};
use async_trait::async_trait;
use std::path::Path;
use std::sync::Mutex;

#[derive(Default)]
pub(crate) struct FakeRepositories {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    commits: u32,
    branch: Option<String>,
    changed: Vec<String>,
    preserved: Vec<String>,
    messages: Vec<String>,
}

fn commit_id(number: u32) -> CommitId {
    CommitId::parse(&format!("{number:040x}")).unwrap()
}

impl FakeRepositories {
    /// An agent writes a file.
    pub(crate) fn change(&self, file: &str) {
        self.state.lock().unwrap().changed.push(file.to_owned());
    }

    /// Refs under which work was kept.
    pub(crate) fn preserved(&self) -> Vec<String> {
        self.state.lock().unwrap().preserved.clone()
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

    async fn ensure_worktree(&self, _repo: &Path, _path: &Path, branch: &BranchName, _base: &CommitId) -> Result<(), RepositoryError> {
        self.state.lock().unwrap().branch = Some(branch.to_string());
        Ok(())
    }

    async fn status(&self, _worktree: &Path) -> Result<WorktreeStatus, RepositoryError> {
        let state = self.state.lock().unwrap();
        Ok(WorktreeStatus { branch: state.branch.clone(), head: commit_id(state.commits), changed: state.changed.clone() })
    }

    async fn commit_all(&self, _worktree: &Path, commit: &NewCommit) -> Result<Option<CommitId>, RepositoryError> {
        let mut state = self.state.lock().unwrap();
        if state.changed.is_empty() {
            return Ok(None);
        }
        state.changed.clear();
        state.commits += 1;
        state.messages.push(commit.message.clone());
        Ok(Some(commit_id(state.commits)))
    }

    async fn preserve_and_reset(&self, _worktree: &Path, keep: &CommitId, reference: &str) -> Result<Option<CommitId>, RepositoryError> {
        let mut state = self.state.lock().unwrap();
        if state.changed.is_empty() && *keep == commit_id(state.commits) {
            return Ok(None);
        }
        state.changed.clear();
        state.preserved.push(reference.to_owned());
        Ok(Some(commit_id(9999)))
    }

    async fn diff(&self, _repo: &Path, _from: &CommitId, _to: &CommitId) -> Result<String, RepositoryError> {
        Ok("diff --git a/x b/x\n+y\n".into())
    }
}
