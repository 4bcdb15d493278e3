//! The rows of a table: unified, one line after the other, or split, before and after side by side.

use super::{Stretch, highlight, words};
use agency_contract::{DiffFile, DiffHunk, DiffLine, DiffLineKind, DiffView};
use std::fmt::Write as _;
use std::ops::Range;

/// One line with what is special in it.
struct Shown<'a> {
    line: &'a DiffLine,
    classes: Vec<Stretch<&'static str>>,
    changed: Vec<Range<usize>>,
}

/// Asks which tool call wrote the hunk; the page shows it where it can ask.
const WHY: &str = "<button type=\"button\" class=\"blame\" tabindex=\"-1\" aria-label=\"Why? Shows what wrote these lines\">Why?</button>";

pub(super) fn rows(file: &DiffFile, view: DiffView) -> String {
    let syntax = highlight::syntax(&file.path, file.lines);
    let mut html = String::with_capacity(file.lines as usize * 160);
    for hunk in &file.hunks {
        html.push_str("<tr class=\"hunk\" data-stop tabindex=\"-1\"><td colspan=\"4\">");
        escaped(&mut html, &hunk.header);
        html.push_str(WHY);
        html.push_str("</td></tr>");
        let lines = shown(hunk, highlight::hunk(syntax, hunk));
        match view {
            DiffView::Unified => lines.iter().for_each(|line| unified(&mut html, line, true)),
            DiffView::Split => split(&mut html, &lines),
        }
    }
    html
}

/// The rows of a tool's diff. Of several files, each has its name before it.
pub(super) fn tool_rows(files: &[DiffFile]) -> String {
    let lines: u32 = files.iter().map(|file| file.lines).sum();
    let mut html = String::with_capacity(lines as usize * 160);
    for file in files {
        if files.len() > 1 {
            heading(&mut html, &file.path);
        }
        let syntax = highlight::syntax(&file.path, lines);
        for hunk in &file.hunks {
            heading(&mut html, &hunk.header);
            shown(hunk, highlight::hunk(syntax, hunk)).iter().for_each(|line| unified(&mut html, line, false));
        }
    }
    html
}

/// A row that is no line; none where there is nothing to say.
fn heading(html: &mut String, text: &str) {
    if !text.is_empty() {
        html.push_str("<tr class=\"hunk\"><td colspan=\"4\">");
        escaped(html, text);
        html.push_str("</td></tr>");
    }
}

fn shown<'a>(hunk: &'a DiffHunk, classes: Vec<Vec<Stretch<&'static str>>>) -> Vec<Shown<'a>> {
    let mut lines: Vec<Shown<'_>> =
        hunk.lines.iter().zip(classes).map(|(line, classes)| Shown { line, classes, changed: Vec::new() }).collect();
    for (removed, added) in replaced(&hunk.lines) {
        for (old, new) in removed.zip(added) {
            if let Some((in_old, in_new)) = words::changed(&hunk.lines[old].text, &hunk.lines[new].text) {
                lines[old].changed = in_old;
                lines[new].changed = in_new;
            }
        }
    }
    lines
}

/// Where removed lines are followed by those that took their place.
fn replaced(lines: &[DiffLine]) -> Vec<(Range<usize>, Range<usize>)> {
    let run = |from: usize, kind| from + lines[from..].iter().take_while(|line| line.kind == kind).count();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let removed = at..run(at, DiffLineKind::Removed);
        let added = removed.end..run(removed.end, DiffLineKind::Added);
        at = added.end.max(at + 1);
        if !removed.is_empty() && !added.is_empty() {
            found.push((removed, added));
        }
    }
    found
}

fn unified(html: &mut String, shown: &Shown<'_>, is_stop: bool) {
    let (class, mark) = kind(shown.line.kind);
    put(html, format_args!("<tr class=\"{class}\""));
    if is_stop {
        row_start(html, shown.line.old_line, shown.line.new_line);
    } else {
        html.push('>');
    }
    number(html, shown.line.old_line);
    number(html, shown.line.new_line);
    put(html, format_args!("{mark}<td class=\"line-text\">"));
    text(html, shown);
    html.push_str("</td></tr>");
}

