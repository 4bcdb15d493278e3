//! Where a call runs: a repository that the user named, or a worktree of ours. Found anew for each operation, because an agent may
//! have changed anything in between.

use crate::command::{Call, Git, Scope, failure, text};
use crate::direct::{Direct, REASON, Request};
use crate::plain::is_plain;
use agency_domain::repositories::RepositoryError;
use agency_domain::{BranchName, CommitId};
use std::path::{Path, PathBuf};

/// The empty tree, which git knows without its being stored.
const EMPTY_TREE_SHA1: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
const EMPTY_TREE_SHA256: &str = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";
/// More drivers than this are no configuration but an attack on the size of our environment.
const NEUTRALISED_MAX: usize = 500;
/// In the worktree's administrative directory: the branch that it was made for. Written last, so that it also says that the worktree is whole.
const MARKER: &str = "agency-branch";

/// A repository or worktree with everything that a hardened call in it needs.
pub(crate) struct Place<'g> {
    git: &'g Git,
    scope: Scope,
    is_plain: bool,
}

impl Git {
    /// A directory of a checkout that the user named.
    pub(crate) async fn repository(&self, dir: &Path) -> Result<Place<'_>, RepositoryError> {
        if !dir.is_dir() {
            return Err(RepositoryError::NoSuchDirectory { path: dir.to_owned() });
        }
        self.place(dir, None).await?.ok_or_else(|| RepositoryError::NotARepository { path: dir.to_owned() })
    }

    /// A linked worktree. `Vanished` where the directory or its link to the repository is gone, or leads elsewhere.
    pub(crate) async fn worktree(&self, dir: &Path) -> Result<Place<'_>, RepositoryError> {
        let vanished = || RepositoryError::Vanished { path: dir.to_owned() };
        let git_dir = linked_git_dir(dir).ok_or_else(vanished)?;
        if is_plain(&git_dir) {
            let explicit = Some((git_dir, dir.to_owned()));
            let scope = Scope { dir: dir.to_owned(), explicit, empty_tree: Some(EMPTY_TREE_SHA1), neutralised: Vec::new() };
            return Ok(Place { git: self, scope, is_plain: true });
        }
        self.place(dir, Some(git_dir)).await?.ok_or_else(vanished)
    }

    async fn place(&self, dir: &Path, git_dir: Option<PathBuf>) -> Result<Option<Place<'_>>, RepositoryError> {
        let mut scope = Scope { dir: dir.to_owned(), explicit: git_dir.map(|git_dir| (git_dir, dir.to_owned())), ..Scope::default() };
        // These two calls read no attributes and run no filters; what they answer hardens all others.
        let format = self.call(&scope, "rev-parse").await?.args(["--show-object-format"]).output().await?;
        if !format.success {
            return if format.says_no_repository() { Ok(None) } else { Err(format.into_failure("rev-parse")) };
        }
        scope.empty_tree = Some(match text(&format.stdout).trim() {
            "sha256" => EMPTY_TREE_SHA256,
            _sha1 => EMPTY_TREE_SHA1,
        });
        let keys = self.call(&scope, "config").await?.args(["--list", "--null", "--name-only"]).run().await?;
        scope.neutralised = neutralise(&text(&keys))?;
        Ok(Some(Place { git: self, scope, is_plain: false }))
    }
}

