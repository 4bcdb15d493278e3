//! Diffs as the page shows them: rows of a table with the words that changed and the colours of the language, made once here so that the page
//! needs no code for either.
//!
//! Every byte of a file goes through [`table::escaped`]; classes and attributes are this module's own words and numbers. What was made is
//! remembered by the hash of what it was made from.

mod highlight;
mod table;
mod tool;
mod unified;
mod words;

pub(crate) use table::escaped;
pub(crate) use tool::files_of_tool;
pub(crate) use unified::files;

use crate::remembered::{Key, Remembered};
use agency_contract::{DiffFile, DiffView};
use sha2::{Digest, Sha256};
use std::ops::Range;
use std::sync::Arc;

/// A file with more lines than this is sent without them until it is asked for by name.
const FILE_LINES_MAX: usize = 400;
/// Once this many lines were sent every further file is left out in the same way.
const LINES_MAX: usize = 2_000;
/// Rows of each of two generations; a file of 400 lines has some 60 kB, so that both are at most a few dozen megabytes.
const REMEMBERED: usize = 256;
/// Rows longer than this are made each time.
const REMEMBERED_BYTES_MAX: usize = 256 * 1024;

/// The rows of tools have a place of their own: a transcript has hundreds, and a review must not be made anew because somebody read one.
const TOOLS_REMEMBERED: usize = 256;
/// Some 400 lines.
const TOOL_BYTES_MAX: usize = 64 * 1024;

/// As much of a file's digest is sent: enough to tell its versions apart.
const DIGEST_BYTES_SHOWN: usize = 8;

/// Makes rows and remembers them. One per server.
pub(crate) struct DiffRows {
    files: Remembered,
    tools: Remembered,
}

/// What a tool changed.
pub(crate) struct ToolRows {
    pub(crate) rows: Arc<str>,
    pub(crate) additions: u32,
    pub(crate) deletions: u32,
}

/// A stretch of a line, in bytes, and what is special about it.
type Stretch<T> = (Range<usize>, T);

impl Default for DiffRows {
    fn default() -> Self {
        Self { files: Remembered::new(REMEMBERED, REMEMBERED_BYTES_MAX), tools: Remembered::new(TOOLS_REMEMBERED, TOOL_BYTES_MAX) }
    }
}

impl DiffRows {
    /// Puts rows in the place of the hunks of those files that are not too long; of every file where `all` says so. Takes up to a second for the
    /// longest diffs: not for a thread that answers others.
    pub(crate) fn put(&self, files: &mut [DiffFile], view: DiffView, all: bool) {
        let mut sent = 0;
        for file in files {
            let lines = file.lines as usize;
            let fits = all || (lines <= FILE_LINES_MAX && sent + lines <= LINES_MAX);
            let digest = digest(file);
            // Without lines nothing is known of what a file holds.
            let is_known = !file.hunks.is_empty();
            file.digest = is_known.then(|| digest[..DIGEST_BYTES_SHOWN].iter().map(|byte| format!("{byte:02x}")).collect());
            if fits {
                sent += lines;
                file.rows = Some(self.rows(file, view, digest).to_string());
            }
            file.hunks.clear();
        }
    }

    fn rows(&self, file: &DiffFile, view: DiffView, digest: Key) -> Arc<str> {
        let key = Sha256::new().chain_update([view as u8]).chain_update(digest).finalize().into();
        self.files.get(key, || table::rows(file, view))
    }

    /// The rows of the short diff that a tool leaves: one after the other, and none of them a stop for keys.
    pub(crate) fn of_tool(&self, diff: &str) -> ToolRows {
        let files = files_of_tool(diff);
        let rows = self.tools.get(Sha256::digest(diff).into(), || table::tool_rows(&files));
        let (additions, deletions) = files.iter().fold((0, 0), |(plus, minus), file| (plus + file.additions, minus + file.deletions));
        ToolRows { rows, additions, deletions }
    }
}

