//! A repository with a checkout, and a worktree of ours beside it.

use agency_domain::repositories::{NewCommit, Repositories, RepositoryError};
use agency_domain::{BranchName, CommitId};
use agency_git::GitCli;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub(crate) struct Sandbox {
    pub(crate) git: GitCli,
    pub(crate) repo: PathBuf,
    pub(crate) worktree: PathBuf,
    pub(crate) branch: BranchName,
    pub(crate) base: CommitId,
    pub(crate) outside: PathBuf,
    _temporary: TempDir,
}

impl Sandbox {
    /// A repository with one commit on `main`; no worktree yet.
    pub(crate) fn new() -> Self {
        Self::with_init(&["--initial-branch=main"])
    }

    pub(crate) fn with_init(options: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let top = temporary.path().canonicalize().unwrap();
        let repo = top.join("the repo");
        let outside = top.join("outside");
        std::fs::create_dir_all(repo.join("src")).unwrap();
        std::fs::create_dir_all(&outside).unwrap();
        git(&repo, [["init", "--quiet"].as_slice(), options].concat());
        for (file, content) in [("README.md", "# Hello\n"), ("src/lib.rs", "fn a() {}\n"), (".gitignore", "target/\n*.log\n")] {
            std::fs::write(repo.join(file), content).unwrap();
        }
        git(&repo, ["add", "-A"]);
        git(&repo, ["commit", "--quiet", "-m", "First"]);
        let base = CommitId::parse(&git(&repo, ["rev-parse", "HEAD"])).unwrap();
        Self {
            git: GitCli::new(),
            worktree: top.join("data/worktrees/7"),
            branch: BranchName::parse("agency/7-add-export").unwrap(),
            repo,
            base,
            outside,
            _temporary: temporary,
        }
    }

    pub(crate) async fn with_worktree() -> Self {
        let sandbox = Self::new();
        sandbox.ensure().await;
        sandbox
    }

    pub(crate) async fn ensure(&self) {
        self.git.ensure_worktree(&self.repo, &self.worktree, &self.branch, &self.base).await.unwrap();
    }

    pub(crate) fn write(&self, file: &str, content: &str) {
        let path = self.worktree.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) async fn commit(&self) -> Option<CommitId> {
        self.try_to_commit().await.unwrap()
    }

    /// Commits the worktree as it stands.
    pub(crate) async fn try_to_commit(&self) -> Result<Option<CommitId>, RepositoryError> {
        let snapshot = self.git.snapshot(&self.worktree).await?;
        self.git.commit(&self.worktree, &snapshot, &new_commit()).await
    }

    pub(crate) async fn changed(&self) -> Vec<String> {
        self.git.status(&self.worktree).await.unwrap().changed
    }

    /// The worktree's administrative directory.
    pub(crate) fn git_dir(&self) -> PathBuf {
        self.repo.join(".git/worktrees/7")
    }

    pub(crate) fn tip(&self) -> CommitId {
        CommitId::parse(&git(&self.repo, ["rev-parse", &format!("refs/heads/{}", self.branch)])).unwrap()
    }
}

pub(crate) fn new_commit() -> NewCommit {
    NewCommit {
        message: "developer: Add the export".into(),
        trailers: vec![("Agency-Pipeline".into(), "7".into()), ("Agency-Attempt".into(), "3".into())],
    }
}

/// Plain git, as the user or an agent runs it.
pub(crate) fn git(dir: &Path, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> String {
    let output = Command::new("git")
        .current_dir(dir)
        .args(["-c", "user.name=User", "-c", "user.email=user@localhost", "-c", "commit.gpgsign=false"])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
}

/// Everything of the user's checkout that nobody may touch: files with content and time of change, the index, `HEAD`, `main`.
pub(crate) fn fingerprint(repo: &Path) -> Vec<String> {
    let mut seen = Vec::new();
    let mut dirs = vec![repo.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            if path.is_dir() {
                if entry.file_name() != ".git" {
                    dirs.push(path);
                }
            } else {
                seen.push(describe(&path));
            }
        }
    }
    for file in ["HEAD", "index", "config", "refs/heads/main", "logs/HEAD"] {
        seen.push(describe(&repo.join(".git").join(file)));
    }
    seen.sort();
    seen
}

fn describe(path: &Path) -> String {
    let changed = path.metadata().unwrap().modified().unwrap();
    format!("{path:?} {changed:?} {:?}", std::fs::read(path).unwrap())
}
