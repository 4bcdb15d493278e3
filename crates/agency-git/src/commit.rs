//! Commits by compare-and-swap, without the porcelain that would run hooks.

use crate::command::failure;
use crate::place::Place;
use crate::staging;
use crate::status::look;
use agency_domain::repositories::{NewCommit, RepositoryError, Snapshot};
use agency_domain::{BranchName, CommitId};

/// Files of a merge or pick that was under way; a commit ends it.
const OPERATIONS: [&str; 4] = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "sequencer"];

/// Commits what a snapshot has.
pub(crate) async fn snapshot(place: &Place<'_>, snapshot: &Snapshot, commit: &NewCommit) -> Result<Option<CommitId>, RepositoryError> {
    let branch = format!("refs/heads/{}", expect_own_branch(place, snapshot.status.branch.as_deref())?);
    let head = &snapshot.status.head;
    let tree = match &snapshot.tree {
        None if !snapshot.status.changed.is_empty() => staging::changed_tree(place, head, look(place, None).await?.changes).await?,
        stored => stored.clone(),
    };
    let Some(tree) = tree else { return Ok(None) };
    let new = on_branch(place, &branch, &tree, head, &message(commit)).await?;
    if OPERATIONS.iter().any(|file| place.git_dir().join(file).exists()) {
        // The index is that of the new commit already; this only ends what was under way.
        place.call("reset").await?.args(["--quiet"]).within(crate::command::WHOLE_TREE).run().await?;
    }
    Ok(Some(new))
}

/// Writes a commit object whose parent is where the branch stands, and moves the branch to it.
async fn on_branch(place: &Place<'_>, branch: &str, tree: &str, head: &CommitId, message: &str) -> Result<CommitId, RepositoryError> {
    if let Some((direct, git_dir)) = place.direct()
        && let Some(committed) = direct.commit(git_dir, branch, tree, head, message).await?
    {
        return Ok(committed);
    }
    let new = write(place, tree, std::slice::from_ref(head), message).await?;
    place.swap_ref(branch, &new, Some(head)).await?;
    Ok(new)
}

/// Writes a commit object; no ref moves.
pub(crate) async fn write(place: &Place<'_>, tree: &str, parents: &[CommitId], message: &str) -> Result<CommitId, RepositoryError> {
    if let Some((direct, git_dir)) = place.direct()
        && let Some(written) = direct.write(git_dir, tree, parents, message).await
    {
        return Ok(written);
    }
    let parents = parents.iter().flat_map(|parent| ["-p", parent.as_str()]);
    let call = place.call("commit-tree").await?.args(["--no-gpg-sign"]).args(parents).args([tree]);
    let id = call.input(message.as_bytes()).line().await?;
    CommitId::parse(&id).map_err(|error| failure("commit-tree", error.to_string()))
}

/// The tree of a commit.
pub(crate) async fn tree_of(place: &Place<'_>, commit: &CommitId) -> Result<String, RepositoryError> {
    if let Some((direct, git_dir)) = place.direct()
        && let Some(tree) = direct.tree_of(git_dir, commit).await
    {
        return Ok(tree);
    }
    let name = format!("{commit}^{{tree}}");
    place.call("rev-parse").await?.args(["--verify", "--end-of-options", &name]).line().await
}

/// The worktree's branch, provided that it is checked out: a commit must not land on whatever else an agent switched to.
fn expect_own_branch(place: &Place<'_>, checked_out: Option<&str>) -> Result<BranchName, RepositoryError> {
    let own = place.own_branch()?;
    match checked_out {
        Some(branch) if branch == own.as_str() => Ok(own),
        Some(branch) => Err(failure("commit", format!("the worktree is on the branch {branch} rather than on {own}"))),
        None => Err(failure("commit", format!("HEAD of the worktree is detached rather than on the branch {own}"))),
    }
}

fn message(commit: &NewCommit) -> String {
    let mut message = commit.message.replace("\r\n", "\n").replace(['\r', '\0'], " ").trim().to_owned();
    message.push('\n');
    if !commit.trailers.is_empty() {
        message.push('\n');
    }
    for (key, value) in &commit.trailers {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        message.push_str(&format!("{key}: {value}\n"));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_are_one_block_of_single_lines_at_the_end() {
        let commit = NewCommit {
            message: "Add export\r\n\r\nBody\0.\n\n".into(),
            trailers: vec![("Agency-Pipeline".into(), "7".into()), ("Agency-Step".into(), "de\nve: x".into())],
        };
        assert_eq!(message(&commit), "Add export\n\nBody .\n\nAgency-Pipeline: 7\nAgency-Step: de ve: x\n");
    }
}
