//! Commits by compare-and-swap, without the porcelain that would run hooks.

use crate::command::failure;
use crate::place::Place;
use crate::{locks, staging, status};
use agency_domain::CommitId;
use agency_domain::repositories::{NewCommit, RepositoryError};

/// Files of a merge or pick that was under way; a commit ends it.
const OPERATIONS: [&str; 4] = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "sequencer"];

pub(crate) async fn all(place: &Place<'_>, commit: &NewCommit) -> Result<Option<CommitId>, RepositoryError> {
    locks::clear_stale_index_lock(place.git_dir(), place.dir()).await?;
    let look = status::look(place, None).await?;
    let branch = format!("refs/heads/{}", expect_own_branch(place, look.branch)?);
    let found = look.head.ok_or_else(|| RepositoryError::Vanished { path: place.dir().to_owned() })?;
    if found != commit.expected_head {
        return Err(RepositoryError::Moved { expected: commit.expected_head.clone(), found });
    }
    if look.changes.is_empty() {
        return Ok(None);
    }
    // Both to their ends: a git that is stopped while it stages would leave its lock.
    let (tree, before) = tokio::join!(staging::whole_tree(place, None, look.changes), tree_of(place, &found));
    let tree = tree?;
    if tree == before? {
        return Ok(None);
    }
    let new = write(place, &tree, std::slice::from_ref(&found), &message(commit)).await?;
    place.swap_ref(&branch, &new, Some(&found)).await?;
    if OPERATIONS.iter().any(|file| place.git_dir().join(file).exists()) {
        // The index is that of the new commit already; this only ends what was under way.
        place.call("reset").await?.args(["--quiet"]).within(crate::command::WHOLE_TREE).run().await?;
    }
    Ok(Some(new))
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
fn expect_own_branch(place: &Place<'_>, checked_out: Option<String>) -> Result<String, RepositoryError> {
    let own = place.own_branch()?;
    match checked_out {
        Some(branch) if branch == own.as_str() => Ok(branch),
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
            expected_head: CommitId::parse(&"0".repeat(40)).unwrap(),
        };
        assert_eq!(message(&commit), "Add export\n\nBody .\n\nAgency-Pipeline: 7\nAgency-Step: de ve: x\n");
    }
}