impl Place<'_> {
    /// `git <operation>` here.
    pub(crate) async fn call<'a>(&self, operation: &'static str) -> Result<Call<'a>, RepositoryError> {
        self.git.call(&self.scope, operation).await
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.scope.dir
    }

    /// The administrative directory of a worktree.
    pub(crate) fn git_dir(&self) -> &Path {
        let (git_dir, _) = self.scope.explicit.as_ref().expect("asked of worktrees only");
        git_dir
    }

    /// What is done without git, and in which administrative directory; `None` where git is to do it.
    pub(crate) fn direct(&self) -> Option<(&Direct, &Path)> {
        self.is_plain.then(|| (&self.git.direct, self.git_dir()))
    }

    /// How this worktree is looked at without git; `None` where git is to do it.
    pub(crate) async fn request(&self, stages_on: Option<BranchName>) -> Option<Request> {
        // Without a git to ask, git's own words say so.
        let reads_attributes = self.is_plain.then_some(self.git)?.reads_attributes().await.ok()?;
        let ignored_by_user = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config/git/ignore"));
        if ignored_by_user.as_ref().is_some_and(|file| !file.is_absolute()) {
            return None;
        }
        Some(Request { worktree: self.dir().to_owned(), reads_attributes, ignored_by_user, stages_on })
    }

    /// The commit that a full ref, `HEAD` or a full id leads to; `None` where there is none.
    pub(crate) async fn commit_at(&self, name: &str) -> Result<Option<CommitId>, RepositoryError> {
        let output =
            self.call("rev-parse").await?.args(["--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]).output().await?;
        Ok(if output.success { CommitId::parse(text(&output.stdout).trim()).ok() } else { None })
    }

    /// What `HEAD` names, without `refs/heads/`; `None` where it is detached.
    pub(crate) async fn checked_out(&self) -> Result<Option<String>, RepositoryError> {
        let output = self.call("symbolic-ref").await?.args(["--quiet", "HEAD"]).output().await?;
        let name = text(&output.stdout);
        Ok(name.trim_end_matches('\n').strip_prefix("refs/heads/").map(str::to_owned))
    }

    /// The branch that this worktree was made for.
    pub(crate) fn own_branch(&self) -> Result<BranchName, RepositoryError> {
        read_marker(self.git_dir())
            .ok_or_else(|| failure("worktree", format!("{:?} was not made by theAgency, so it is left as it is", self.dir())))
    }

    /// Moves a ref from `old` (`None`: it must not exist) to `new`, or leaves it where somebody else moved it.
    pub(crate) async fn swap_ref(&self, name: &str, new: &CommitId, old: Option<&CommitId>) -> Result<(), RepositoryError> {
        if let (Some((direct, git_dir)), Some(old)) = (self.direct(), old)
            && direct.swap(git_dir, name, new, old).await?.is_some()
        {
            return Ok(());
        }
        let zeros = "0".repeat(new.as_str().len());
        let expected = old.map_or(zeros.as_str(), CommitId::as_str);
        let output = self
            .call("update-ref")
            .await?
            // Without following: a branch that was made to point at another branch must not move that one.
            .args(["--no-deref", "-m", REASON, "--end-of-options", name, new.as_str(), expected])
            .output()
            .await?;
        if output.success {
            return Ok(());
        }
        match (old, self.commit_at(name).await?) {
            (Some(expected), Some(found)) if *expected != found => Err(RepositoryError::Moved { expected: expected.clone(), found }),
            (None | Some(_), _) => Err(output.into_failure("update-ref")),
        }
    }
}

/// Where `<dir>/.git` of a linked worktree leads, provided that it leads back.
pub(crate) fn linked_git_dir(dir: &Path) -> Option<PathBuf> {
    let link = dir.join(".git");
    if !link.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let git_dir = PathBuf::from(std::fs::read_to_string(&link).ok()?.strip_prefix("gitdir: ")?.trim_end_matches('\n'));
    let back = std::fs::read_to_string(git_dir.join("gitdir")).ok()?;
    let leads_back = Path::new(back.trim_end_matches('\n')).canonicalize().ok()? == link.canonicalize().ok()?;
    (git_dir.is_absolute() && leads_back).then_some(git_dir)
}

/// The branch in the marker of an administrative directory.
pub(crate) fn read_marker(git_dir: &Path) -> Option<BranchName> {
    BranchName::parse(&std::fs::read_to_string(git_dir.join(MARKER)).ok()?).ok()
}

/// Says that the worktree of this directory is whole and whose it is.
pub(crate) fn write_marker(git_dir: &Path, branch: &BranchName) -> Result<(), RepositoryError> {
    std::fs::write(git_dir.join(MARKER), branch.as_str()).map_err(|error| failure("worktree", error.to_string()))
}

/// Overrides for every driver and hook that the repository's configuration names.
fn neutralise(keys: &str) -> Result<Vec<(String, &'static str)>, RepositoryError> {
    let mut overrides: Vec<(String, &'static str)> = keys
        .split('\0')
        .filter_map(|key| {
            let (section, _) = key.split_once('.')?;
            let (prefix, variable) = key.rsplit_once('.')?;
            match (section, variable) {
                ("filter", "clean" | "smudge" | "process") => Some((key.to_owned(), "")),
                ("filter", "required") => Some((key.to_owned(), "false")),
                ("hook", _) if prefix != section => Some((format!("{prefix}.enabled"), "false")),
                _any_other => None,
            }
        })
        .collect();
    overrides.sort_unstable();
    overrides.dedup();
    if overrides.len() > NEUTRALISED_MAX {
        return Err(failure(
            "config",
            format!("the repository configures more than {NEUTRALISED_MAX} filters and hooks: remove those that nobody needs"),
        ));
    }
    Ok(overrides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_and_hooks_of_any_name_are_overridden() {
        let keys = "core.bare\0filter.a.b=c.clean\0filter.lfs.required\0filter.lfs.process\0hook.lint.command\0hook.lint.event\0";
        assert_eq!(
            neutralise(keys).unwrap(),
            [
                ("filter.a.b=c.clean".to_owned(), ""),
                ("filter.lfs.process".to_owned(), ""),
                ("filter.lfs.required".to_owned(), "false"),
                ("hook.lint.enabled".to_owned(), "false"),
            ]
        );
    }

    #[test]
    fn a_flood_of_filters_is_refused() {
        let keys: String = (0..=NEUTRALISED_MAX).map(|n| format!("filter.f{n}.clean\0")).collect();
        assert!(neutralise(&keys).is_err());
    }
}
