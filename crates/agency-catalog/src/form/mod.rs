//! A template's file as a form: what its fields are, and changes to its text that keep everything else to the letter, comments too.
//!
//! Fields, limits and words come from the schema. A change is made in the text, at the places that the parser names, and then checked: the text
//! must say exactly what was meant, or nothing is changed.

mod edit;
mod entry;
mod meant;
mod set;
mod steps;
#[cfg(test)]
mod tests;
mod words;
mod write;

pub(crate) use edit::changed;

use crate::budget;
use crate::node::{Data, Node, Segment, segments};
use crate::steps::{Kind, LOOP_KEYS, RETRY_KEYS};
use agency_domain::templates::{FieldKind, FormField};
use words::WORDS;

/// Tools that a step is mostly given or denied.
const PERMITTED: [&str; 4] = ["edit", "bash", "webfetch", "question"];

/// Every field that the template has or could have, in the order of the chain; none of a text that is no map. `root` is the text taken apart,
/// `agents` are those that there are.
pub(crate) fn fields(text: &str, root: &Node, agents: &[&str]) -> Vec<FormField> {
    if !matches!(root.data, Data::Map(_)) {
        return Vec::new();
    }
    let mut form = Form { text, root, agents, fields: Vec::new() };
    form.add("description", &["description"], "Template");
    for key in budget::KEYS {
        form.add(&format!("budget.{key}"), &["budget", key], "Template");
    }
    for index in 0..step_nodes(root).len() {
        form.add_step(index);
    }
    form.fields
}

/// Whether a key can be named in a path.
fn can_be_a_path(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'))
}

/// The steps of a template, whatever they are.
fn step_nodes(root: &Node) -> &[Node] {
    match root.child("steps").map(|steps| &steps.data) {
        Some(Data::List(items)) => items,
        Some(Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Map(_)) | None => &[],
    }
}

/// What a step is, where it says that.
fn kind_of(step: &Node) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| step.child(kind.key()).is_some())
}

struct Form<'a> {
    text: &'a str,
    root: &'a Node,
    agents: &'a [&'a str],
    fields: Vec<FormField>,
}

impl Form<'_> {
    fn add_step(&mut self, index: usize) {
        let step = &step_nodes(self.root)[index];
        let Some(kind) = kind_of(step) else { return };
        let name = match (kind, step.child(kind.key()).map(|node| &node.data)) {
            (Kind::Agent, Some(Data::Text(name))) => name.as_str(),
            (kind, _) => kind.key(),
        };
        let group = format!("Step {}: {name}", index + 1);
        for key in kind.keys() {
            match *key {
                "permissions" => self.add_permissions(index, step.child(key).map(|node| &node.data), &group),
                "budget" => budget::KEYS.iter().for_each(|inner| self.add_inner(index, kind, key, inner, &group)),
                "on_changes_requested" | "on_failure" => {
                    LOOP_KEYS.iter().for_each(|inner| self.add_inner(index, kind, key, inner, &group));
                }
                "retry" if matches!(step.child("retry").map(|node| &node.data), Some(Data::Map(_))) => {
                    RETRY_KEYS.iter().for_each(|inner| self.add_inner(index, kind, key, inner, &group));
                }
                plain => self.add(&format!("steps[{index}].{plain}"), &[kind.key(), plain], &group),
            }
        }
    }

    fn add_inner(&mut self, index: usize, kind: Kind, key: &str, inner: &str, group: &str) {
        self.add(&format!("steps[{index}].{key}.{inner}"), &[kind.key(), key, inner], group);
    }

    /// One choice for each tool: those that steps are mostly given or denied, and those that are written. One word for all tools, and rules by
    /// pattern, are for the source.
    fn add_permissions(&mut self, index: usize, written: Option<&Data>, group: &str) {
        let pairs = match written {
            Some(Data::Map(pairs)) => pairs.as_slice(),
            Some(Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_)) => return,
            Some(Data::Null) | None => &[],
        };
        let is_word = |data: &Data| matches!(data, Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_));
        let is_listed = |key: &str| pairs.iter().any(|pair| pair.key == key);
        let offered = PERMITTED.into_iter().filter(|tool| !is_listed(tool));
        let own = pairs.iter().filter(|pair| is_word(&pair.value.data) && can_be_a_path(&pair.key)).map(|pair| pair.key.as_str());
        for tool in own.chain(offered) {
            self.add(&format!("steps[{index}].permissions.{tool}"), &[Kind::Agent.key(), "permissions", tool], group);
        }
    }

    /// `place` is where the schema speaks of it: keys of the template, or the kind of a step and keys of it.
    fn add(&mut self, path: &str, place: &[&str], group: &str) {
        let word = WORDS.of(place, group != "Template");
        let found = self.root.at(path).filter(|node| node.data != Data::Null);
        let value = found.map(|node| self.shown(node)).unwrap_or_default();
        let options = match word.kind {
            FieldKind::Choice if place.contains(&"permissions") => word.examples,
            FieldKind::Choice if path.ends_with(".back_to") => self.agents_before(path),
            FieldKind::Choice => self.agents.iter().map(ToString::to_string).collect(),
            FieldKind::Text | FieldKind::LongText | FieldKind::Number | FieldKind::Span | FieldKind::List => word.examples,
        };
        let line = found.and_then(|_| self.root.place_of(path)).map(|place| place.line);
        self.fields.push(FormField {
            path: path.to_owned(),
            label: word.label,
            group: group.to_owned(),
            kind: word.kind,
            value,
            options,
            hint: word.hint,
            line,
        });
    }

    /// Agents of earlier steps, the nearest first.
    fn agents_before(&self, path: &str) -> Vec<String> {
        let index = segments(path).find_map(|segment| if let Segment::Index(index) = segment { Some(index) } else { None }).unwrap_or(0);
        let mut names: Vec<String> = Vec::new();
        for step in step_nodes(self.root).iter().take(index).rev() {
            if let Some(Data::Text(name)) = step.child("agent").map(|node| &node.data)
                && !names.contains(name)
            {
                names.push(name.clone());
            }
        }
        names
    }

    /// A value as a person types it: a number as it is written.
    fn shown(&self, node: &Node) -> String {
        match &node.data {
            Data::Null | Data::Map(_) => String::new(),
            Data::Bool(flag) => flag.to_string(),
            Data::Number(number) => {
                let written = node.span.clone().and_then(|span| self.text.get(span));
                written.map_or_else(|| number.to_string(), str::to_owned)
            }
            Data::Text(text) => text.clone(),
            Data::List(items) => items.iter().map(|item| self.shown(item)).collect::<Vec<_>>().join("\n"),
        }
    }
}
