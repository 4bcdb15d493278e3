//! A template's file.

use crate::fields::{Faults, Fields, first_by_line};
use crate::node::Node;
use crate::steps;
use agency_domain::TemplateName;
use agency_domain::agents::Agent;
use agency_domain::templates::{CatalogError, Entry, PlanFault, StepKind, StepPlan, Template};

const KEYS: [&str; 4] = ["name", "description", "budget", "steps"];
/// More than any budget that is meant; beyond it a number is a slip of the pen.
const BUDGET_MAX: f64 = 1e12;

pub(crate) fn parse(name: &str, file: &str, text: &str, agents: &[Entry<Agent>]) -> Result<Template, CatalogError> {
    let node = Node::from_yaml(text).map_err(|syntax| CatalogError::Broken {
        file: file.to_owned(),
        line: syntax.line,
        field: None,
        message: syntax.message,
    })?;
    read(name, &node, agents).map_err(|faults| first_by_line(file, &node, 0, &faults))
}

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
    check_budget(fields, &mut faults);
    let steps = read_steps(fields, agents, &mut faults);
    let template = name.zip(description).zip(steps).map(|((name, description), steps)| Template { name, description, steps });
    faults.into_result(()).map(|()| template.expect("whatever is missing is a fault"))
}

fn read_steps(fields: Fields<'_>, agents: &[Entry<Agent>], faults: &mut Faults) -> Option<Vec<StepPlan>> {
    let Some(list) = fields.get("steps") else {
        faults.add("steps", "write a list of steps, for example `- agent: developer`");
        return None;
    };
    match steps::parse_list(list) {
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

/// A budget is checked and not kept: nothing holds it yet, and a file that has one must stay valid when something does.
fn check_budget(fields: Fields<'_>, faults: &mut Faults) {
    let Some(node) = fields.get("budget") else { return };
    let Some(budget) = Fields::of(node, "budget", &["tokens", "money", "minutes", "attempts"], faults) else {
        return;
    };
    for key in ["tokens", "minutes", "attempts"] {
        budget.number(key, faults, 1.0..=BUDGET_MAX, true);
    }
    budget.number("money", faults, 0.01..=BUDGET_MAX, false);
}
