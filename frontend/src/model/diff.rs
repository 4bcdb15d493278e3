//! Diffs as the page shows them; the server makes their lines.

use agency_contract::{Diff, DiffFile};

/// Which diff is on screen, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    pub pipeline: i64,
    /// `None` for the whole branch.
    pub attempt: Option<i64>,
    /// Another pipeline: what it takes to come from this one's tip to its.
    pub against: Option<i64>,
    pub split: bool,
    /// Lines that differ in spaces and tabs alone count as the same.
    pub ignore_space: bool,
    /// Lines around each change; `None` for as many as git shows.
    pub context: Option<u32>,
}

/// More lines around a change, and the whole file.
pub const CONTEXTS: [(u32, &str); 2] = [(25, "More lines around"), (100_000, "Whole file")];

/// `(additions, deletions)` of a whole diff.
pub fn totals(diff: &Diff) -> (u32, u32) {
    diff.files.iter().fold((0, 0), |(added, removed), file| (added + file.additions, removed + file.deletions))
}

/// What happened to the file, in a word.
pub fn file_word(file: &DiffFile) -> String {
    match &file.old_path {
        Some(old_path) => format!("renamed from {old_path}"),
        None => file.status.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(additions: u32) -> DiffFile {
        DiffFile {
            path: "a".to_owned(),
            old_path: None,
            status: "added".to_owned(),
            additions,
            deletions: 1,
            binary: false,
            lines: 0,
            hunks: Vec::new(),
            rows: None,
            digest: None,
        }
    }

    #[test]
    fn totals_add_up_over_files() {
        assert_eq!(totals(&Diff { base_commit: String::new(), head_commit: String::new(), files: vec![file(3), file(4)] }), (7, 2));
    }
}