fn split(html: &mut String, lines: &[Shown<'_>]) {
    let mut at = 0;
    while at < lines.len() {
        if lines[at].line.kind == DiffLineKind::Context {
            beside(html, Some(&lines[at]), Some(&lines[at]));
            at += 1;
            continue;
        }
        let end_of = |from: usize, kind| from + lines[from..].iter().take_while(|shown| shown.line.kind == kind).count();
        let removed = &lines[at..end_of(at, DiffLineKind::Removed)];
        let added = &lines[at + removed.len()..end_of(at + removed.len(), DiffLineKind::Added)];
        for row in 0..removed.len().max(added.len()) {
            beside(html, removed.get(row), added.get(row));
        }
        at += removed.len() + added.len();
    }
}

fn beside(html: &mut String, old: Option<&Shown<'_>>, new: Option<&Shown<'_>>) {
    let (old_line, new_line) = (old.and_then(|shown| shown.line.old_line), new.and_then(|shown| shown.line.new_line));
    html.push_str("<tr");
    row_start(html, old_line, new_line);
    for (side, line) in [(old, old_line), (new, new_line)] {
        number(html, line);
        let class = match side.map(|shown| shown.line.kind) {
            Some(DiffLineKind::Added) => " added",
            Some(DiffLineKind::Removed) => " removed",
            Some(DiffLineKind::Context) => "",
            None => " nothing",
        };
        put(html, format_args!("<td class=\"line-text{class}\">"));
        if let Some(shown) = side {
            text(html, shown);
        }
        html.push_str("</td>");
    }
    html.push_str("</tr>");
}

fn row_start(html: &mut String, old: Option<u32>, new: Option<u32>) {
    html.push_str(" data-row");
    for (side, line) in [("old", old), ("new", new)] {
        if let Some(line) = line {
            put(html, format_args!(" data-{side}=\"{line}\""));
        }
    }
    html.push_str(" tabindex=\"-1\">");
}

fn number(html: &mut String, line: Option<u32>) {
    match line {
        Some(line) => put(html, format_args!("<td class=\"line-number\">{line}</td>")),
        None => html.push_str("<td class=\"line-number\"></td>"),
    }
}

/// The class of a row, and the cell that carries its meaning; colour only helps.
fn kind(kind: DiffLineKind) -> (&'static str, &'static str) {
    match kind {
        DiffLineKind::Added => ("added", "<td class=\"line-mark\" aria-label=\"added line\">+</td>"),
        DiffLineKind::Removed => ("removed", "<td class=\"line-mark\" aria-label=\"removed line\">−</td>"),
        DiffLineKind::Context => ("context", "<td class=\"line-mark\"></td>"),
    }
}

/// The line, cut wherever something begins or ends.
fn text(html: &mut String, shown: &Shown<'_>) {
    let line = &shown.line.text;
    let mark = if shown.line.kind == DiffLineKind::Removed { "del" } else { "ins" };
    let mut cuts: Vec<usize> =
        shown.classes.iter().map(|(range, _)| range).chain(&shown.changed).flat_map(|range| [range.start, range.end]).collect();
    cuts.extend([0, line.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    for pair in cuts.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let class = shown.classes.iter().find(|(range, _)| range.contains(&from)).map(|(_, class)| *class);
        let is_changed = shown.changed.iter().any(|range| range.contains(&from));
        if is_changed {
            put(html, format_args!("<{mark}>"));
        }
        if let Some(class) = class {
            put(html, format_args!("<i class=\"{class}\">"));
        }
        escaped(html, &line[from..to]);
        html.push_str(if class.is_some() { "</i>" } else { "" });
        if is_changed {
            put(html, format_args!("</{mark}>"));
        }
    }
}

/// Text as text, in an element or in a quoted attribute.
pub(crate) fn escaped(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
}

fn put(html: &mut String, what: std::fmt::Arguments<'_>) {
    html.write_fmt(what).expect("a string takes everything");
}
