//! Adds, removes and moves steps: whole lines of the list, which must be written in lines.

use super::edit::UNABLE;
use super::entry::{end_by_indent, has_comment, line_end, line_start};
use super::meant::QUESTION;
use super::step_nodes;
use super::write::{Around, written};
use crate::node::{Data, Node};
use agency_domain::templates::{AddedStep, STEPS_MAX};
use serde_json::Value;
use std::ops::Range;

/// The steps of a list in lines.
struct List {
    /// Where the dashes stand, from 0.
    column: usize,
    /// The lines of each step with their last line break, and with the comments right above it that begin where its dash does.
    steps: Vec<Range<usize>>,
    /// Where the lines of each step begin without those comments.
    dashes: Vec<usize>,
}

pub(super) fn add(text: &str, root: &Node, after: Option<usize>, step: &AddedStep) -> Result<String, String> {
    let count = step_nodes(root).len();
    if count >= STEPS_MAX {
        return Err(format!("a template has at most {STEPS_MAX} steps"));
    }
    if after.is_some_and(|after| after >= count) {
        return Err(format!("there is no step {} to put it behind", after.unwrap_or_default() + 1));
    }
    if count == 0 {
        return first(text, root, step).ok_or_else(|| UNABLE.to_owned());
    }
    let list = list(text, root).ok_or(UNABLE)?;
    let line = format!("{}- {}\n", " ".repeat(list.column), line_of(step));
    let text = ended(text);
    let at = after.map_or(list.steps[0].start, |after| list.steps[after].end);
    Ok(format!("{}{line}{}", &text[..at], &text[at..]))
}

pub(super) fn remove(text: &str, root: &Node, index: usize) -> Result<String, String> {
    let count = step_nodes(root).len();
    if index >= count {
        return Err(no_step(index));
    }
    if count == 1 {
        return Err("a template has at least one step: add another first".to_owned());
    }
    let list = list(text, root).ok_or(UNABLE)?;
    let text = ended(text);
    let lines = list.dashes[index]..list.steps[index].end;
    if has_comment(&text[lines.clone()]) {
        return Err("this step has comments, which would be lost with it: edit the source".to_owned());
    }
    Ok(format!("{}{}", &text[..lines.start], &text[lines.end..]))
}

/// The comments right above a step go with it.
pub(super) fn moved(text: &str, root: &Node, from: usize, to: usize) -> Result<String, String> {
    let count = step_nodes(root).len();
    if let Some(missing) = [from, to].into_iter().find(|index| *index >= count) {
        return Err(no_step(missing));
    }
    let list = list(text, root).ok_or(UNABLE)?;
    let text = ended(text);
    let mut order: Vec<usize> = (0..count).collect();
    let moving = order.remove(from);
    order.insert(to, moving);
    let mut moved = text[..list.steps[0].start].to_owned();
    for (place, step) in order.into_iter().enumerate() {
        moved.push_str(&text[list.steps[step].clone()]);
        let next = list.steps.get(place + 1).map_or(text.len(), |next| next.start);
        moved.push_str(&text[list.steps[place].end..next]);
    }
    Ok(moved)
}

fn no_step(index: usize) -> String {
    format!("there is no step {}", index + 1)
}

fn line_of(step: &AddedStep) -> String {
    let around = Around::Lines { column: 0, has_room: false };
    match step {
        AddedStep::Agent(name) => format!("agent: {}", written(&Value::from(name.as_str()), name, around)),
        AddedStep::Check => "check: auto".to_owned(),
        AddedStep::Approval => format!("approval: {QUESTION}"),
    }
}

/// The first step of a template that has none.
fn first(text: &str, root: &Node, step: &AddedStep) -> Option<String> {
    let line = format!("  - {}\n", line_of(step));
    let Data::Map(pairs) = &root.data else { return None };
    let Some(pair) = pairs.iter().find(|pair| pair.key == "steps") else {
        return Some(format!("{}steps:\n{line}", ended(text)));
    };
    // Nothing, or an empty list in brackets, which ends its line.
    let colon = pair.span.clone()?.end + 1;
    let end = line_end(text, colon);
    let is_nothing = ["", "[]"].contains(&text.get(colon..end)?.trim());
    is_nothing.then(|| format!("{}\n{line}{}", &text[..colon], text[end..].trim_start_matches('\n')))
}

/// The text with a line break at its end.
fn ended(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// The steps by their lines; `None` where a dash does not stand before its step on the same line, in one column with the others.
fn list(text: &str, root: &Node) -> Option<List> {
    let nodes = step_nodes(root);
    let mut dashes = Vec::with_capacity(nodes.len());
    for node in nodes {
        let at = node.span.clone()?.start;
        let start = line_start(text, at);
        let before = &text[start..at];
        let dash = before.len() - before.trim_start_matches(' ').len();
        let is_plain = before[dash..].strip_prefix('-').is_some_and(|rest| !rest.is_empty() && rest.trim_matches(' ').is_empty());
        dashes.push(is_plain.then_some((start, dash))?);
    }
    let column = dashes.first()?.1;
    let is_list = dashes.iter().all(|(_, dash)| *dash == column) && dashes.windows(2).all(|pair| pair[0].0 < pair[1].0);
    let steps = dashes.iter().map(|(start, dash)| {
        let end = end_by_indent(text, start + dash, false);
        comments_above(text, *start, column)..end + 1
    });
    is_list.then(|| List { column, steps: steps.collect(), dashes: dashes.iter().map(|(start, _)| *start).collect() })
}

/// The beginning of the comments that stand right above a line and begin in this column.
fn comments_above(text: &str, mut start: usize, column: usize) -> usize {
    while start > 0 {
        let above = line_start(text, start - 1);
        let line = &text[above..start - 1];
        if line.len() - line.trim_start_matches(' ').len() != column || !line.trim_start().starts_with('#') {
            break;
        }
        start = above;
    }
    start
}
