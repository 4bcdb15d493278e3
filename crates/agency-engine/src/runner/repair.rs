//! What a person is told whose worktree or branch is not as the last attempt left it: what is wrong, and the commands that mend it.

use super::RunnerError;
use agency_domain::pipelines::Pipeline;
use agency_domain::repositories::WorktreeStatus;
use std::path::Path;

/// The worktree is gone, or is no worktree any more.
pub(super) fn vanished(pipeline: &Pipeline, worktree: &Path) -> RunnerError {
    let prune = format!("`git -C {} worktree prune`", quoted(&pipeline.repo));
    let path = quoted(&worktree.to_string_lossy());
    let (what, mend) = if worktree.exists() {
        let aside = quoted(&format!("{}.aside", worktree.display()));
        (
            format!("{path} is no worktree any more"),
            format!("`mv {path} {aside}` puts it aside, and {prune} clears away what git kept of it."),
        )
    } else {
        (format!("the worktree {path} is gone"), format!("If it was moved, move it back. Else {prune} clears away what git kept of it."))
    };
    RunnerError::WorktreeChanged { what, mend: format!("{mend} Then retry the step: the worktree is made again from the branch.") }
}

/// The branch is gone, and the worktree with it has no commit.
pub(super) fn branch_gone(pipeline: &Pipeline) -> RunnerError {
    let branch = &pipeline.branch;
    RunnerError::WorktreeChanged {
        what: format!("the branch {branch} is gone"),
        mend: format!("`git -C {} branch {branch} {}` makes it again. Then retry the step.", quoted(&pipeline.repo), pipeline.head_commit),
    }
}

/// The worktree stands elsewhere, or has changes that no attempt made.
pub(super) fn changed(pipeline: &Pipeline, worktree: &Path, status: &WorktreeStatus) -> RunnerError {
    let (branch, head, path) = (&pipeline.branch, &pipeline.head_commit, quoted(&worktree.to_string_lossy()));
    let (what, mend) = match &status.branch {
        Some(found) if found == branch.as_str() && status.head != *head => (
            format!("somebody moved the branch {branch} from {} to {}", head.short(), status.head.short()),
            format!(
                "If you want what is there now, give it a name of its own first (git branch NAME {}). `git -C {path} reset --hard {head}` takes the \
                 branch back.",
                status.head.short()
            ),
        ),
        Some(found) if found == branch.as_str() => (
            format!("somebody changed files in the worktree between two steps: {}", status.changed.join(", ")),
            format!("`git -C {path} stash --include-untracked` puts them away."),
        ),
        Some(_) | None => (
            format!("the worktree is on {} instead of {branch}", status.branch.as_deref().unwrap_or("no branch")),
            format!("`git -C {path} checkout {branch}` takes it back."),
        ),
    };
    RunnerError::WorktreeChanged { what, mend: format!("{mend} Then retry the step.") }
}

/// As a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:@".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_path_is_one_word_for_a_shell() {
        for (word, expected) in [("/a/b-1.c", "/a/b-1.c"), ("/a b", "'/a b'"), ("it's", r"'it'\''s'"), ("$(id)", "'$(id)'"), ("", "''")] {
            assert_eq!(quoted(word), expected);
        }
    }
}
