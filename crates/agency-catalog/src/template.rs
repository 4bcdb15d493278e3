//! A template's file.

use crate::fields::{Faults, Fields, by_place, first_of, syntax_fault};
use crate::node::Node;
use crate::{budget, steps};
use agency_domain::agents::{Access, Agent};
use agency_domain::templates::{CatalogError, Entry, PlanFault, StepKind, StepPlan, Template, TextFault};
use agency_domain::{AgentName, TemplateName};
use sha2::{Digest, Sha256};

pub(crate) const KEYS: [&str; 4] = ["name", "description", "budget", "steps"];

pub(crate) fn parse(name: &str, file: &str, text: &str, agents: &[Entry<Agent>]) -> Result<Template, CatalogError> {
    check(name, text, agents).map_err(|faults| first_of(file, faults))
}

/// As [`parse`], with every fault there is.
pub(crate) fn check(name: &str, text: &str, agents: &[Entry<Agent>]) -> Result<Template, Vec<TextFault>> {
    let node = Node::from_yaml(text).map_err(|syntax| syntax_fault(0, syntax))?;
    let template = read(name, &node, agents).map_err(|faults| by_place(&node, 0, faults))?;
    Ok(Template { sha256: sha256(text), ..template })
}

/// The name that a text gives itself.
pub(crate) fn own_name(text: &str) -> Option<String> {
    let node = Node::from_yaml(text).ok()?;
    Fields::of(&node, "", &KEYS, &mut Faults::default())?.text("name", &mut Faults::default())
}

/// Lower-case hex.
pub(crate) fn sha256(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

/// Everything but the hash.
fn read(stem: &str, node: &Node, agents: &[Entry<Agent>]) -> Result<Template, Vec<PlanFault>> {
    let mut faults = Faults::default();
    let name = TemplateName::parse(stem).map_err(|error| faults.add("the file", format!("its name is the template's: {error}"))).ok();
    let Some(fields) = Fields::of(node, "", &KEYS, &mut faults) else {
        return Err(faults.into_result(()).expect_err("it is no map"));
    };
    if let Some(given) = fields.text("name", &mut faults)
        && given != stem
    {
        faults.add("name", format!("it is {given:?} and the file is {stem:?}: make them the same, or leave the key out"));
    }
    let description = fields.text("description", &mut faults);
    if !fields.has("description") {
        faults.add("description", "say in a sentence what the template is for");
    }
    let budget = budget::read(fields, &mut faults);
    let steps = read_steps(fields, agents, &mut faults);
    let template = name.zip(description).zip(steps);
    let template = template.map(|((name, description), steps)| Template { name, description, budget, steps, sha256: String::new() });
    faults.into_result(()).map(|()| template.expect("whatever is missing is a fault"))
}

fn read_steps(fields: Fields<'_>, agents: &[Entry<Agent>], faults: &mut Faults) -> Option<Vec<StepPlan>> {
    let Some(list) = fields.get("steps") else {
        faults.add("steps", "write a list of steps, for example `- agent: developer`");
        return None;
    };
    match steps::parse_list(list, &|agent| access(agent, agents)) {
        Err(chain) => {
            faults.extend(chain);
            None
        }
        Ok(steps) => {
            for (index, step) in steps.iter().enumerate() {
                if let StepKind::Agent { agent, .. } = &step.kind
                    && let Err(message) = usable(agent.as_str(), agents)
                {
                    faults.add(format!("steps[{index}].agent"), message);
                }
            }
            Some(steps)
        }
    }
}

pub(crate) fn access(agent: &AgentName, agents: &[Entry<Agent>]) -> Option<Access> {
    let entry = agents.iter().find(|entry| entry.name == agent.as_str())?;
    Some(entry.item.as_ref().ok()?.access)
}

fn usable(name: &str, agents: &[Entry<Agent>]) -> Result<(), String> {
    match agents.iter().find(|entry| entry.name == name).map(|entry| &entry.item) {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(format!("the agent {name} is broken: {error}")),
        None => {
            let known: Vec<&str> = agents.iter().map(|entry| entry.name.as_str()).collect();
            Err(format!("no agent is named {name}; there are {}", known.join(", ")))
        }
    }
}
