//! Taking away what a run has left: its worktree and its branch. Never with force, and never what is the only copy of something.

use crate::command::{Git, WHOLE_TREE, text};
use crate::place::{Place, linked_git_dir};
use agency_domain::repositories::{BranchSafety, RepositoryError};
use agency_domain::{BranchName, CommitId};
use std::path::Path;

/// Branches of runs: that one of them contains another's commits makes those no safer.
const OURS: &str = "refs/heads/agency/";

pub(crate) async fn branch_safety(place: &Place<'_>, branch: &BranchName) -> Result<BranchSafety, RepositoryError> {
    let own = format!("refs/heads/{branch}");
    let Some(head) = place.commit_at(&own).await? else {
        return Ok(BranchSafety::default());
    };
    let call = place.call("for-each-ref").await?.args(["--format=%(refname)", "--contains", head.as_str(), "--"]);
    let printed = text(&call.args(["refs/heads/", "refs/remotes/"]).within(WHOLE_TREE).run().await?);
    let mut others = printed.lines().filter(|name| *name != own && !name.starts_with(OURS)).map(str::to_owned);
    let (remote, local): (Vec<String>, Vec<String>) = others.by_ref().partition(|name| name.starts_with("refs/remotes/"));
    Ok(BranchSafety { head: Some(head), merged_into: local.into_iter().next(), pushed_to: remote.into_iter().next() })
}

pub(crate) async fn remove_worktree(git: &Git, repo: &Path, worktree: &Path) -> Result<(), RepositoryError> {
    let place = git.repository(repo).await?;
    if linked_git_dir(worktree).is_none() && !worktree.exists() {
        // Only git's own notes of it may be left.
        place.call("worktree").await?.args(["prune"]).run().await?;
        return Ok(());
    }
    let call = place.call("worktree").await?.args(["remove", "--"]);
    call.args([worktree]).within(WHOLE_TREE).run().await.map(drop)
}

pub(crate) async fn delete_branch(place: &Place<'_>, branch: &BranchName, at: &CommitId) -> Result<(), RepositoryError> {
    let name = format!("refs/heads/{branch}");
    match place.commit_at(&name).await? {
        None => return Ok(()),
        Some(found) if found != *at => return Err(RepositoryError::Moved { expected: at.clone(), found }),
        Some(_) => {}
    }
    let call = place.call("for-each-ref").await?.args(["--format=%(worktreepath)", "--", &name]);
    let checked_out = text(&call.run().await?).trim().to_owned();
    if !checked_out.is_empty() {
        return Err(RepositoryError::Git { operation: "update-ref".into(), detail: format!("{branch} is checked out in {checked_out}") });
    }
    place.call("update-ref").await?.args(["-d", &name, at.as_str()]).run().await.map(drop)
}
