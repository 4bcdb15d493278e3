//! What the user named: the repository, the base, the branch. Reads only, in the user's checkout. Asked where
//! [`crate::quick`] is not sure.

use crate::command::{Git, text};
use crate::place::Place;
use agency_domain::repositories::{Base, RepositoryError, RepositoryFacts};
use agency_domain::{BranchName, CommitId};
use std::path::{Path, PathBuf};

/// Most branches that an error lists: enough to choose from, short enough to read.
const CHOICES_MAX: usize = 20;
/// Longest name that could be a ref.
const NAME_BYTES_MAX: usize = 255;
/// git itself takes no shorter prefix of an id.
const PREFIX_DIGITS_MIN: usize = 4;

pub(crate) async fn inspect(git: &Git, path: &Path) -> Result<RepositoryFacts, RepositoryError> {
    let place = git.repository(path).await?;
    let not_a_repository = || RepositoryError::NotARepository { path: path.to_owned() };
    let top = place.call("rev-parse").await?.args(["--show-toplevel"]).output().await?;
    let root = PathBuf::from(text(&top.stdout).trim_end_matches('\n'));
    // The configuration can name any directory as the checkout; only the one that the user is in was meant.
    let is_inside = path.canonicalize().is_ok_and(|path| path.starts_with(&root));
    if !top.success || !is_inside {
        return Err(not_a_repository());
    }
    let head = place.commit_at("HEAD").await?;
    Ok(RepositoryFacts {
        branch: place.checked_out().await?,
        head: head.ok_or_else(|| RepositoryError::NoCommit { path: root.clone() })?,
        root,
    })
}

/// The branch that is checked out.
pub(crate) async fn resolve_checked_out(place: &Place<'_>, repo: &Path) -> Result<Base, RepositoryError> {
    let Some(branch) = place.checked_out().await? else {
        return Err(RepositoryError::DetachedHead { choices: branches(place).await?.into_iter().take(CHOICES_MAX).collect() });
    };
    let commit = place.commit_at(&format!("refs/heads/{branch}")).await?;
    Ok(Base { name: branch, commit: commit.ok_or_else(|| RepositoryError::NoCommit { path: repo.to_owned() })? })
}

/// A branch, a tag, a remote's branch, a full ref, or a commit id of at least four digits.
pub(crate) async fn resolve_named(place: &Place<'_>, name: &str) -> Result<Base, RepositoryError> {
    let unknown = || RepositoryError::UnknownBase { name: name.to_owned() };
    if !may_be_a_name(name) {
        return Err(unknown());
    }
    let mut found = if name == "HEAD" || name.starts_with("refs/") || CommitId::parse(name).is_ok() {
        vec![name.to_owned()]
    } else {
        let mut found = refs_named(place, name).await?;
        found.extend(commits_beginning(place, name).await?);
        found
    };
    if found.len() > 1 {
        found.truncate(CHOICES_MAX);
        return Err(RepositoryError::AmbiguousBase { name: name.to_owned(), choices: found });
    }
    let full = found.pop().ok_or_else(unknown)?;
    let commit = place.commit_at(&full).await?.ok_or_else(unknown)?;
    Ok(Base { name: name.to_owned(), commit })
}

/// Whether one of `branches` (full refs) is `branch` in any case of letters, or a directory of it or the other way round.
pub(crate) fn collides(branches: &[String], branch: &BranchName) -> bool {
    let wanted = branch.as_str().to_lowercase();
    let is_under = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    branches.iter().any(|full| {
        let existing = full.trim_start_matches("refs/heads/").to_lowercase();
        existing == wanted || is_under(&existing, &wanted) || is_under(&wanted, &existing)
    })
}

/// Local branches as full refs, by name.
pub(crate) async fn branches(place: &Place<'_>) -> Result<Vec<String>, RepositoryError> {
    list_refs(place, &["refs/heads/".to_owned()]).await
}

async fn refs_named(place: &Place<'_>, name: &str) -> Result<Vec<String>, RepositoryError> {
    let candidates = ["refs/heads/", "refs/tags/", "refs/remotes/", "refs/"].map(|prefix| format!("{prefix}{name}"));
    let mut found = list_refs(place, &candidates).await?;
    // A pattern also matches whatever is below it.
    found.retain(|full| candidates.contains(full));
    Ok(found)
}

async fn list_refs(place: &Place<'_>, patterns: &[String]) -> Result<Vec<String>, RepositoryError> {
    let call = place.call("for-each-ref").await?.args(["--format=%(refname)", "--"]).args(patterns);
    Ok(text(&call.run().await?).lines().map(str::to_owned).collect())
}

/// Full ids of the commits whose id begins with `prefix`.
async fn commits_beginning(place: &Place<'_>, prefix: &str) -> Result<Vec<String>, RepositoryError> {
    let is_prefix = prefix.len() >= PREFIX_DIGITS_MIN && prefix.chars().all(|c| c.is_ascii_hexdigit());
    if !is_prefix {
        return Ok(Vec::new());
    }
    let disambiguate = format!("--disambiguate={}", prefix.to_lowercase());
    let objects = place.call("rev-parse").await?.args([disambiguate]).run().await?;
    let types = place.call("cat-file").await?.args(["--batch-check"]).input(&objects).run().await?;
    Ok(text(&types).lines().filter_map(|line| line.split_once(" commit ")).map(|(id, _size)| id.to_owned()).collect())
}

/// Keeps out what git would read as more than a name: options, patterns, ranges, `main~2`, `@{upstream}`.
pub(crate) fn may_be_a_name(name: &str) -> bool {
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace() && !"~^:?*[\\".contains(c);
    !name.is_empty()
        && name.len() <= NAME_BYTES_MAX
        && !name.starts_with(['-', '/'])
        && name.chars().all(is_plain)
        && !name.contains("..")
        && !name.contains("@{")
        && name != "@"
}
