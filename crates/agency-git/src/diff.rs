//! Differences between two commits.

use crate::command::{WHOLE_TREE, text};
use crate::place::Place;
use agency_domain::CommitId;
use agency_domain::repositories::{DiffStyle, RepositoryError};

/// Most of a diff that is kept: far more than anybody reviews, little enough to hold in memory many times over.
const DIFF_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A unified diff; cut at the end of a line, and saying so, where it is larger than the limit.
pub(crate) async fn between(place: &Place<'_>, from: &CommitId, to: &CommitId, style: DiffStyle) -> Result<String, RepositoryError> {
    let context = format!("--unified={}", style.context);
    // The plumbing command reads none of the user's preferences for diffs.
    let call = place.call("diff-tree").await?.within(WHOLE_TREE).args([
        "-r",
        "--patch",
        "--find-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
        "--submodule=short",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        context.as_str(),
    ]);
    let call = if style.ignore_space { call.args(["--ignore-all-space"]) } else { call };
    let call = call.args(["--end-of-options", from.as_str(), to.as_str(), "--"]);
    let output = call.keep_first(DIFF_BYTES_MAX).output().await?;
    if !output.success {
        return Err(gone(place, [from, to]).await?.unwrap_or_else(|| output.into_failure("diff")));
    }
    let mut diff = text(&output.stdout);
    if output.cut {
        diff.truncate(diff.rfind('\n').map_or(0, |end| end + 1));
        diff.push_str(&format!("\\ The diff is longer than {DIFF_BYTES_MAX} bytes and cut here; git diff {from} {to} shows all of it.\n"));
    }
    Ok(diff)
}

/// The commit that there is no more, where that is why git failed.
async fn gone(place: &Place<'_>, commits: [&CommitId; 2]) -> Result<Option<RepositoryError>, RepositoryError> {
    for commit in commits {
        if place.commit_at(commit.as_str()).await?.is_none() {
            return Ok(Some(RepositoryError::CommitGone { commit: commit.clone() }));
        }
    }
    Ok(None)
}
