//! What changed in a worktree.

use crate::command::{WHOLE_TREE, failure, text};
use crate::place::Place;
use agency_domain::CommitId;
use agency_domain::repositories::{RepositoryError, WorktreeStatus};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// What git calls the branch where there is none.
const DETACHED: &str = "(detached)";

/// One path that differs from `HEAD`, in the index or in the tree. Names are bytes, relative to the worktree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) path: Vec<u8>,
    pub(crate) kind: ChangeKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// A file or link to be taken as it is in the tree.
    Present,
    /// Gone from the tree.
    Absent,
    /// A repository of its own that nobody tracks: git does not look into it.
    NestedRepository,
}

impl Change {
    /// Where it is, below the worktree.
    pub(crate) fn in_worktree(&self, worktree: &Path) -> PathBuf {
        worktree.join(PathBuf::from(OsString::from_vec(self.path.clone())))
    }
}

/// Where `HEAD` stands, and every path that differs from it.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// `None` where `HEAD` is detached.
    pub(crate) branch: Option<String>,
    /// `None` where there is no commit.
    pub(crate) head: Option<CommitId>,
    pub(crate) changes: Vec<Change>,
}

pub(crate) async fn read(place: &Place<'_>) -> Result<WorktreeStatus, RepositoryError> {
    if let Some((direct, git_dir)) = place.direct()
        && let Some(request) = place.request(None).await
        && let Some(look) = direct.look(git_dir, request).await
    {
        return look.status(place);
    }
    look(place, None).await?.status(place)
}

impl Look {
    /// How many paths differ from `HEAD`.
    pub(crate) fn paths(&self) -> usize {
        names(&self.changes).len()
    }
}

/// Each path once: deleted in the index and there again in the tree, it comes twice.
fn names(changes: &[Change]) -> Vec<String> {
    let mut names: Vec<String> = changes.iter().map(|change| text(&change.path)).collect();
    names.dedup();
    names
}

/// One call, with the worktree's own index or another.
pub(crate) async fn look(place: &Place<'_>, index: Option<&Path>) -> Result<Look, RepositoryError> {
    let call = place.call("status").await?.index(index).within(WHOLE_TREE);
    let printed = call
        .args([
            "--porcelain=v2",
            "-z",
            "--branch",
            // To count commits takes a walk through the history, and nobody asked.
            "--no-ahead-behind",
            "--untracked-files=all",
            "--no-renames",
            // Looking into a submodule would run git there, with that repository's own filters.
            "--ignore-submodules=dirty",
        ])
        .run()
        .await?;
    let mut look = Look::default();
    for record in printed.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        match record.strip_prefix(b"# ") {
            Some(header) => look.take_header(&text(header)),
            None => look.changes.push(parse(record).ok_or_else(|| failure("status", format!("unexpected line {:?}", text(record))))?),
        }
    }
    look.changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(look)
}

impl Look {
    /// In the port's words.
    pub(crate) fn status(&self, place: &Place<'_>) -> Result<WorktreeStatus, RepositoryError> {
        Ok(WorktreeStatus {
            branch: self.branch.clone(),
            head: self.head.clone().ok_or_else(|| RepositoryError::Vanished { path: place.dir().to_owned() })?,
            changed: names(&self.changes),
        })
    }

    fn take_header(&mut self, header: &str) {
        match header.split_once(' ') {
            Some(("branch.oid", id)) => self.head = CommitId::parse(id).ok(),
            Some(("branch.head", name)) => self.branch = Some(name.to_owned()).filter(|name| name != DETACHED),
            Some(_) | None => {}
        }
    }
}

fn parse(record: &[u8]) -> Option<Change> {
    let (fields_before_path, tree_letter) = match record.first()? {
        b'1' => (8, record.get(3)?),
        b'u' => (10, record.get(3)?),
        b'?' => (1, &b'?'),
        _unknown => return None,
    };
    let path = record.splitn(fields_before_path + 1, |byte| *byte == b' ').nth(fields_before_path)?;
    let staged_letter = record.get(2)?;
    let (path, kind) = match (path.strip_suffix(b"/"), tree_letter) {
        (Some(directory), _) => (directory, ChangeKind::NestedRepository),
        (None, b'D') => (path, ChangeKind::Absent),
        // Deleted in the index, and not in the tree either: otherwise there would be a second, untracked record.
        (None, b'.') if *staged_letter == b'D' => (path, ChangeKind::Absent),
        (None, _) => (path, ChangeKind::Present),
    };
    Some(Change { path: path.to_vec(), kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(record: &str) -> (String, ChangeKind) {
        let change = parse(record.as_bytes()).unwrap();
        (String::from_utf8(change.path).unwrap(), change.kind)
    }

    #[test]
    fn headers_say_where_head_stands() {
        let mut look = Look::default();
        let id = "1".repeat(40);
        for header in [&format!("branch.oid {id}"), "branch.head agency/7-a", "branch.upstream origin/main", "stash 2", "odd"] {
            look.take_header(header);
        }
        assert_eq!((look.branch.as_deref(), look.head.unwrap().as_str()), (Some("agency/7-a"), id.as_str()));
        let mut look = Look::default();
        look.take_header("branch.oid (initial)");
        look.take_header("branch.head (detached)");
        assert!(look.head.is_none() && look.branch.is_none());
    }

    #[test]
    fn records_are_read_with_any_name() {
        let z = "0".repeat(40);
        for (record, path, kind) in [
            (format!("1 .M N... 100644 100644 100644 {z} {z} a b\n c"), "a b\n c", ChangeKind::Present),
            (format!("1 .D N... 100644 100644 000000 {z} {z} -x"), "-x", ChangeKind::Absent),
            (format!("1 D. N... 100644 000000 000000 {z} {z} gone"), "gone", ChangeKind::Absent),
            (format!("1 AD N... 000000 100644 000000 {z} {z} both"), "both", ChangeKind::Absent),
            (format!("u UD N... 1 2 3 4 {z} {z} {z} m"), "m", ChangeKind::Absent),
            ("? new".to_owned(), "new", ChangeKind::Present),
            ("? sub/dir/".to_owned(), "sub/dir", ChangeKind::NestedRepository),
        ] {
            assert_eq!(parsed(&record), (path.to_owned(), kind), "{record}");
        }
        assert!(parse(b"# branch.oid x").is_none());
    }
}
