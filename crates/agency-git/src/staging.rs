//! A tree object of everything that is in a worktree.
//!
//! Not `git add -A`: that runs `git status` inside every nested repository, under that repository's own configuration.

use crate::command::{WHOLE_TREE, failure, text};
use crate::place::Place;
use crate::status::{Change, ChangeKind, look};
use crate::{commit, locks};
use agency_domain::CommitId;
use agency_domain::repositories::{RepositoryError, Snapshot};
use std::path::Path;

/// Where the `.git` of a repository that an agent made inside its worktree is kept, in the worktree's administrative directory.
const SET_ASIDE: &str = "agency-nested";

/// A worktree as it stands, staged in its own index; see [`Snapshot`]. The caller holds the worktree's lock.
pub(crate) async fn snapshot(place: &Place<'_>) -> Result<Snapshot, RepositoryError> {
    if let Some((direct, git_dir)) = place.direct()
        && let Some(request) = place.request(place.own_branch().ok()).await
        && let Some((look, tree)) = direct.stage(git_dir, request).await?
    {
        return Ok(Snapshot { status: look.status(place)?, tree });
    }
    let look = look(place, None).await?;
    let status = look.status(place)?;
    let is_on_own_branch = place.own_branch().is_ok_and(|own| status.branch.as_deref() == Some(own.as_str()));
    let has_nested = look.changes.iter().any(|change| change.kind == ChangeKind::NestedRepository);
    let tree = if is_on_own_branch && !has_nested { changed_tree(place, &status.head, look.changes).await? } else { None };
    Ok(Snapshot { status, tree })
}

/// Stages what was just found to differ, and answers the tree's id; `None` where that is the tree of `head`.
pub(crate) async fn changed_tree(place: &Place<'_>, head: &CommitId, found: Vec<Change>) -> Result<Option<String>, RepositoryError> {
    if found.is_empty() {
        return Ok(None);
    }
    locks::clear_stale_index_lock(place.git_dir(), place.dir()).await?;
    // Both to their ends: a git that is stopped while it stages would leave its lock.
    let (tree, before) = tokio::join!(whole_tree(place, None, found), commit::tree_of(place, head));
    let (tree, before) = (tree?, before?);
    Ok(Some(tree).filter(|tree| *tree != before))
}

/// Stages what differs in `index` (the worktree's own where `None`), as it was just found, and answers the tree's id.
pub(crate) async fn whole_tree(place: &Place<'_>, index: Option<&Path>, mut found: Vec<Change>) -> Result<String, RepositoryError> {
    if set_nested_repositories_aside(place, &found)? {
        found = look(place, index).await?.changes;
    }
    // Two calls, because the second refuses a path below a link, and the first does not look at the tree.
    update(place, index, &["--force-remove"], &found, ChangeKind::Absent).await?;
    update(place, index, &["--add", "--remove", "--replace"], &found, ChangeKind::Present).await?;
    place.call("write-tree").await?.index(index).within(WHOLE_TREE).line().await
}

async fn update(
    place: &Place<'_>,
    index: Option<&Path>,
    how: &[&str],
    changes: &[Change],
    kind: ChangeKind,
) -> Result<(), RepositoryError> {
    let mut paths = Vec::new();
    for change in changes.iter().filter(|change| change.kind == kind) {
        paths.extend_from_slice(&change.path);
        paths.push(0);
    }
    if paths.is_empty() {
        return Ok(());
    }
    let call = place.call("update-index").await?.index(index).within(WHOLE_TREE);
    call.args(how).args(["-z", "--stdin"]).input(&paths).run().await.map(|_| ())
}

/// Moves the `.git` of nested repositories out of the tree, so that their files are ordinary files: scaffolding tools like to run
/// `git init`, and as a link to another repository the work would be in no commit. Nothing is deleted.
fn set_nested_repositories_aside(place: &Place<'_>, changes: &[Change]) -> Result<bool, RepositoryError> {
    let mut any = false;
    for nested in changes.iter().filter(|change| change.kind == ChangeKind::NestedRepository) {
        let kept = place.git_dir().join(SET_ASIDE);
        std::fs::create_dir_all(&kept)
            .and_then(|()| first_free(&kept))
            .and_then(|free| std::fs::rename(nested.in_worktree(place.dir()).join(".git"), free))
            .map_err(|error| {
                failure(
                    "add",
                    format!(
                        "{} is a git repository of its own inside the worktree, and its .git cannot be moved aside: {error}",
                        text(&nested.path)
                    ),
                )
            })?;
        tracing::warn!(path = %text(&nested.path), "an agent made a repository inside its worktree; its .git was set aside");
        any = true;
    }
    Ok(any)
}

fn first_free(dir: &Path) -> std::io::Result<std::path::PathBuf> {
    let taken = std::fs::read_dir(dir)?.count();
    (taken..)
        .map(|number| dir.join(number.to_string()))
        .find(|path| path.symlink_metadata().is_err())
        .ok_or_else(|| std::io::Error::other("no name is free"))
}
