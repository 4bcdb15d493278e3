//! A worktree made as pipelines make it, looked at and staged in both ways.

use super::super::{Direct, Request};
use crate::GitCli;
use crate::command::Git;
use crate::status::{Change, look};
use agency_domain::repositories::{Repositories, RepositoryError, Snapshot};
use agency_domain::{BranchName, CommitId};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

pub(super) struct Worktree {
    pub(super) repo: PathBuf,
    pub(super) worktree: PathBuf,
    pub(super) git_dir: PathBuf,
    /// Where the user's own list of what is ignored may be.
    pub(super) home: PathBuf,
    pub(super) branch: BranchName,
    pub(super) cli: GitCli,
    runtime: tokio::runtime::Runtime,
    _temporary: TempDir,
}

/// Where `HEAD` stands and what differs from it.
type Answer = (Option<String>, Option<CommitId>, Vec<Change>);

/// What plain git says of a worktree after it was staged.
#[derive(Debug, PartialEq)]
struct Afterwards {
    status: String,
    files: String,
    tree: String,
}

impl Worktree {
    /// A worktree in which a commit has what `fill` writes.
    pub(super) fn new(fill: impl FnOnce(&Self)) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let top = temporary.path().canonicalize().unwrap();
        let repo = top.join("the repo");
        let it = Self {
            worktree: top.join("data/7"),
            git_dir: repo.join(".git/worktrees/7"),
            home: top.join("home"),
            branch: BranchName::parse("agency/7").unwrap(),
            cli: GitCli::new(),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            repo,
            _temporary: temporary,
        };
        for dir in [&it.repo, &it.home] {
            std::fs::create_dir(dir).unwrap();
        }
        let in_repo = |args: &[&str]| assert!(git(&it.repo, &it.home, args).is_some(), "{args:?}");
        in_repo(&["init", "--quiet"]);
        in_repo(&["commit", "--quiet", "--allow-empty", "-m", "First"]);
        let base = CommitId::parse(&git(&it.repo, &it.home, &["rev-parse", "HEAD"]).unwrap()).unwrap();
        it.runtime.block_on(it.cli.ensure_worktree(&it.repo, &it.worktree, &it.branch, &base)).unwrap();
        fill(&it);
        it.git(&["add", "-A", "-f"]);
        it.git(&["commit", "--quiet", "--allow-empty", "-m", "Second"]);
        it
    }

    /// Writes a file, with directories in place of whatever is in the way of them.
    pub(super) fn write(&self, path: &str, content: &str, executable: bool) {
        self.clear(path);
        let file = self.worktree.join(path);
        std::fs::write(&file, content).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 })).unwrap();
    }

    pub(super) fn link(&self, path: &str, target: &str) {
        self.clear(path);
        std::os::unix::fs::symlink(target, self.worktree.join(path)).unwrap();
    }

    /// Leaves nothing at a path, and directories on the way to it; nothing is followed out of the worktree.
    pub(super) fn clear(&self, path: &str) {
        let mut at = self.worktree.clone();
        let mut names = path.split('/').peekable();
        while let Some(name) = names.next() {
            at.push(name);
            match at.symlink_metadata() {
                Ok(found) if found.is_dir() && names.peek().is_none() => std::fs::remove_dir_all(&at).unwrap(),
                Ok(found) if !found.is_dir() => std::fs::remove_file(&at).unwrap(),
                Ok(_) | Err(_) => {}
            }
            if names.peek().is_some() {
                std::fs::create_dir_all(&at).unwrap();
            }
        }
    }

    pub(super) fn directory(&self, path: &str) {
        self.clear(path);
        std::fs::create_dir(self.worktree.join(path)).unwrap();
    }

    /// Writes a file again as it is, unless its path leads through a link.
    pub(super) fn touch(&self, path: &str) {
        let path = self.worktree.join(path);
        if files(&self.worktree).contains(&path) {
            std::fs::write(&path, std::fs::read(&path).unwrap()).unwrap();
        }
    }

    /// Makes every file one of a minute ago, and lets git note that.
    pub(super) fn settle(&self) {
        let then = SystemTime::now() - Duration::from_secs(60);
        for path in files(&self.worktree) {
            std::fs::File::options().append(true).open(path).unwrap().set_modified(then).unwrap();
        }
        self.git(&["status", "--short"]);
    }

    pub(super) fn git(&self, args: &[impl AsRef<std::ffi::OsStr>]) -> String {
        self.try_git(args).unwrap()
    }

    pub(super) fn try_git(&self, args: &[impl AsRef<std::ffi::OsStr>]) -> Option<String> {
        git(&self.worktree, &self.home, args)
    }

    pub(super) fn git_with_input(&self, args: &[&str], input: &str) {
        let mut child = Command::new("git").current_dir(&self.worktree).args(args).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    pub(super) fn request(&self) -> Request {
        let ignored_by_user = Some(self.home.join(".config/git/ignore"));
        let (worktree, stages_on) = (self.worktree.clone(), Some(self.branch.clone()));
        Request { worktree, reads_attributes: false, ignored_by_user, stages_on }
    }

    pub(super) fn look(&self, request: Request) -> Option<Vec<Change>> {
        self.runtime.block_on(Direct::default().look(&self.git_dir, request)).map(|look| look.changes)
    }

    /// The tree, where it is another than that of `HEAD`.
    pub(super) fn stage(&self, request: Request) -> Option<Option<String>> {
        self.runtime.block_on(Direct::default().stage(&self.git_dir, request)).unwrap().map(|(_look, tree)| tree)
    }

    /// Whether the direct way is taken, looking and staging; whatever it stages is taken back.
    pub(super) fn is_direct(&self) -> bool {
        let looks = self.look(self.request()).is_some();
        self.keeping_index(|| looks && self.stage(self.request()).is_some())
    }

    /// The public operation, in whichever way it takes.
    pub(super) fn snapshot(&self) -> Snapshot {
        self.try_snapshot().unwrap()
    }

    pub(super) fn try_snapshot(&self) -> Result<Snapshot, RepositoryError> {
        self.runtime.block_on(self.cli.snapshot(&self.worktree))
    }

    /// The public operation in git's way: an empty file of attributes changes nothing, and is git's to read.
    pub(super) fn snapshot_by_git(&self) -> Snapshot {
        let attributes = self.repo.join(".git/info/attributes");
        std::fs::write(&attributes, "").unwrap();
        assert!(!self.is_direct());
        let snapshot = self.snapshot();
        std::fs::remove_file(attributes).unwrap();
        snapshot
    }

    /// Does something, and puts the index back as it was, with its time.
    pub(super) fn keeping_index<T>(&self, work: impl FnOnce() -> T) -> T {
        let (index, kept) = (self.git_dir.join("index"), self.home.join("index"));
        let modified = index.metadata().unwrap().modified().unwrap();
        std::fs::rename(&index, &kept).unwrap();
        std::fs::copy(&kept, &index).unwrap();
        std::fs::File::options().append(true).open(&index).unwrap().set_modified(modified).unwrap();
        let done = work();
        std::fs::rename(&kept, &index).unwrap();
        done
    }

    /// Looks and stages in both ways, and compares all there is to compare.
    pub(super) fn expect_the_same(&self) {
        let theirs: Answer = self.runtime.block_on(async {
            let git = Git::default();
            let place = git.worktree(&self.worktree).await.unwrap();
            let look = look(&place, None).await.unwrap();
            (look.branch, look.head, look.changes)
        });
        let look = self.runtime.block_on(Direct::default().look(&self.git_dir, self.request())).expect("the direct way is taken");
        assert_eq!((look.branch, look.head, look.changes), theirs);

        let (staged, afterwards) = self.keeping_index(|| {
            let staged = self.runtime.block_on(Direct::default().stage(&self.git_dir, self.request())).unwrap();
            (staged.expect("the direct way is taken"), self.afterwards())
        });
        let (look, tree) = staged;
        assert_eq!((look.branch, look.head, look.changes), theirs);
        let by_git = self.snapshot_by_git();
        assert_eq!(tree, by_git.tree);
        assert_eq!(afterwards, self.afterwards());

        let ours = self.snapshot();
        assert_eq!((ours.tree, ours.status.head), (by_git.tree, by_git.status.head));
        let left = self.afterwards().status;
        let is_staged = |record: &str| record.starts_with('#') || record.get(3..4) == Some(".");
        assert!(left.split_terminator('\0').all(is_staged), "{left:?}");
        assert!(!self.git_dir.join("index.lock").exists());
    }

    /// What is there after staging; the index and all it leads to has to be in order.
    fn afterwards(&self) -> Afterwards {
        self.git(&["fsck", "--strict", "--no-dangling", "--no-progress"]);
        // Looks at the index as it was written, before `status` makes it better.
        let files = self.git(&["ls-files", "--stage", "-z"]);
        Afterwards {
            status: self.git(&["--no-optional-locks", "status", "--porcelain=v2", "--no-renames", "-z", "-b"]),
            files,
            tree: self.git(&["write-tree"]),
        }
    }
}

/// Files below a directory, through no link.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let below = entries.flat_map(|entry| match entry.file_type().unwrap() {
        kind if kind.is_dir() => files(&entry.path()),
        kind if kind.is_file() => vec![entry.path()],
        _link => Vec::new(),
    });
    below.collect()
}

/// Plain git, as an agent runs it.
fn git(dir: &Path, home: &Path, args: &[impl AsRef<std::ffi::OsStr>]) -> Option<String> {
    let output = Command::new("git")
        .current_dir(dir)
        .args(["-c", "user.name=Agent", "-c", "user.email=agent@localhost", "-c", "commit.gpgsign=false", "-c", "gc.auto=0"])
        .args(args)
        .env("HOME", home)
        .env_remove("XDG_CONFIG_HOME")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
}
