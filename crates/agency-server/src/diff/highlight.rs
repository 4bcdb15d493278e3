//! What the words of a line are in its language. The grammars are those of syntect and two-face.

use super::Stretch;
use agency_contract::{DiffHunk, DiffLineKind};
use std::path::Path;
use std::sync::LazyLock;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

/// Longer lines are left without colours: they are data rather than text, and take a parser long.
const LINE_BYTES_MAX: usize = 1_000;
/// So are longer files: nobody waits a second for colours.
const LINES_MAX: u32 = 5_000;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// The kinds that have a colour, from the innermost scope out; the class of each is one letter, for there are many.
static KINDS: LazyLock<Vec<(Scope, &'static str)>> = LazyLock::new(|| {
    [
        ("comment", "c"),
        ("string", "s"),
        ("constant", "n"),
        ("entity.name.function", "f"),
        ("support.function", "f"),
        ("variable.function", "f"),
        ("entity.name.tag", "k"),
        ("entity.name", "t"),
        ("entity.other", "t"),
        ("support", "t"),
        ("storage.type", "k"),
        ("storage", "k"),
        ("keyword.operator", ""),
        ("keyword", "k"),
        ("markup.heading", "k"),
    ]
    .into_iter()
    .filter_map(|(name, class)| Some((Scope::new(name).ok()?, class)))
    .collect()
});

/// For each line of the hunk the stretches that have a class.
pub(super) fn hunk(syntax: Option<&SyntaxReference>, hunk: &DiffHunk) -> Vec<Vec<Stretch<&'static str>>> {
    let Some(syntax) = syntax else { return vec![Vec::new(); hunk.lines.len()] };
    let begun = || (ParseState::new(syntax), ScopeStack::new());
    // Two texts run through each other: a removed line must not open a comment for those that stay.
    let (mut old, mut new) = (begun(), begun());
    let mut lines = Vec::with_capacity(hunk.lines.len());
    for line in &hunk.lines {
        match line.kind {
            DiffLineKind::Removed => lines.push(stretches(&mut old, &line.text)),
            DiffLineKind::Added => lines.push(stretches(&mut new, &line.text)),
            DiffLineKind::Context => {
                lines.push(stretches(&mut new, &line.text));
                old = new.clone();
            }
        }
    }
    lines
}

/// The grammar for a file, by its name.
pub(super) fn syntax(path: &str, lines: u32) -> Option<&'static SyntaxReference> {
    let path = Path::new(path);
    let by = |part: Option<&std::ffi::OsStr>| SYNTAXES.find_syntax_by_extension(part?.to_str()?);
    (lines <= LINES_MAX).then(|| by(path.file_name()).or_else(|| by(path.extension())))?
}

fn stretches((state, stack): &mut (ParseState, ScopeStack), text: &str) -> Vec<Stretch<&'static str>> {
    if text.len() > LINE_BYTES_MAX {
        return Vec::new();
    }
    // The grammars want the end of the line.
    let Ok(ops) = state.parse_line(&format!("{text}\n"), &SYNTAXES) else { return Vec::new() };
    let mut found: Vec<Stretch<&'static str>> = Vec::new();
    let mut from = 0;
    for (at, op) in ops {
        push(&mut found, from..at.min(text.len()), stack);
        from = at.min(text.len());
        if stack.apply(&op).is_err() {
            return found;
        }
    }
    push(&mut found, from..text.len(), stack);
    found
}

fn push(found: &mut Vec<Stretch<&'static str>>, range: std::ops::Range<usize>, stack: &ScopeStack) {
    let Some(class) = class(stack).filter(|_| !range.is_empty()) else { return };
    match found.last_mut() {
        Some((last, before)) if *before == class && last.end == range.start => last.end = range.end,
        _ => found.push((range, class)),
    }
}

fn class(stack: &ScopeStack) -> Option<&'static str> {
    let named = |scope: &Scope| KINDS.iter().find(|(kind, _)| kind.is_prefix_of(*scope)).map(|(_, class)| *class);
    stack.as_slice().iter().rev().find_map(named).filter(|class| !class.is_empty())
}
