//! What every step of a pipeline needs, done within this process: a git process takes milliseconds to start, and to look at a worktree, to
//! stage what changed, to read a tree's id, to write a commit and to move a branch took one each, or two.
//!
//! Done only in a worktree whose configuration is plain (see [`crate::plain`]) and names nothing that changes how objects or refs are
//! written. Everything else, and whatever goes wrong, is left to git: each of them can be asked of git afterwards as if nothing had been tried.
//! What is looked at and staged here, and what holds while an agent writes to the worktree, says [`look`].

mod files;
mod ignored;
mod index;
mod look;
mod trees;
mod usual;
mod walk;

pub(crate) use look::Request;

use crate::command::{QUICK, failure};
use crate::in_process::{Threads, configures_none, open};
use crate::status::Look;
use crate::{IDENTITY_EMAIL, IDENTITY_NAME};
use agency_domain::CommitId;
use agency_domain::repositories::RepositoryError;
use gix::actor::Signature;
use gix::lock::acquire::Fail;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit};
use gix::refs::{FullName, Target};
use gix::{ObjectId, Repository, object};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What git is told that a ref was moved by.
pub(crate) const REASON: &str = "theAgency";
/// Commits are some hundred bytes; a longer one is git's to read.
const COMMIT_BYTES_MAX: u64 = 1024 * 1024;
/// How long git itself waits for another's lock on a ref.
const LOCK_WITHIN: Duration = Duration::from_millis(100);
/// Who may read what is written, and what is synced to the disk.
const KEYS: [&str; 6] =
    ["core.sharedRepository", "core.fsync", "core.fsyncMethod", "core.fsyncObjectFiles", "core.worktree", "core.filesRefLockTimeout"];

/// Answers `None` wherever git is to be asked.
#[derive(Debug, Default)]
pub(crate) struct Direct {
    threads: Threads,
    /// For whole worktrees: a file system that does not answer there must not hold up a commit elsewhere.
    threads_for_trees: Threads,
}

impl Direct {
    /// The tree of a commit.
    pub(crate) async fn tree_of(&self, git_dir: &Path, commit: &CommitId) -> Option<String> {
        let id = parse(commit.as_str())?;
        Self::ask(&self.threads, git_dir, "rev-parse", move |repository, _given_up| tree_of(repository, id)).await.ok()?
    }

    /// Writes a commit object; no ref moves.
    pub(crate) async fn write(&self, git_dir: &Path, tree: &str, parents: &[CommitId], message: &str) -> Option<CommitId> {
        let (tree, message) = (parse(tree)?, message.to_owned());
        let parents = parents.iter().map(|parent| parse(parent.as_str())).collect::<Option<Vec<_>>>()?;
        Self::ask(&self.threads, git_dir, "commit-tree", move |repository, _given_up| {
            write(repository, tree, &parents, &message, &identity())
        })
        .await
        .ok()?
    }

    /// Moves a ref from `old` to `new`, whatever it is that leads to it. `None` says that it did not move.
    ///
    /// # Errors
    /// Where it is not known whether it moved.
    pub(crate) async fn swap(&self, git_dir: &Path, name: &str, new: &CommitId, old: &CommitId) -> Result<Option<()>, RepositoryError> {
        let (name, new, old) = (name.to_owned(), parse(new.as_str()), parse(old.as_str()));
        let swap = move |repository: &Repository, given_up: &AtomicBool| swap(repository, &name, new?, old?, given_up);
        Self::ask(&self.threads, git_dir, "update-ref", swap).await
    }

    /// Writes a commit object and moves a ref from its parent to it, at once. `None` says that the ref did not move.
    ///
    /// # Errors
    /// Where it is not known whether it moved.
    pub(crate) async fn commit(
        &self,
        git_dir: &Path,
        name: &str,
        tree: &str,
        parent: &CommitId,
        message: &str,
    ) -> Result<Option<CommitId>, RepositoryError> {
        let (name, message, tree, parent) = (name.to_owned(), message.to_owned(), parse(tree), parse(parent.as_str()));
        let commit = move |repository: &Repository, given_up: &AtomicBool| {
            let new = write(repository, tree?, &[parent?], &message, &identity())?;
            swap(repository, &name, parse(new.as_str())?, parent?, given_up).map(|()| new)
        };
        Self::ask(&self.threads, git_dir, "commit", commit).await
    }

    /// Every path that differs from `HEAD`, in the index or in the tree; nothing is written. See [`look`].
    pub(crate) async fn look(&self, git_dir: &Path, request: Request) -> Option<Look> {
        let request = Request { stages_on: None, ..request };
        let look = move |repository: &Repository, given_up: &AtomicBool| look::look(repository, &request, given_up);
        Self::ask(&self.threads_for_trees, git_dir, "status", look).await.ok()?.map(|(look, _tree)| look)
    }

    /// The same, and on the branch of the request all of it staged in the worktree's index: with the tree's id, unless that is the tree of
    /// `HEAD`. `None` says that the index is as it was.
    ///
    /// # Errors
    /// Where it is not known whether the index changes yet.
    pub(crate) async fn stage(&self, git_dir: &Path, request: Request) -> Result<Option<(Look, Option<String>)>, RepositoryError> {
        let look = move |repository: &Repository, given_up: &AtomicBool| look::look(repository, &request, given_up);
        Self::ask(&self.threads_for_trees, git_dir, "update-index", look).await
    }

