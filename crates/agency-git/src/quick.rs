//! The questions that every new pipeline asks, answered within this process: a git process takes milliseconds to start, and these
//! three questions took twelve of them.
//!
//! Only what is certain is answered. Whatever is unusual (another store of refs, a checkout elsewhere, a name that could be several
//! things) or wrong is left to git, whose words the user then reads; see [`crate::base`].

use crate::base::may_be_a_name;
use crate::in_process::{Threads, configures_none};
use agency_domain::CommitId;
use agency_domain::repositories::{Base, RepositoryFacts};
use gix::{ObjectId, Repository, hash, object};
use std::path::Path;
use std::time::Duration;

/// Reading takes less than a millisecond.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Where a name that is no full ref is looked for.
const NAMESPACES: [&str; 4] = ["refs/heads/", "refs/tags/", "refs/remotes/", "refs/"];

/// Answers `None` wherever git is to be asked.
#[derive(Debug, Default)]
pub(crate) struct QuickReader {
    threads: Threads,
}

impl QuickReader {
    /// What the top of a checkout is.
    pub(crate) async fn inspect(&self, path: &Path) -> Option<RepositoryFacts> {
        let root = path.canonicalize().ok()?;
        let (branch, head) = self.ask(path, head).await?;
        Some(RepositoryFacts { root, branch, head })
    }

    /// The commit of a base; `None` as its name is the branch that is checked out.
    pub(crate) async fn base(&self, repo: &Path, name: Option<&str>) -> Option<Base> {
        match name.map(str::to_owned) {
            None => {
                let (branch, commit) = self.ask(repo, head).await?;
                Some(Base { name: branch?, commit })
            }
            Some(name) if !may_be_a_name(&name) => None,
            Some(name) => {
                let asked = name.clone();
                let commit = self.ask(repo, move |repository| named(repository, &asked)).await?;
                Some(Base { name, commit })
            }
        }
    }

    /// Local branches as full refs.
    pub(crate) async fn branches(&self, repo: &Path) -> Option<Vec<String>> {
        self.ask(repo, branches).await
    }

    /// Puts a question to the repository whose checkout begins at `top`.
    async fn ask<T: Send + 'static>(&self, top: &Path, question: impl FnOnce(&Repository) -> Option<T> + Send + 'static) -> Option<T> {
        let top = top.to_owned();
        self.threads.run(ANSWER_WITHIN, move || question(&open(&top)?)).await.ok()?
    }
}

fn open(top: &Path) -> Option<Repository> {
    let repository = crate::in_process::open(&top.join(".git"))?;
    let is_usual = configures_none(&repository, &["extensions.refStorage", "core.worktree"]);
    let is_here = repository.workdir()?.canonicalize().ok()? == top.canonicalize().ok()?;
    (is_usual && is_here && !repository.is_bare()).then_some(repository)
}

/// The branch that is checked out, `None` where `HEAD` is detached, and its commit.
fn head(repository: &Repository) -> Option<(Option<String>, CommitId)> {
    match repository.head().ok()?.kind {
        gix::head::Kind::Symbolic(branch) => {
            let name = std::str::from_utf8(branch.name.as_bstr()).ok()?.strip_prefix("refs/heads/")?;
            Some((Some(name.to_owned()), commit(repository, branch.target.try_id()?)?))
        }
        gix::head::Kind::Detached { target, .. } => Some((None, commit(repository, &target)?)),
        gix::head::Kind::Unborn(_) => None,
    }
}

fn named(repository: &Repository, name: &str) -> Option<CommitId> {
    if name == "HEAD" {
        return head(repository).map(|(_branch, commit)| commit);
    }
    if let Ok(id) = ObjectId::from_hex(name.as_bytes()) {
        return commit(repository, &id);
    }
    if name.starts_with("refs/") {
        return find(repository, name)?;
    }
    // What could begin an id has to be compared with all of them.
    if name.chars().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    let mut found = NAMESPACES.map(|prefix| find(repository, &format!("{prefix}{name}"))).into_iter().collect::<Option<Vec<_>>>()?;
    found.retain(Option::is_some);
    if found.len() == 1 { found.pop()? } else { None }
}

/// The commit that a full ref leads to: `Some(None)` where there is no such ref, `None` where it leads to none.
fn find(repository: &Repository, full: &str) -> Option<Option<CommitId>> {
    // The library goes on with other namespaces where it does not find the ref itself.
    match repository.try_find_reference(full).ok()?.filter(|found| found.name().as_bstr() == full) {
        Some(mut reference) => Some(Some(commit_id(reference.peel_to_commit().ok()?.id.as_ref())?)),
        None => Some(None),
    }
}

fn branches(repository: &Repository) -> Option<Vec<String>> {
    let references = repository.references().ok()?;
    references.local_branches().ok()?.map(|branch| Some(branch.ok()?.name().as_bstr().to_string())).collect()
}

/// An id, provided that a commit of it is there.
fn commit(repository: &Repository, id: &hash::oid) -> Option<CommitId> {
    let is_commit = repository.find_header(id).ok()?.kind() == object::Kind::Commit;
    is_commit.then(|| commit_id(id))?
}

fn commit_id(id: &hash::oid) -> Option<CommitId> {
    CommitId::parse(&id.to_hex().to_string()).ok()
}
