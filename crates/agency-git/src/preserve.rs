//! Putting a worktree back without losing anything: first everything is in a commit under a ref of its own, then the branch and the
//! tree move. Killed at any point, the next call goes on.

use crate::command::{WHOLE_TREE, failure};
use crate::place::Place;
use crate::status::look;
use crate::{commit, locks, staging};
use agency_domain::CommitId;
use agency_domain::repositories::RepositoryError;
use std::path::{Path, PathBuf};

/// The index in which everything is staged, beside the worktree's own, which stays as it is until all is safe.
const INDEX: &str = "agency-index";
/// State of a rebase, which `reset` leaves.
const REBASES: [&str; 2] = ["rebase-merge", "rebase-apply"];

pub(crate) async fn and_reset(place: &Place<'_>, keep: &CommitId, reference: &str) -> Result<Option<CommitId>, RepositoryError> {
    check_reference(reference)?;
    let branch = format!("refs/heads/{}", place.own_branch()?);
    let vanished = || RepositoryError::Vanished { path: place.dir().to_owned() };
    let tip = place.commit_at(&branch).await?.ok_or_else(vanished)?;
    let head = place.commit_at("HEAD").await?.ok_or_else(vanished)?;
    locks::clear_stale_index_lock(place.git_dir(), place.dir()).await?;

    let kept = keep_everything(place, keep, &[&head, &tip], reference).await?;
    put_back(place, &branch, &tip, keep).await?;
    Ok(kept)
}

/// Stores tree and commits under the reference. Answers what is there afterwards.
async fn keep_everything(
    place: &Place<'_>,
    keep: &CommitId,
    heads: &[&CommitId],
    reference: &str,
) -> Result<Option<CommitId>, RepositoryError> {
    let index = ScratchIndex::copy(place.git_dir())?;
    let tree = staging::whole_tree(place, Some(&index.file), look(place, Some(&index.file)).await?.changes).await?;
    let existing = place.commit_at(reference).await?;
    let mut parents: Vec<CommitId> = Vec::new();
    for head in heads {
        if !parents.contains(head) && !is_reachable(place, head, keep).await? {
            parents.push((*head).clone());
        }
    }
    let base = parents.first().unwrap_or(keep);
    let is_committed = tree == commit::tree_of(place, base).await?;
    if let Some(existing) = existing {
        // An earlier call got this far, or there is nothing that it did not keep.
        let has_all = are_reachable(place, &parents, &existing).await?;
        if has_all && (is_committed || tree == commit::tree_of(place, &existing).await?) {
            return Ok(Some(existing));
        }
        parents.push(existing.clone());
        return store(place, &tree, &parents, reference, Some(&existing)).await.map(Some);
    }
    match parents.as_slice() {
        [] if is_committed => Ok(None),
        [] => store(place, &tree, std::slice::from_ref(keep), reference, None).await.map(Some),
        [only] if is_committed => {
            place.swap_ref(reference, only, None).await?;
            Ok(Some(only.clone()))
        }
        all => store(place, &tree, all, reference, None).await.map(Some),
    }
}

async fn store(
    place: &Place<'_>,
    tree: &str,
    parents: &[CommitId],
    reference: &str,
    existing: Option<&CommitId>,
) -> Result<CommitId, RepositoryError> {
    let message = "Work that was set aside before another attempt\n";
    let commit = commit::write(place, tree, parents, message).await?;
    place.swap_ref(reference, &commit, existing).await?;
    Ok(commit)
}

/// Branch first, by compare-and-swap, then `HEAD`, index and tree. Ignored files stay.
async fn put_back(place: &Place<'_>, branch: &str, tip: &CommitId, keep: &CommitId) -> Result<(), RepositoryError> {
    place.swap_ref(branch, keep, Some(tip)).await?;
    place.call("symbolic-ref").await?.args(["HEAD", branch]).run().await?;
    for state in REBASES {
        let dir = place.git_dir().join(state);
        if dir.exists() {
            std::fs::remove_dir_all(&dir).map_err(|error| failure("reset", error.to_string()))?;
        }
    }
    place.call("reset").await?.args(["--hard", "--quiet"]).within(WHOLE_TREE).run().await?;
    place.call("clean").await?.args(["-f", "-d", "--quiet"]).within(WHOLE_TREE).run().await?;
    Ok(())
}

async fn is_reachable(place: &Place<'_>, commit: &CommitId, from: &CommitId) -> Result<bool, RepositoryError> {
    let call = place.call("merge-base").await?;
    Ok(call.args(["--is-ancestor", commit.as_str(), from.as_str()]).within(WHOLE_TREE).output().await?.success)
}

async fn are_reachable(place: &Place<'_>, commits: &[CommitId], from: &CommitId) -> Result<bool, RepositoryError> {
    for commit in commits {
        if !is_reachable(place, commit, from).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn check_reference(reference: &str) -> Result<(), RepositoryError> {
    let is_plain = |segment: &str| {
        segment.starts_with(|c: char| c.is_ascii_alphanumeric())
            && segment.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    if reference.strip_prefix("refs/agency/").is_some_and(|rest| rest.split('/').all(is_plain)) {
        Ok(())
    } else {
        Err(failure("update-ref", format!("{reference:?} is not under refs/agency/")))
    }
}

/// A copy of the worktree's index that goes when it is dropped. The caller holds the worktree's lock, so that a file of this name is a leftover.
struct ScratchIndex {
    file: PathBuf,
}

impl ScratchIndex {
    fn copy(git_dir: &Path) -> Result<Self, RepositoryError> {
        let scratch = Self { file: git_dir.join(INDEX) };
        scratch.remove();
        match std::fs::copy(git_dir.join("index"), &scratch.file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failure("read-tree", error.to_string())),
            Ok(_) | Err(_) => Ok(scratch),
        }
    }

    fn remove(&self) {
        for file in [self.file.clone(), self.file.with_extension("lock")] {
            let _ = std::fs::remove_file(file);
        }
    }
}

impl Drop for ScratchIndex {
    fn drop(&mut self) {
        self.remove();
    }
}