    async fn ask<T: Send + 'static>(
        threads: &Threads,
        git_dir: &Path,
        operation: &str,
        question: impl FnOnce(&Repository, &AtomicBool) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>, RepositoryError> {
        let waiting = Waiting::default();
        let (git_dir, given_up) = (git_dir.to_owned(), Arc::clone(&waiting.given_up));
        let done = threads.run(QUICK, move || question(&usual(&git_dir)?, &given_up)).await;
        done.map_err(|_out_of_time| failure(operation, format!("it did not end within {} seconds", QUICK.as_secs())))
    }
}

/// Held by whoever waits for an answer. Where that ends before the answer is there, nothing may come of it any more.
#[derive(Debug, Default)]
struct Waiting {
    given_up: Arc<AtomicBool>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Release);
    }
}

/// The repository of a worktree, provided that objects and refs are written in it as in most.
fn usual(git_dir: &Path) -> Option<Repository> {
    // Read by git or not, depending on the repository's format.
    if git_dir.join("config.worktree").symlink_metadata().is_ok() {
        return None;
    }
    let repository = open(git_dir)?;
    let has_extensions = repository.config_snapshot().plumbing().sections_by_name("extensions").is_some();
    (!has_extensions && configures_none(&repository, &KEYS)).then_some(repository)
}

fn tree_of(repository: &Repository, commit: ObjectId) -> Option<String> {
    let header = repository.find_header(commit).ok()?;
    if header.kind() != object::Kind::Commit || header.size() > COMMIT_BYTES_MAX {
        return None;
    }
    repository.find_commit(commit).ok()?.tree_id().ok().map(|tree| tree.to_hex().to_string())
}

fn write(repository: &Repository, tree: ObjectId, parents: &[ObjectId], message: &str, by: &Signature) -> Option<CommitId> {
    let is = |id: &ObjectId, kind| repository.find_header(*id).is_ok_and(|header| header.kind() == kind);
    let are_commits = parents.iter().all(|parent| is(parent, object::Kind::Commit));
    // git names each parent once.
    let is_twice = parents.iter().enumerate().any(|(index, parent)| parents[..index].contains(parent));
    if !is(&tree, object::Kind::Tree) || !are_commits || is_twice || message.contains('\0') {
        return None;
    }
    let commit = gix::objs::Commit {
        tree,
        parents: parents.iter().copied().collect(),
        author: by.clone(),
        committer: by.clone(),
        encoding: None,
        message: message.into(),
        extra_headers: Vec::new(),
    };
    CommitId::parse(&repository.write_object(&commit).ok()?.to_hex().to_string()).ok()
}

fn swap(repository: &Repository, name: &str, new: ObjectId, old: ObjectId, given_up: &AtomicBool) -> Option<()> {
    // One that cannot be read, or that leads to another ref, is git's to judge.
    let found = repository.try_find_reference(name).ok()??;
    if found.name().as_bstr() != name || found.target().try_id() != Some(old.as_ref()) {
        return None;
    }
    let edit = RefEdit {
        change: Change::Update {
            log: LogChange { message: REASON.into(), ..LogChange::default() },
            expected: PreviousValue::MustExistAndMatch(Target::Object(old)),
            new: Target::Object(new),
        },
        name: FullName::try_from(name).ok()?,
        deref: false,
    };
    let wait = Fail::AfterDurationWithBackoff(LOCK_WITHIN);
    let prepared = repository.refs.transaction().prepare([edit], wait, wait).ok()?;
    // The ref is locked; nobody expects it to move who was told that it might not.
    if given_up.load(Ordering::Acquire) {
        return None;
    }
    let by = identity();
    prepared.commit(by.to_ref(&mut gix::date::parse::TimeBuf::default())).ok()?;
    log_head(repository.git_dir(), name, &new, &old, &by);
    Some(())
}

/// Notes in the log of `HEAD` that the branch moved, as git does where `HEAD` names it. The branch has moved, so that it is no error where it cannot be noted.
fn log_head(git_dir: &Path, name: &str, new: &ObjectId, old: &ObjectId, by: &Signature) {
    let names_it = std::fs::read_to_string(git_dir.join("HEAD")).is_ok_and(|head| head.trim_end() == format!("ref: {name}"));
    let log: PathBuf = git_dir.join("logs/HEAD");
    if !names_it || !log.is_file() {
        return;
    }
    let mut line = format!("{old} {new} ").into_bytes();
    let noted = by
        .to_ref(&mut gix::date::parse::TimeBuf::default())
        .write_to(&mut line)
        .and_then(|()| writeln!(line, "\t{REASON}"))
        .and_then(|()| std::fs::OpenOptions::new().append(true).open(&log)?.write_all(&line));
    if let Err(error) = noted {
        tracing::warn!(?log, %error, "a branch moved, and the log of HEAD does not say so");
    }
}

fn identity() -> Signature {
    Signature { name: IDENTITY_NAME.into(), email: IDENTITY_EMAIL.into(), time: gix::date::Time::now_local_or_utc() }
}

fn parse(id: &str) -> Option<ObjectId> {
    ObjectId::from_hex(id.as_bytes()).ok()
}

#[cfg(test)]
mod tests;
