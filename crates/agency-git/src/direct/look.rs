//! What changed in a worktree, and a tree object of all that is in it, within this process: what [`crate::status`] and
//! [`crate::staging`] ask of git in three processes after every step of a pipeline.
//!
//! Done in this process: a worktree on a branch, with a usual configuration (see [`super::usual`]) and a usual index (see [`super::index`]),
//! of files, links and directories only. Left to git: everything else. A repository within the worktree, a pipe, a name that git refuses, a
//! file that is too large or changes while it is read, an index that somebody has locked, whatever cannot be read: each answers `None`, and
//! nothing but objects that nobody names is left behind.
//!
//! What holds while an agent writes to the worktree: directories and files are opened one below the other and never through a link, so that
//! only what is, or was a moment ago, in the worktree is read (git opens whole paths, which could lead elsewhere by the time that it reads).
//! A file counts only where it was the same before and after it was read. No pipe is waited for, and files are read in bounded time and memory,
//! never mapped. A file system that does not answer holds one thread of a few, which are not those that commit. Which names there are is
//! decided once, when a directory is listed, so that tree, index and answer are of one look, though not of one moment: of two files that change
//! together one can be seen before and the other after, as with git.
//!
//! The index is replaced under git's own lock, provided that it is the one that was read. Its time is set back to the beginning of the look:
//! whoever reads it, git included, compares files that changed since by what is in them, and not by their time and size alone.

use super::files::Directory;
use super::ignored::Ignored;
use super::index::{Index, NewEntry};
use super::trees::{self, Flat};
use super::usual::compares_files_as_most;
use super::walk::{ATTRIBUTES, Seen, Walk, Walked};
use super::{parse, tree_of};
use crate::status::{Change, ChangeKind, Look};
use agency_domain::{BranchName, CommitId};
use gix::{ObjectId, Repository};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Which worktree is looked at, and how git would look at it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) worktree: PathBuf,
    /// Whether this git converts files as `.gitattributes` in the worktree say.
    pub(crate) reads_attributes: bool,
    /// The user's own list of what is ignored.
    pub(crate) ignored_by_user: Option<PathBuf>,
    /// The branch on which changes are staged; on another the worktree is only looked at.
    pub(crate) stages_on: Option<BranchName>,
}

/// A look with, where something was staged that differs from `HEAD`, the tree's id.
pub(super) type Looked = (Look, Option<String>);

/// The branch that is checked out, and what it has.
struct Head {
    branch: String,
    commit: CommitId,
    tree: ObjectId,
}

/// Looks, and stages where the request says so. `None` wherever git is to be asked.
pub(super) fn look(repository: &Repository, request: &Request, given_up: &AtomicBool) -> Option<Looked> {
    let since = Instant::now();
    if !compares_files_as_most(repository) {
        return None;
    }
    let head = read_head(repository)?;
    let stores = request.stages_on.as_ref().is_some_and(|branch| branch.as_str() == head.branch);
    // Whether whoever locked it is still there, the caller finds out.
    if stores && repository.git_dir().join("index.lock").symlink_metadata().is_ok() {
        return None;
    }
    let index = Index::read(repository.git_dir())?;
    // git takes those of the index where there are none in the tree.
    if request.reads_attributes && index.has_named(ATTRIBUTES.to_bytes()) {
        return None;
    }
    let ignored = Ignored::everywhere(repository.common_dir(), request.ignored_by_user.as_deref())?;
    let reads_attributes = request.reads_attributes;
    let walk = Walk { repository, index: &index, ignored, stores, reads_attributes, given_up };
    let walked = walk.run(&Directory::open(&request.worktree)?)?;
    let changes = changes(repository, &head, &index, &walked)?;
    let tree = if stores && !changes.is_empty() {
        Some(stage(repository, &index, walked, since, given_up)?).filter(|tree| *tree != head.tree)
    } else {
        None
    };
    let look = Look { branch: Some(head.branch), head: Some(head.commit), changes };
    Some((look, tree.map(|tree| tree.to_hex().to_string())))
}

/// `None` where `HEAD` is detached, or its branch has no commit or leads to another.
fn read_head(repository: &Repository) -> Option<Head> {
    let gix::head::Kind::Symbolic(branch) = repository.head().ok()?.kind else { return None };
    let name = std::str::from_utf8(branch.name.as_bstr()).ok()?.strip_prefix("refs/heads/")?;
    let commit = branch.target.try_id()?.to_owned();
    let tree = parse(&tree_of(repository, commit)?)?;
    Some(Head { branch: name.to_owned(), commit: CommitId::parse(&commit.to_hex().to_string()).ok()?, tree })
}

/// Every path that differs, in the order that [`crate::status::look`] has them.
fn changes(repository: &Repository, head: &Head, index: &Index, walked: &Walked) -> Option<Vec<Change>> {
    let is_as_head = index.trees.as_ref().is_some_and(|tree| {
        let has_all = tree.num_entries.is_some_and(|count| count as usize == index.entries().len());
        has_all && tree.id == head.tree
    });
    let mut of_head = if is_as_head { Flat::new() } else { trees::flatten(repository, head.tree)? };
    let mut changes = Vec::new();
    for (position, (entry, seen)) in index.entries().iter().zip(&walked.tracked).enumerate() {
        let path = index.path(position);
        let is_staged = !is_as_head && of_head.remove(path) != Some((entry.mode, entry.id));
        let kind = match seen {
            None => ChangeKind::Absent,
            Some(seen) if seen.differs || is_staged => ChangeKind::Present,
            Some(_) => continue,
        };
        changes.push(Change { path: path.to_vec(), kind });
    }
    // What is left of `HEAD` is not in the index; where it is in the tree all the same, it is both gone and new.
    changes.extend(of_head.into_keys().map(|path| Change { path, kind: ChangeKind::Absent }));
    changes.extend(walked.untracked.iter().map(|(path, _)| Change { path: path.clone(), kind: ChangeKind::Present }));
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Some(changes)
}

/// Writes what was walked through as trees and as the index.
fn stage(repository: &Repository, index: &Index, walked: Walked, since: Instant, given_up: &AtomicBool) -> Option<ObjectId> {
    let tracked = walked.tracked.iter().enumerate().filter_map(|(position, seen)| {
        let seen = seen.as_ref()?;
        Some(new_entry(index.path(position).to_vec(), seen, (!seen.differs).then_some(position)))
    });
    let mut entries: Vec<NewEntry> = tracked.collect();
    entries.extend(walked.untracked.into_iter().map(|(path, seen)| new_entry(path, &seen, None)));
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let tree = trees::write(repository, &entries, index.trees.as_ref())?;
    index.replace(&entries, &tree, since, given_up)?;
    Some(tree.id)
}

fn new_entry(path: Vec<u8>, seen: &Seen, was: Option<usize>) -> NewEntry {
    NewEntry { path, mode: seen.mode, id: seen.id, stat: seen.stat, was }
}
