//! What two branches have changed, file by file.

use agency_contract::{ChangedLines, ComparedFile, DiffFile};
use std::collections::{BTreeMap, BTreeSet};

/// What git says of two branches.
pub(crate) struct Changes {
    /// Of each since its base.
    pub(crate) left: Vec<DiffFile>,
    pub(crate) right: Vec<DiffFile>,
    /// Between the two tips.
    pub(crate) between: Vec<DiffFile>,
}

/// By path. What is not in the difference between the tips has the same content in both.
pub(super) fn compared(changes: &Changes) -> Vec<ComparedFile> {
    let differing: BTreeSet<&str> =
        changes.between.iter().flat_map(|file| [Some(file.path.as_str()), file.old_path.as_deref()]).flatten().collect();
    let (left, right) = (by_path(&changes.left), by_path(&changes.right));
    let paths: BTreeSet<&str> = left.keys().chain(right.keys()).copied().collect();
    let file = |path: &str| ComparedFile {
        path: path.to_owned(),
        left: left.get(path).copied(),
        right: right.get(path).copied(),
        same: !differing.contains(path),
    };
    paths.into_iter().map(file).collect()
}

fn by_path(files: &[DiffFile]) -> BTreeMap<&str, ChangedLines> {
    let lines = |file: &DiffFile| ChangedLines { added: file.additions, removed: file.deletions };
    files.iter().map(|file| (file.path.as_str(), lines(file))).collect()
}
