//! Where a key with its value begins and ends in a text, and how it is written there. Places are bytes.

use crate::node::{Data, Node, Pair};
use std::ops::Range;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Plain or in quotes.
    Scalar,
    /// `|` or `>` and lines below it.
    Text,
    /// Between braces or brackets.
    Braces,
    /// A map or a list in lines.
    Lines,
    /// Nothing stands there.
    Empty,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: usize,
    pub(super) value: Range<usize>,
    pub(super) style: Style,
}

/// Finds an entry in a map; `None` where it is written in a way that is not followed: with anchors, tags, comments in between.
pub(super) fn entry(text: &str, pair: &Pair) -> Option<Entry> {
    let key = pair.span.clone()?;
    let colon = key.end + text[key.end..].find(':')?;
    if !text[key.end..colon].trim().is_empty() {
        return None;
    }
    let from = pair.value.span.clone()?;
    let between = text.get(colon + 1..from.start)?;
    if pair.value.data == Data::Null && from.is_empty() {
        return Some(Entry { key: key.start, value: colon + 1..colon + 1, style: Style::Empty });
    }
    if let Some(mark) = between.find(['|', '>']).filter(|_| matches!(pair.value.data, Data::Text(_))) {
        let start = colon + 1 + mark;
        let head_ok = !text[start..line_end(text, start)].contains('#') && between[..mark].trim().is_empty();
        let value = start..end_by_indent(text, key.start, false);
        return head_ok.then_some(Entry { key: key.start, value, style: Style::Text });
    }
    if between.contains(['&', '!', '*']) {
        return None;
    }
    let (value, style) = value_of(text, key.start, &pair.value)?;
    let on_the_line = style == Style::Lines || between.trim().is_empty();
    on_the_line.then_some(Entry { key: key.start, value, style })
}

fn value_of(text: &str, key: usize, node: &Node) -> Option<(Range<usize>, Style)> {
    let from = node.span.clone()?;
    let is_container = matches!(node.data, Data::List(_) | Data::Map(_));
    if is_container && text[from.start..].starts_with(['{', '[']) {
        return Some((from.start..braces_end(text, from.start)?, Style::Braces));
    }
    if is_container {
        let is_list = matches!(node.data, Data::List(_));
        return Some((from.start..end_by_indent(text, key, is_list), Style::Lines));
    }
    Some((from, Style::Scalar))
}

/// Behind the brace or bracket that closes the one at `start`; `None` where a comment stands between them.
pub(super) fn braces_end(text: &str, start: usize) -> Option<usize> {
    let (mut depth, mut quote, mut before) = (0_usize, None, ' ');
    let mut letters = text[start..].char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match (quote, letter) {
            (Some('"'), '\\') => drop(letters.next()),
            (Some('\''), '\'') if letters.peek().is_some_and(|(_, next)| *next == '\'') => drop(letters.next()),
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if before.is_whitespace() || "[{,:".contains(before) => quote = Some(letter),
            (None, '#') if before.is_whitespace() => return None,
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => {
                depth -= 1;
                if depth == 0 {
                    return Some(start + at + letter.len_utf8());
                }
            }
            (None, _) => {}
        }
        before = letter;
    }
    None
}

/// The end of what stands below a key, without the line break: further lines are those that begin further in (of a list, with its dashes). Comments
/// and empty lines behind it are not part of it.
pub(super) fn end_by_indent(text: &str, key: usize, dashes_too: bool) -> usize {
    let column = key - line_start(text, key);
    let mut end = line_end(text, key);
    let mut next = end + 1;
    while next < text.len() {
        let line = &text[next..line_end(text, next)];
        let inside = line.trim_start_matches(' ');
        let indent = line.len() - inside.len();
        let is_aside = inside.trim().is_empty() || inside.starts_with('#');
        let belongs = indent > column || (dashes_too && indent == column && (inside.starts_with("- ") || inside == "-"));
        if !is_aside && !belongs {
            break;
        }
        if !is_aside {
            end = next + line.len();
        }
        next += line.len() + 1;
    }
    end
}

pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// Where the line ends: at its line break, or at the end of the text.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end)
}

/// Whether something in these lines may be a comment.
pub(super) fn has_comment(lines: &str) -> bool {
    lines.lines().any(|line| line.trim_start().starts_with('#') || line.contains(" #") || line.contains("\t#"))
}
