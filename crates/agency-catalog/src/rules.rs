//! Permission rules as a file writes them.

use crate::fields::{Faults, Fields};
use crate::node::{Data, Node};
use agency_domain::transcripts::EDITORS;
use serde_json::{Value, json};

/// The rules of a file, in its order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rules(pub(crate) Vec<(String, Rule)>);

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    For(Action),
    /// By pattern of what the tool is asked to do.
    By(Vec<(String, Action)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Allow,
    Ask,
    Deny,
}

impl Action {
    pub(crate) const ALL: [Self; 3] = [Self::Allow, Self::Ask, Self::Deny];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

impl Rule {
    pub(crate) fn denies_all(&self) -> bool {
        match self {
            Self::For(action) => *action == Action::Deny,
            Self::By(patterns) => patterns.iter().all(|(_, action)| *action == Action::Deny),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::For(action) => json!(action.as_str()),
            Self::By(patterns) => patterns.iter().map(|(pattern, action)| (pattern.clone(), json!(action.as_str()))).collect(),
        }
    }
}

impl Rules {
    /// Whether files can be changed: the last rule that is about editing decides, and without one OpenCode allows it.
    pub(crate) fn allows_edit(&self) -> bool {
        let deciding = self.0.iter().rev().find(|(tool, _)| matches(tool, "edit"));
        deciding.is_none_or(|(_, rule)| !rule.denies_all())
    }

    /// The rules that are about a tool, by its name or by a pattern, in the order of the file.
    pub(crate) fn about<'a>(&'a self, tool: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.0.iter().filter(move |(pattern, _)| matches(pattern, tool)).map(|(_, rule)| rule)
    }

    pub(crate) fn get(&self, tool: &str) -> Option<&Rule> {
        self.0.iter().rev().find(|(name, _)| name == tool).map(|(_, rule)| rule)
    }
}

/// Reads `permission`, and `tools`, which is OpenCode's older way to say the same.
pub(crate) fn read(fields: Fields<'_>, faults: &mut Faults) -> Rules {
    let mut rules = Rules::default();
    if let Some(node) = fields.get("tools") {
        rules.0.extend(read_tools(node, faults));
    }
    if let Some(node) = fields.get("permission") {
        rules.0.extend(read_permission(node, "permission", faults).0);
    }
    rules
}

/// Reads a permission map, or one word for everything, that stands at `field`.
pub(crate) fn read_permission(node: &Node, field: &str, faults: &mut Faults) -> Rules {
    let Data::Map(pairs) = &node.data else {
        return Rules(read_action(node, field, faults).map(|action| ("*".to_owned(), Rule::For(action))).into_iter().collect());
    };
    let rules = pairs.iter().filter_map(|pair| {
        let rule = read_rule(&pair.value, &format!("{field}.{}", pair.key), faults)?;
        Some((editor(&pair.key).to_owned(), rule))
    });
    Rules(rules.collect())
}

fn read_tools(node: &Node, faults: &mut Faults) -> Vec<(String, Rule)> {
    let Data::Map(pairs) = &node.data else {
        faults.add("tools", format!("write a map of tools, not {}", node.what()));
        return Vec::new();
    };
    let mut rules = Vec::new();
    for pair in pairs {
        match pair.value.data {
            Data::Bool(enabled) => {
                let action = if enabled { Action::Allow } else { Action::Deny };
                rules.push((editor(&pair.key).to_owned(), Rule::For(action)));
            }
            Data::Null | Data::Number(_) | Data::Text(_) | Data::List(_) | Data::Map(_) => {
                faults.add(format!("tools.{}", pair.key), "write true or false");
            }
        }
    }
    rules
}

fn read_rule(node: &Node, field: &str, faults: &mut Faults) -> Option<Rule> {
    let Data::Map(pairs) = &node.data else {
        return read_action(node, field, faults).map(Rule::For);
    };
    let patterns =
        pairs.iter().filter_map(|pair| Some((pair.key.clone(), read_action(&pair.value, &format!("{field}.{}", pair.key), faults)?)));
    Some(Rule::By(patterns.collect()))
}

fn read_action(node: &Node, field: &str, faults: &mut Faults) -> Option<Action> {
    let action = match &node.data {
        Data::Text(word) => [Action::Allow, Action::Ask, Action::Deny].into_iter().find(|action| action.as_str() == word),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::List(_) | Data::Map(_) => None,
    };
    if action.is_none() {
        faults.add(field, "use allow, ask or deny");
    }
    action
}

fn editor(tool: &str) -> &str {
    if EDITORS.contains(&tool) { "edit" } else { tool }
}

/// Whether a pattern of a rule's tool, with `*` for anything, is about `tool`.
pub(crate) fn matches(pattern: &str, tool: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == tool,
        Some((start, rest)) => tool
            .strip_prefix(start)
            .is_some_and(|tail| (0..=tail.len()).any(|skipped| tail.is_char_boundary(skipped) && matches(rest, &tail[skipped..]))),
    }
}
