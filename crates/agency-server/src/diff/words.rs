//! Which words of a changed line changed.

use similar::{Algorithm, DiffOp, capture_diff_slices, diff_ratio};
use std::ops::Range;

/// Lines that have less than this in common are another line rather than a changed one.
const ALIKE_MIN: f32 = 0.4;
/// Longer lines are not compared: they are seldom read by the word.
const LINE_BYTES_MAX: usize = 1_000;

/// Stretches of a line, in bytes.
type Stretches = Vec<Range<usize>>;

/// The stretches of `old` and of `new`, in bytes, that the other does not have; nothing where the two have little in common.
pub(super) fn changed(old: &str, new: &str) -> Option<(Stretches, Stretches)> {
    if old.len() > LINE_BYTES_MAX || new.len() > LINE_BYTES_MAX {
        return None;
    }
    let (old_words, new_words) = (words(old), words(new));
    let ops = capture_diff_slices(Algorithm::Myers, &texts(old, &old_words), &texts(new, &new_words));
    if diff_ratio(&ops, old_words.len(), new_words.len()) < ALIKE_MIN {
        return None;
    }
    let (mut removed, mut added) = (Stretches::new(), Stretches::new());
    for op in ops {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        removed.extend(span(&old_words, op.old_range()));
        added.extend(span(&new_words, op.new_range()));
    }
    Some((removed, added))
}

/// Runs of letters, digits and underscores, and every other character by itself.
fn words(line: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut in_word = false;
    for (at, c) in line.char_indices() {
        let is_part = c.is_alphanumeric() || c == '_';
        let end = at + c.len_utf8();
        match words.last_mut() {
            Some(last) if in_word && is_part => last.end = end,
            _ => words.push(at..end),
        }
        in_word = is_part;
    }
    words
}

fn texts<'a>(line: &'a str, words: &[Range<usize>]) -> Vec<&'a str> {
    words.iter().map(|word| &line[word.clone()]).collect()
}

fn span(words: &[Range<usize>], range: Range<usize>) -> Option<Range<usize>> {
    let (first, last) = (words.get(range.start)?, words.get(range.end.checked_sub(1)?)?);
    (range.start < range.end).then_some(first.start..last.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The changed stretches of both, as texts.
    fn texts_of(old: &str, new: &str) -> Option<(String, String)> {
        let joined =
            |line: &str, stretches: Stretches| stretches.into_iter().map(|range| line[range].to_owned()).collect::<Vec<_>>().join("|");
        changed(old, new).map(|(removed, added)| (joined(old, removed), joined(new, added)))
    }

    #[test]
    fn changes_are_found_by_the_word() {
        let found = |old, new| texts_of(old, new).map(|(removed, added)| format!("{removed} → {added}"));
        assert_eq!(found("f(count, 1)", "f(amount, 1)").as_deref(), Some("count → amount"));
        assert_eq!(found("größe = 1; // a", "größe = 2; // b").as_deref(), Some("1|a → 2|b"));
        assert_eq!(found("a b", "a x b").as_deref(), Some(" → x "));
        assert_eq!(found("alpha", "omega"), None);
        assert_eq!(found("", "x"), None);
    }
}
