//! A person's remarks on lines of a diff, as an agent reads them: numbered, each with its place and the lines as they were shown.
//!
//! They become part of the text that they come with, so that whatever carries that text (the prompt, the audit log, the page) carries them.

use super::problem::Failure;
use agency_contract::{DiffSide, FieldError, LineComment};
use std::fmt::Write;

/// A review that is longer is no review of one change.
const COMMENTS_MAX: usize = 100;
/// Of an excerpt, and of a remark.
const TEXT_BYTES_MAX: usize = 4_000;
/// As long as paths get.
const FILE_BYTES_MAX: usize = 4_096;

/// The text with the remarks behind it; `None` where there is neither.
pub(super) fn with_comments(text: Option<String>, comments: &[LineComment]) -> Result<Option<String>, Failure> {
    let faults: Vec<FieldError> = faults(comments);
    if !faults.is_empty() {
        return Err(Failure::invalid(faults));
    }
    let mut whole = text.map(|text| text.trim().to_owned()).unwrap_or_default();
    for (index, comment) in comments.iter().enumerate() {
        if !whole.is_empty() {
            whole.push_str("\n\n");
        }
        write_comment(&mut whole, index + 1, comment);
    }
    Ok(Some(whole).filter(|whole| !whole.is_empty()))
}

fn write_comment(whole: &mut String, number: usize, comment: &LineComment) {
    let lines = match comment.end_line {
        Some(end) if end > comment.line => format!("{}-{end}", comment.line),
        Some(_) | None => comment.line.to_string(),
    };
    let side = match comment.side {
        DiffSide::New => "",
        DiffSide::Old => " (as it was before)",
    };
    let _ = writeln!(whole, "{number}. `{}:{lines}`{side}", comment.file);
    if let Some(excerpt) = comment.excerpt.as_deref().filter(|excerpt| !excerpt.trim().is_empty()) {
        let longest = excerpt.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let _ = write!(whole, "\n{}", indented(&format!("{fence}\n{}\n{fence}", excerpt.trim_end_matches('\n'))));
    }
    let _ = write!(whole, "\n{}", indented(comment.text.trim()).trim_end());
}

/// Below its number.
fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |out, line| if line.is_empty() { out + "\n" } else { out + "   " + line + "\n" })
}

fn faults(comments: &[LineComment]) -> Vec<FieldError> {
    if comments.len() > COMMENTS_MAX {
        let message = format!("send at most {COMMENTS_MAX} remarks at once");
        return vec![FieldError::new("comments", message)];
    }
    comments.iter().enumerate().filter_map(|(index, comment)| fault(index, comment)).collect()
}

fn fault(index: usize, comment: &LineComment) -> Option<FieldError> {
    let found = |field: &str, message: String| Some(FieldError::new(format!("comments[{index}].{field}"), message));
    let file = &comment.file;
    if file.is_empty() || file.len() > FILE_BYTES_MAX || file.contains(char::is_control) || file.contains('`') {
        return found("file", "name a file as the diff names it".into());
    }
    if comment.line == 0 {
        return found("line", "lines count from 1".into());
    }
    if comment.end_line.is_some_and(|end| end < comment.line) {
        return found("end_line", "it comes before `line`".into());
    }
    if comment.text.trim().is_empty() {
        return found("text", "say what about these lines".into());
    }
    let too_long = |text: &str| text.len() > TEXT_BYTES_MAX;
    if too_long(&comment.text) {
        return found("text", format!("use at most {TEXT_BYTES_MAX} bytes"));
    }
    if comment.excerpt.as_deref().is_some_and(too_long) {
        return found("excerpt", format!("use at most {TEXT_BYTES_MAX} bytes"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comment(file: &str, line: u32, text: &str) -> LineComment {
        LineComment { file: file.into(), line, text: text.into(), ..LineComment::default() }
    }

    #[test]
    fn remarks_follow_the_text_with_their_places_and_excerpts() {
        let range = LineComment {
            end_line: Some(5),
            excerpt: Some("let a = 1;\nlet b = \"```\";\n".into()),
            ..comment("src/a.rs", 4, "Why two?\nOne will do.")
        };
        let old = LineComment { side: DiffSide::Old, ..comment("src/b.rs", 9, "Keep this.") };
        let text = with_comments(Some(" Nearly. ".into()), &[range, old]).unwrap().unwrap();
        assert_eq!(
            text,
            "Nearly.\n\n1. `src/a.rs:4-5`\n\n   ````\n   let a = 1;\n   let b = \"```\";\n   ````\n\n   Why two?\n   One will do.\n\n2. `src/b.rs:9` (as it was before)\n\n   Keep this."
        );
    }

    #[test]
    fn neither_text_nor_remark_is_nothing() {
        assert_eq!(with_comments(Some("  ".into()), &[]).unwrap(), None);
        assert_eq!(with_comments(None, &[comment("a", 1, "x")]).unwrap().as_deref(), Some("1. `a:1`\n\n   x"));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let long = "x".repeat(TEXT_BYTES_MAX + 1);
        for (comment, field) in [
            (comment("", 1, "x"), "comments[0].file"),
            (comment("a`b", 1, "x"), "comments[0].file"),
            (comment("a", 0, "x"), "comments[0].line"),
            (LineComment { end_line: Some(1), ..comment("a", 2, "x") }, "comments[0].end_line"),
            (comment("a", 1, " "), "comments[0].text"),
            (comment("a", 1, &long), "comments[0].text"),
            (LineComment { excerpt: Some(long.clone()), ..comment("a", 1, "x") }, "comments[0].excerpt"),
        ] {
            assert_eq!(fault(0, &comment).map(|fault| fault.field).as_deref(), Some(field), "{comment:?}");
        }
        assert_eq!(faults(&vec![comment("a", 1, "x"); COMMENTS_MAX + 1])[0].field, "comments");
    }
}
