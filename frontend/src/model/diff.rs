//! Diffs as the page shows them: counts, and the small diffs that tools leave in a transcript.

use agency_contract::{Diff, DiffFile, DiffLine, DiffLineKind};

/// Which diff is on screen, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    pub pipeline: i64,
    /// `None` for the whole branch.
    pub attempt: Option<i64>,
    /// Another pipeline: what it takes to come from this one's tip to its.
    pub against: Option<i64>,
    pub split: bool,
}

/// `(additions, deletions)` of a whole diff.
pub fn totals(diff: &Diff) -> (u32, u32) {
    diff.files.iter().fold((0, 0), |(added, removed), file| (added + file.additions, removed + file.deletions))
}

/// The mark before a line, its CSS class, and its name for those who do not see it.
pub fn mark(kind: DiffLineKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        DiffLineKind::Added => ("+", "added", "added line"),
        DiffLineKind::Removed => ("−", "removed", "removed line"),
        DiffLineKind::Context => (" ", "context", "unchanged line"),
    }
}

/// What happened to the file, in a word.
pub fn file_word(file: &DiffFile) -> String {
    match &file.old_path {
        Some(old_path) => format!("renamed from {old_path}"),
        None => file.status.clone(),
    }
}

/// The lines of a unified diff in text, without its headers. Lines that are no diff are kept as context, so that nothing is lost.
pub fn parse_unified(text: &str) -> Vec<DiffLine> {
    let mut numbers = None;
    let mut lines = Vec::new();
    for raw in text.lines() {
        if let Some(start) = hunk_start(raw) {
            numbers = Some(start);
            continue;
        }
        if numbers.is_none() && is_header(raw) {
            continue;
        }
        if raw.starts_with("\\ No newline") {
            continue;
        }
        lines.push(one_line(raw, &mut numbers));
    }
    lines
}

fn is_header(line: &str) -> bool {
    ["diff ", "index ", "--- ", "+++ ", "Index: ", "=====", "new file", "deleted file"].iter().any(|start| line.starts_with(start))
}

/// Old and new line number of `@@ -3,4 +5,6 @@`.
fn hunk_start(line: &str) -> Option<(u32, u32)> {
    let mut words = line.strip_prefix("@@ ")?.split(' ');
    let number = |word: &str, sign: char| word.strip_prefix(sign)?.split(',').next()?.parse().ok();
    Some((number(words.next()?, '-')?, number(words.next()?, '+')?))
}

fn one_line(raw: &str, numbers: &mut Option<(u32, u32)>) -> DiffLine {
    let kind = match raw.bytes().next() {
        Some(b'+') => DiffLineKind::Added,
        Some(b'-') => DiffLineKind::Removed,
        _ => DiffLineKind::Context,
    };
    let text = raw.strip_prefix(['+', '-', ' ']).unwrap_or(raw).to_owned();
    let mut line = DiffLine { kind, old_line: None, new_line: None, text };
    if let Some((old, new)) = numbers {
        if kind != DiffLineKind::Added {
            line.old_line = Some(*old);
            *old += 1;
        }
        if kind != DiffLineKind::Removed {
            line.new_line = Some(*new);
            *new += 1;
        }
    }
    line
}

/// `(additions, deletions)` of parsed lines.
pub fn counts(lines: &[DiffLine]) -> (usize, usize) {
    let count = |kind| lines.iter().filter(|line| line.kind == kind).count();
    (count(DiffLineKind::Added), count(DiffLineKind::Removed))
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
        }
    }

    #[test]
    fn totals_add_up_over_files() {
        assert_eq!(totals(&Diff { base_commit: String::new(), head_commit: String::new(), files: vec![file(3), file(4)] }), (7, 2));
    }

    #[test]
    fn a_unified_diff_becomes_numbered_lines() {
        let lines =
            parse_unified("--- a/x\n+++ b/x\n@@ -7,3 +7,4 @@ fn main\n one\n-two\n+zwei\n+drei\n+++ kept\n\\ No newline at end of file\n");
        let shown: Vec<_> = lines.iter().map(|line| (line.old_line, line.new_line, line.text.as_str())).collect();
        assert_eq!(
            shown,
            [
                (Some(7), Some(7), "one"),
                (Some(8), None, "two"),
                (None, Some(8), "zwei"),
                (None, Some(9), "drei"),
                (None, Some(10), "++ kept")
            ]
        );
        assert_eq!(counts(&lines), (3, 1));
    }

    #[test]
    fn text_that_is_no_diff_is_kept() {
        assert_eq!(parse_unified("hello")[0].text, "hello");
    }
}
