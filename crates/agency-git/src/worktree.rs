//! Making a worktree with its branch, in steps that can each be the last before a kill: whatever is found half-way is finished, and
//! whatever is somebody else's is left alone.

use crate::command::{Git, WHOLE_TREE, failure, text};
use crate::locks;
use crate::place::{Place, linked_git_dir, read_marker, write_marker};
use agency_domain::repositories::RepositoryError;
use agency_domain::{BranchName, CommitId};
use std::path::{Path, PathBuf};

/// What git writes into the lock of a worktree that it is making.
const BEING_MADE: &str = "initializing";

pub(crate) async fn ensure(git: &Git, repo: &Path, path: &Path, branch: &BranchName, base: &CommitId) -> Result<(), RepositoryError> {
    let place = git.repository(repo).await?;
    let common = common_dir(&place).await?;
    if let Some(git_dir) = linked_git_dir(path) {
        if read_marker(&git_dir).as_ref() == Some(branch) && is_of(&git_dir, &common) {
            return Ok(());
        }
        if !is_half_made(&git_dir, &common, branch) {
            return Err(foreign(path));
        }
        make_branch(&place, path, branch, base).await?;
        return finish(git, path, &git_dir, branch).await;
    }
    if path.symlink_metadata().is_ok() && !is_empty_dir(path) {
        return Err(foreign(path));
    }
    forget_half_made(&common, path)?;
    make_branch(&place, path, branch, base).await?;
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| failure("worktree add", error.to_string()))?;
    }
    let call = place.call("worktree").await?.args(["add", "--no-checkout", "--quiet", "--"]);
    call.args([path.as_os_str(), branch.as_str().as_ref()]).run().await?;
    let git_dir = linked_git_dir(path).ok_or_else(|| failure("worktree add", "git made no worktree"))?;
    finish(git, path, &git_dir, branch).await
}

/// Makes the branch at the base; one that is there already must be what an earlier call of ours left.
async fn make_branch(place: &Place<'_>, path: &Path, branch: &BranchName, base: &CommitId) -> Result<(), RepositoryError> {
    let name = format!("refs/heads/{branch}");
    match place.commit_at(&name).await? {
        None => place.swap_ref(&name, base, None).await,
        Some(commit) if commit == *base && !is_checked_out_elsewhere(place, &name, path).await? => Ok(()),
        Some(_) => Err(RepositoryError::BranchExists { branch: branch.as_str().to_owned() }),
    }
}

async fn is_checked_out_elsewhere(place: &Place<'_>, branch: &str, path: &Path) -> Result<bool, RepositoryError> {
    let call = place.call("for-each-ref").await?.args(["--format=%(refname)%00%(worktreepath)", "--", branch]);
    let printed = text(&call.run().await?);
    let by = printed.strip_prefix(&format!("{branch}\0")).unwrap_or_default().trim_end_matches('\n');
    Ok(!by.is_empty() && Path::new(by) != path && Path::new(by).canonicalize().ok() != path.canonicalize().ok())
}

/// Fills the tree and says that it is whole.
async fn finish(git: &Git, path: &Path, git_dir: &Path, branch: &BranchName) -> Result<(), RepositoryError> {
    let place = git.worktree(path).await?;
    let reference = format!("refs/heads/{branch}");
    place.call("symbolic-ref").await?.args(["HEAD", &reference]).run().await?;
    if !git_dir.join("index").exists() {
        locks::clear_stale_index_lock(git_dir, path).await?;
        place.call("reset").await?.args(["--hard", "--quiet"]).within(WHOLE_TREE).run().await?;
    }
    if is_being_made(git_dir) {
        std::fs::remove_file(git_dir.join("locked")).map_err(|error| failure("worktree add", error.to_string()))?;
    }
    write_marker(git_dir, branch)
}

/// Whether a worktree of this repository without a marker is what a killed call of ours left: without a finished `HEAD`, or on our branch.
fn is_half_made(git_dir: &Path, common: &Path, branch: &BranchName) -> bool {
    let head = std::fs::read_to_string(git_dir.join("HEAD")).unwrap_or_default();
    let is_ours = head.trim_end() == format!("ref: refs/heads/{branch}");
    read_marker(git_dir).is_none() && is_of(git_dir, common) && (is_ours || is_being_made(git_dir))
}

fn is_being_made(git_dir: &Path) -> bool {
    std::fs::read_to_string(git_dir.join("locked")).is_ok_and(|reason| reason.trim_end() == BEING_MADE)
}

fn is_of(git_dir: &Path, common: &Path) -> bool {
    git_dir.canonicalize().is_ok_and(|git_dir| git_dir.starts_with(common.join("worktrees")))
}

/// Removes the administrative directory of a worktree at `path` that was never whole, whose tree is not there. One that was whole has
/// lost its tree, which is for a person to look at.
fn forget_half_made(common: &Path, path: &Path) -> Result<(), RepositoryError> {
    let Ok(entries) = std::fs::read_dir(common.join("worktrees")) else {
        return Ok(());
    };
    let link = path.join(".git");
    for git_dir in entries.flatten().map(|entry| entry.path()) {
        let leads_here = std::fs::read_to_string(git_dir.join("gitdir")).is_ok_and(|back| Path::new(back.trim_end_matches('\n')) == link);
        if !leads_here {
            continue;
        }
        if git_dir.join("index").exists() {
            return Err(RepositoryError::Vanished { path: path.to_owned() });
        }
        std::fs::remove_dir_all(&git_dir).map_err(|error| failure("worktree add", error.to_string()))?;
    }
    Ok(())
}

/// The directory that all worktrees of a repository share.
async fn common_dir(place: &Place<'_>) -> Result<PathBuf, RepositoryError> {
    let printed = place.call("rev-parse").await?.args(["--git-common-dir"]).line().await?;
    let common = place.dir().join(printed);
    common.canonicalize().map_err(|error| failure("rev-parse", error.to_string()))
}

fn is_empty_dir(path: &Path) -> bool {
    std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

fn foreign(path: &Path) -> RepositoryError {
    failure("worktree add", format!("{path:?} exists already and is not this pipeline's worktree: move it away"))
}
