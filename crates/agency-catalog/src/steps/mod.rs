//! The steps of a chain, from a template's file or from the API: the same shape, the same words for each fault.

mod agent;
mod check;

pub(crate) use agent::{MODELS_MAX, RETRY_KEYS};
pub(crate) use check::{AUTO, COMMANDS_MAX, TIMEOUT_HOURS_MAX};

use crate::duration;
use crate::fields::{Faults, Fields};
use crate::node::{Data, Node};
use agency_domain::AgentName;
use agency_domain::agents::Access;
use agency_domain::templates::{PlanFault, ROUNDS_MAX, ReviewLoop, StepKind, StepPlan, check_chain};

/// Rounds of a loop that does not say how many.
pub(crate) const ROUNDS_DEFAULT: u32 = 3;
/// The keys of a way back.
pub(crate) const LOOP_KEYS: [&str; 2] = ["back_to", "max_rounds"];

/// What an agent may do, where it is known.
pub(crate) type AccessOf<'a> = &'a dyn Fn(&AgentName) -> Option<Access>;

/// The kinds of steps, each named by the key that makes it one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Agent,
    Check,
    Approval,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Agent, Self::Check, Self::Approval];

    pub(crate) fn key(self) -> &'static str {
        self.keys()[0]
    }

    /// What such a step may say; the first makes it what it is.
    pub(crate) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Agent => &["agent", "description", "model", "on_changes_requested", "budget", "retry", "stall_after", "permissions"],
            Self::Check => &["check", "description", "timeout", "on_failure"],
            Self::Approval => &["approval", "description", "remind_after"],
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Agent => "an agent's step",
            Self::Check => "a check",
            Self::Approval => "an approval",
        }
    }

    /// What people may have meant by a key of another kind.
    fn instead_of(self, key: &str) -> Option<&'static str> {
        match (self, key) {
            (Self::Agent, "timeout") => Some("stall_after"),
            (Self::Agent, "on_failure") => Some("on_changes_requested"),
            (Self::Check, "on_changes_requested" | "retry") => Some("on_failure"),
            (Self::Check, "stall_after") => Some("timeout"),
            (Self::Approval, "timeout" | "stall_after") => Some("remind_after"),
            (Self::Agent | Self::Check | Self::Approval, _) => None,
        }
    }
}

/// A whole chain: each step by itself, then what no step can know by itself.
pub(crate) fn parse_list(list: &Node, access_of: AccessOf<'_>) -> Result<Vec<StepPlan>, Vec<PlanFault>> {
    let mut faults = Faults::default();
    let Data::List(items) = &list.data else {
        faults.add("steps", format!("write a list of steps, not {}", list.what()));
        return faults.into_result(Vec::new());
    };
    let steps: Vec<Option<StepPlan>> =
        items.iter().enumerate().map(|(index, item)| parse_step(item, &format!("steps[{index}]"), access_of, &mut faults)).collect();
    // A chain with holes would be blamed for what the holes had held.
    if let Some(steps) = steps.into_iter().collect::<Option<Vec<_>>>() {
        if let Err(chain) = check_chain(&steps) {
            faults.extend(chain);
        }
        return faults.into_result(steps);
    }
    faults.into_result(Vec::new())
}

fn parse_step(item: &Node, path: &str, access_of: AccessOf<'_>, faults: &mut Faults) -> Option<StepPlan> {
    let every_key = every_key();
    let fields = Fields::of(item, path, &every_key, faults)?;
    let kind = kind_of(fields, path, faults)?;
    for key in every_key.iter().filter(|key| fields.has(key) && !kind.keys().contains(key)) {
        let what_to_do = kind.instead_of(key).map_or_else(|| "remove it".to_owned(), |other| format!("use {other}, or remove it"));
        faults.add(fields.at(key), format!("{} has no {key}: {what_to_do}", kind.in_words()));
    }
    let description = fields.text("description", faults);
    let plan = match kind {
        Kind::Agent => agent::read(fields, access_of, faults),
        Kind::Check => check::read(fields, faults),
        Kind::Approval => approval(fields, faults),
    }?;
    Some(StepPlan { description, ..plan })
}

/// Every key that some step has, each once.
fn every_key() -> Vec<&'static str> {
    let mut keys: Vec<&str> = Kind::ALL.map(Kind::key).to_vec();
    for key in Kind::ALL.iter().flat_map(|kind| kind.keys()) {
        if !keys.contains(key) {
            keys.push(key);
        }
    }
    keys
}

fn kind_of(fields: Fields<'_>, path: &str, faults: &mut Faults) -> Option<Kind> {
    match Kind::ALL.into_iter().filter(|kind| fields.has(kind.key())).collect::<Vec<_>>().as_slice() {
        [] => {
            faults.add(path, "say what the step is: agent, check or approval");
            None
        }
        [kind] => Some(*kind),
        [_, second, ..] => {
            faults.add(fields.at(second.key()), "a step is one of agent, check and approval: write two steps");
            None
        }
    }
}

fn approval(fields: Fields<'_>, faults: &mut Faults) -> Option<StepPlan> {
    let remind_after = fields.parsed("remind_after", faults, duration::parse);
    let question = required(fields, "approval", "write the question that the person decides", faults)?;
    Some(StepPlan::of(StepKind::Approval { question, remind_after }))
}

/// Where a step sends work back to, and how often.
fn way_back(fields: Fields<'_>, key: &str, faults: &mut Faults) -> Option<ReviewLoop> {
    let path = fields.at(key);
    let fields = Fields::of(fields.get(key)?, &path, &LOOP_KEYS, faults)?;
    let max_rounds = fields.whole("max_rounds", faults, 1..=ROUNDS_MAX).unwrap_or(ROUNDS_DEFAULT);
    Some(ReviewLoop { back_to: agent_name(fields, "back_to", faults)?, max_rounds })
}

fn agent_name(fields: Fields<'_>, key: &str, faults: &mut Faults) -> Option<AgentName> {
    let raw = required(fields, key, "write the name of an agent, for example developer", faults)?;
    AgentName::parse(&raw).map_err(|error| faults.add(fields.at(key), error.to_string())).ok()
}

fn required(fields: Fields<'_>, key: &str, what_to_do: &str, faults: &mut Faults) -> Option<String> {
    match fields.get(key) {
        None => faults.add(fields.at(key), what_to_do),
        Some(node) if !matches!(node.data, Data::Text(_)) => faults.add(fields.at(key), format!("{what_to_do}, not {}", node.what())),
        Some(_) => return fields.text(key, faults),
    }
    None
}

#[cfg(test)]
mod tests;