/// Of everything that is shown of a file.
fn digest(file: &DiffFile) -> Key {
    let mut key = Sha256::new();
    key.update(&file.path);
    for hunk in &file.hunks {
        key.update([0]);
        key.update(&hunk.header);
        for line in &hunk.lines {
            key.update([0, line.kind as u8]);
            key.update(line.old_line.unwrap_or_default().to_le_bytes());
            key.update(line.new_line.unwrap_or_default().to_le_bytes());
            key.update(&line.text);
        }
    }
    key.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(path: &str, body: &str) -> DiffFile {
        let old = body.lines().filter(|line| !line.starts_with('+')).count();
        let new = body.lines().filter(|line| !line.starts_with('-')).count();
        let text = format!("diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -3,{old} +3,{new} @@ fn here()\n{body}");
        files(&text).remove(0)
    }

    fn rows(mut file: DiffFile, view: DiffView) -> String {
        DiffRows::default().put(std::slice::from_mut(&mut file), view, false);
        assert!(file.hunks.is_empty());
        file.rows.unwrap()
    }

    #[test]
    fn a_hostile_line_stays_text_in_every_view() {
        let body = " <script>alert(1)</script>\n-\"><img src=x onerror=alert(1)>\n+'\"><svg/onload=alert(1)>\n";
        for path in ["a.html", "a.rs", "a.js", "none"] {
            for view in [DiffView::Unified, DiffView::Split] {
                let html = rows(diff(path, body), view);
                for hostile in ["<script", "<img", "<svg", "<iframe"] {
                    assert!(!html.contains(hostile), "{path}: {html}");
                }
            }
        }
    }

    #[test]
    fn words_that_changed_are_marked_and_the_language_is_coloured() {
        let html = rows(diff("a.rs", "-let total = count;\n+let total = amount;\n"), DiffView::Unified);
        assert!(html.contains("<ins>amount</ins>") && html.contains("<del>count</del>"), "{html}");
        assert!(!html.contains("<ins>total"), "{html}");
        let html = rows(diff("a.rs", "+// why\n+let a = \"text\";\n"), DiffView::Unified);
        assert!(html.contains("<i class=\"c\">// why"), "{html}");
        assert!(html.contains("class=\"s\""), "{html}");
    }

    #[test]
    fn lines_that_have_nothing_in_common_are_not_marked_word_by_word() {
        let html = rows(diff("none", "-alpha beta gamma\n+1 2 3 4\n"), DiffView::Unified);
        assert!(!html.contains("<ins>") && !html.contains("<del>"), "{html}");
    }

    #[test]
    fn a_row_says_which_lines_it_is() {
        let body = " a\n-b\n+c\n+d\n";
        let html = rows(diff("none", body), DiffView::Unified);
        let named: Vec<&str> = html.split("<tr ").skip(2).map(|row| row.split(" tabindex").next().unwrap()).collect();
        assert_eq!(
            named,
            [
                "class=\"context\" data-row data-old=\"3\" data-new=\"3\"",
                "class=\"removed\" data-row data-old=\"4\"",
                "class=\"added\" data-row data-new=\"4\"",
                "class=\"added\" data-row data-new=\"5\""
            ]
        );
        let html = rows(diff("none", body), DiffView::Split);
        let named: Vec<&str> = html.split("<tr ").skip(2).map(|row| row.split(" tabindex").next().unwrap()).collect();
        assert_eq!(
            named,
            ["data-row data-old=\"3\" data-new=\"3\"", "data-row data-old=\"4\" data-new=\"4\"", "data-row data-new=\"5\""],
            "the removed line stands beside the first of those that took its place"
        );
    }

    #[test]
    fn the_rows_of_a_tool_are_coloured_and_no_stops() {
        let one = "--- /w/a.rs\n+++ /w/a.rs\n@@ -3,1 +3,1 @@\n-let total = count; // <b>\n+let total = amount; // <b>\n";
        let made = DiffRows::default().of_tool(one);
        assert_eq!((made.additions, made.deletions), (1, 1));
        for part in ["<ins>amount</ins>", "<i class=\"k\">let", "&lt;b&gt;", "<tr class=\"hunk\"><td colspan=\"4\">@@ -3,1 +3,1 @@<"] {
            assert!(made.rows.contains(part), "{part}: {}", made.rows);
        }
        for part in ["data-", "tabindex", "<b>", "/w/a.rs"] {
            assert!(!made.rows.contains(part), "{part}: {}", made.rows);
        }
        let two = format!("{one}\n{}", one.replace("a.rs", "<b>.rs"));
        let made = DiffRows::default().of_tool(&two);
        assert_eq!((made.additions, made.deletions), (2, 2));
        assert!(made.rows.contains(">/w/a.rs<") && made.rows.contains(">/w/&lt;b&gt;.rs<"), "{}", made.rows);
    }

    #[test]
    fn text_of_a_tool_that_is_no_diff_is_context_without_numbers() {
        let made = DiffRows::default().of_tool("+ a <b>\n");
        assert_eq!((made.additions, made.deletions), (0, 0));
        let numbers = "<td class=\"line-number\"></td>".repeat(2);
        let row = format!("<tr class=\"context\">{numbers}<td class=\"line-mark\"></td><td class=\"line-text\">+ a &lt;b&gt;</td></tr>");
        assert_eq!(&*made.rows, row);
    }

    #[test]
    fn what_is_remembered_is_told_apart_by_the_heads_of_its_hunks_too() {
        let (all, mut other) = (DiffRows::default(), diff("none", "+x\n"));
        let before = all.rows(&other, DiffView::Unified, digest(&other));
        other.hunks[0].header = other.hunks[0].header.replace("here", "there");
        let after = all.rows(&other, DiffView::Unified, digest(&other));
        assert!(before.contains("fn here()") && after.contains("fn there()"), "{after}");
    }

    #[test]
    fn long_files_are_left_out_until_they_are_asked_for() {
        let long = || diff("none", &"+x\n".repeat(FILE_LINES_MAX + 1));
        let mut file = long();
        DiffRows::default().put(std::slice::from_mut(&mut file), DiffView::Unified, false);
        assert_eq!((file.rows, file.lines as usize), (None, FILE_LINES_MAX + 1));
        let (left_out, view) = (file.digest, DiffView::Split);
        let mut file = long();
        DiffRows::default().put(std::slice::from_mut(&mut file), DiffView::Unified, true);
        assert_eq!(file.rows.unwrap().matches("<tr ").count(), FILE_LINES_MAX + 2);
        assert_eq!((&file.digest, left_out.as_ref().map(String::len)), (&left_out, Some(16)), "it is the same file");
        let mut longer = diff("none", &"+x\n".repeat(FILE_LINES_MAX + 2));
        DiffRows::default().put(std::slice::from_mut(&mut longer), view, false);
        assert_ne!(longer.digest, left_out);
        let mut files = vec![diff("none", &"+x\n".repeat(FILE_LINES_MAX)); 6];
        DiffRows::default().put(&mut files, DiffView::Unified, false);
        assert_eq!(files.iter().filter(|file| file.rows.is_some()).count(), LINES_MAX / FILE_LINES_MAX);
    }

    #[test]
    fn a_file_without_lines_has_no_digest() {
        let text = "diff --git a/x.png b/x.png\nindex 1..2 100644\nBinary files a/x.png and b/x.png differ\n";
        let mut binary = files(text);
        DiffRows::default().put(&mut binary, DiffView::Unified, false);
        assert_eq!((binary[0].binary, &binary[0].digest), (true, &None), "it may hold anything the next time");
    }

    #[test]
    fn every_line_is_whole_again_without_its_tags() {
        let body = "-    let größe = f(\"a & b\", 'c'); // <old>\n+    let größe = g(\"a & c\", 'd'); // <new>\n";
        let html = rows(diff("a.rs", body), DiffView::Unified);
        let texts: Vec<String> =
            html.split("<td class=\"line-text\">").skip(1).map(|cell| plain(cell.split("</td>").next().unwrap())).collect();
        assert_eq!(texts, ["    let größe = f(\"a & b\", 'c'); // <old>", "    let größe = g(\"a & c\", 'd'); // <new>"]);
    }

    fn plain(html: &str) -> String {
        let mut text = String::new();
        let mut in_tag = false;
        for c in html.chars() {
            match c {
                '<' => in_tag = true,
                '>' if in_tag => in_tag = false,
                c if !in_tag => text.push(c),
                _ => {}
            }
        }
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    }
}
