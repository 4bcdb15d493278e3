//! Sets a field, or takes it out.

use super::edit::{Splice, find};
use super::entry::{Entry, Style, braces_end, end_by_indent, entry, has_comment, line_end, line_start};
use super::write::{Around, written};
use crate::node::{Data, Node, Pair};
use serde_json::Value;

/// Puts a value behind the key at `path`, which is written where it is not there; `typed` is how a person wrote it.
pub(super) fn set(text: &str, root: &Node, path: &str, value: &Value, typed: &str) -> Option<Splice> {
    let (parent, key) = split(path);
    let Some(map) = root.at(parent).filter(|node| node.data != Data::Null) else {
        let (above, name) = split(parent);
        let inner = format!("{{ {key}: {} }}", written(value, typed, Around::Braces));
        return inserted(text, root.at(above)?, name, |_| inner);
    };
    match find(text, map, key) {
        Some((entry, pair)) => replaced(text, map, &entry, pair, |around| written(value, typed, around)),
        None if map.child(key).is_some() => None,
        None => inserted(text, map, key, |around| written(value, typed, around)),
    }
}

/// Takes the key at `path` out, and the map around it where it is the last one there.
pub(super) fn unset(text: &str, root: &Node, path: &str) -> Option<Splice> {
    let (parent, key) = split(path);
    let map = root.at(parent)?;
    let Data::Map(pairs) = &map.data else { return None };
    if pairs.len() == 1 && !parent.is_empty() && !parent.ends_with(']') {
        return unset(text, root, parent);
    }
    if in_braces(text, map)? { removed_from_braces(text, pairs, key) } else { removed_from_lines(text, map, key) }
}

/// The path of what is around it (empty: the whole), and the key.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}

fn in_braces(text: &str, map: &Node) -> Option<bool> {
    Some(text[map.span.clone()?.start..].starts_with('{'))
}

/// The column of a map's keys, from 0.
fn column(text: &str, map: &Node) -> Option<usize> {
    let Data::Map(pairs) = &map.data else { return None };
    let first = pairs.first()?.span.clone()?.start;
    Some(text[line_start(text, first)..first].chars().count())
}

fn replaced(text: &str, map: &Node, entry: &Entry, pair: &Pair, write: impl Fn(Around) -> String) -> Option<Splice> {
    let range = entry.value.clone();
    let around = if in_braces(text, map)? {
        Around::Braces
    } else {
        let has_room = text[range.end..line_end(text, range.end)].trim().is_empty();
        Around::Lines { column: column(text, map)?, has_room }
    };
    match entry.style {
        Style::Empty => Some((range, format!(" {}", write(around)))),
        Style::Scalar | Style::Text | Style::Braces => Some((range, write(around))),
        Style::Lines => {
            let colon = pair.span.clone()?.end;
            let old = &text[colon..range.end];
            (matches!(pair.value.data, Data::List(_)) && !has_comment(old)).then(|| (colon..range.end, format!(": {}", write(around))))
        }
    }
}

/// A new key with its value, behind the last one; in the template itself before its steps.
fn inserted(text: &str, map: &Node, key: &str, write: impl FnOnce(Around) -> String) -> Option<Splice> {
    let Data::Map(pairs) = &map.data else { return None };
    if in_braces(text, map)? {
        let start = map.span.clone()?.start;
        let new = format!("{key}: {}", write(Around::Braces));
        return Some(match pairs.last() {
            Some(last) => {
                let end = entry(text, last)?.value.end;
                (end..end, format!(", {new}"))
            }
            None => (start..braces_end(text, start)?, format!("{{ {new} }}")),
        });
    }
    let before = pairs.iter().rposition(|pair| pair.key == "steps").filter(|at| *at > 0);
    let last = before.map_or_else(|| pairs.last(), |at| pairs.get(at - 1))?;
    let end = end_of(text, last)?;
    let column = column(text, map)?;
    Some((end..end, format!("\n{}{key}: {}", " ".repeat(column), write(Around::Lines { column, has_room: true }))))
}

/// The end of the last line of an entry, without the line break.
fn end_of(text: &str, pair: &Pair) -> Option<usize> {
    let key = pair.span.clone()?.start;
    let by_indent = end_by_indent(text, key, matches!(pair.value.data, Data::List(_)));
    let by_value = entry(text, pair)?.value.end;
    Some(line_end(text, by_value.min(text.len())).max(by_indent))
}

fn removed_from_lines(text: &str, map: &Node, key: &str) -> Option<Splice> {
    let (entry, pair) = find(text, map, key)?;
    let start = line_start(text, entry.key);
    let end = end_of(text, pair)?;
    let is_alone = text[start..entry.key].trim().is_empty();
    let rest = &text[entry.value.end..line_end(text, entry.value.end)];
    let keeps_comments = match entry.style {
        Style::Scalar | Style::Braces | Style::Empty | Style::Text => rest.trim().is_empty(),
        Style::Lines => !has_comment(&text[start..end]),
    };
    let behind = if text[end..].starts_with('\n') { end + 1 } else { end };
    (is_alone && keeps_comments).then(|| (start..behind, String::new()))
}

fn removed_from_braces(text: &str, pairs: &[Pair], key: &str) -> Option<Splice> {
    let at = pairs.iter().position(|pair| pair.key == key)?;
    let range = match (pairs.get(at + 1), at.checked_sub(1).and_then(|before| pairs.get(before))) {
        (Some(next), _) => entry(text, &pairs[at])?.key..next.span.clone()?.start,
        (None, Some(before)) => entry(text, before)?.value.end..entry(text, &pairs[at])?.value.end,
        (None, None) => return None,
    };
    (!has_comment(&text[range.clone()])).then(|| (range, String::new()))
}
