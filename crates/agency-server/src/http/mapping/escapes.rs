//! What commands print, without the sequences that would colour a terminal: on a page they are noise. The store keeps them.

use anstream::adapter::strip_str;
use std::borrow::Cow;

/// What every sequence begins with.
const ESCAPE: char = '\u{1b}';

/// The text as it is to be read. Line by line, so that a sequence without an end hides no more than the rest of its line.
pub(super) fn without_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains(ESCAPE) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.split_inclusive('\n').map(|line| if line.contains(ESCAPE) { strip_str(line).to_string() } else { line.to_owned() }).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_links_titles_and_cursors_are_taken_out() {
        for (printed, text) in [
            ("\u{1b}[1m\u{1b}[32m✓ ünit\u{1b}[0m 48 passed\r\n", "✓ ünit 48 passed\r\n"),
            ("\u{1b}[38;2;255;0;0mred\u{1b}[m\tand \u{1b}[4:3mcurly\u{1b}[K", "red\tand curly"),
            ("\u{1b}]8;;https://example.org\u{1b}\\a link\u{1b}]8;;\u{1b}\\", "a link"),
            ("\u{1b}]0;a title\u{7}text", "text"),
            ("\u{1b}[2J\u{1b}[H\u{1b}[?25lscreen\u{1b}(B", "screen"),
            ("cut off\u{1b}[3", "cut off"),
        ] {
            assert_eq!(without_escapes(printed), text, "{printed:?}");
        }
    }

    #[test]
    fn a_sequence_without_an_end_hides_no_other_line() {
        assert_eq!(without_escapes("one\n\u{1b}]0;hidden\ntwo \u{1b}[31mred\n"), "one\ntwo red\n");
    }

    #[test]
    fn a_text_without_sequences_is_left_alone() {
        let text = "[31m is no sequence, and \u{0} no text\n";
        assert!(matches!(without_escapes(text), Cow::Borrowed(same) if same == text));
    }
}
