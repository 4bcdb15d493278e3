//! The steps of a chain, from a template's file or from the API: the same shape, the same words for each fault.

use crate::duration;
use crate::fields::{Faults, Fields};
use crate::node::{Data, Node};
use agency_domain::templates::{PlanFault, ROUNDS_MAX, ReviewLoop, StepKind, StepPlan, check_chain};
use agency_domain::{AgentName, ModelName};

const KEYS: [&str; 8] = ["agent", "check", "approval", "description", "model", "on_changes_requested", "timeout", "remind_after"];
const KINDS: [&str; 3] = ["agent", "check", "approval"];
/// Rounds of a loop that does not say how many.
const ROUNDS_DEFAULT: u32 = 3;

/// A whole chain: each step by itself, then what no step can know by itself.
pub(crate) fn parse_list(list: &Node) -> Result<Vec<StepPlan>, Vec<PlanFault>> {
    let mut faults = Faults::default();
    let Data::List(items) = &list.data else {
        faults.add("steps", format!("write a list of steps, not {}", list.what()));
        return faults.into_result(Vec::new());
    };
    let steps: Vec<Option<StepPlan>> =
        items.iter().enumerate().map(|(index, item)| parse_step(item, &format!("steps[{index}]"), &mut faults)).collect();
    // A chain with holes would be blamed for what the holes had held.
    if let Some(steps) = steps.into_iter().collect::<Option<Vec<_>>>() {
        if let Err(chain) = check_chain(&steps) {
            faults.extend(chain);
        }
        return faults.into_result(steps);
    }
    faults.into_result(Vec::new())
}

fn parse_step(item: &Node, path: &str, faults: &mut Faults) -> Option<StepPlan> {
    let fields = Fields::of(item, path, &KEYS, faults)?;
    let kind = match KINDS.iter().filter(|kind| fields.has(kind)).collect::<Vec<_>>().as_slice() {
        [] => {
            faults.add(path, "say what the step is: agent, or approval");
            return None;
        }
        [kind] => **kind,
        [_, second, ..] => {
            faults.add(fields.at(second), "a step is one of agent, check and approval: write two steps");
            return None;
        }
    };
    let description = fields.text("description", faults);
    let kind = match kind {
        "agent" => agent_step(fields, faults),
        "approval" => approval_step(fields, faults),
        _check => {
            faults.add(
                fields.at("check"),
                "check steps are not available in this version: remove the step, or ask an agent's step to run the command and report its exit code",
            );
            None
        }
    }?;
    let model = fields.parsed("model", faults, |raw| ModelName::parse(raw).map_err(|error| error.to_string()));
    Some(StepPlan { kind, description, model })
}

fn agent_step(fields: Fields<'_>, faults: &mut Faults) -> Option<StepKind> {
    refuse(fields, &["timeout", "remind_after"], "an agent's step", faults);
    let on_changes_requested = fields.get("on_changes_requested").and_then(|node| review_loop(node, fields, faults));
    let agent = agent_name(fields, "agent", faults)?;
    Some(StepKind::Agent { agent, on_changes_requested })
}

fn approval_step(fields: Fields<'_>, faults: &mut Faults) -> Option<StepKind> {
    refuse(fields, &["model", "on_changes_requested", "timeout"], "an approval", faults);
    let remind_after = fields.parsed("remind_after", faults, duration::parse);
    let question = required(fields, "approval", "write the question that the person decides", faults)?;
    Some(StepKind::Approval { question, remind_after })
}

fn review_loop(node: &Node, fields: Fields<'_>, faults: &mut Faults) -> Option<ReviewLoop> {
    let path = fields.at("on_changes_requested");
    let fields = Fields::of(node, &path, &["back_to", "max_rounds"], faults)?;
    let rounds = fields.number("max_rounds", faults, 1.0..=f64::from(ROUNDS_MAX), true);
    let max_rounds = (1..=ROUNDS_MAX).find(|n| rounds == Some(f64::from(*n))).unwrap_or(ROUNDS_DEFAULT);
    Some(ReviewLoop { back_to: agent_name(fields, "back_to", faults)?, max_rounds })
}

fn agent_name(fields: Fields<'_>, key: &str, faults: &mut Faults) -> Option<AgentName> {
    let raw = required(fields, key, "write the name of an agent, for example developer", faults)?;
    AgentName::parse(&raw).map_err(|error| faults.add(fields.at(key), error.to_string())).ok()
}

fn required(fields: Fields<'_>, key: &str, what_to_do: &str, faults: &mut Faults) -> Option<String> {
    if fields.get(key).is_none() {
        faults.add(fields.at(key), what_to_do);
        return None;
    }
    fields.text(key, faults)
}

fn refuse(fields: Fields<'_>, keys: &[&str], of: &str, faults: &mut Faults) {
    for key in keys.iter().filter(|key| fields.has(key)) {
        faults.add(fields.at(key), format!("{of} has no {key}: remove it"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::time::Duration;

    fn faults_of(steps: &Value) -> Vec<String> {
        parse_list(&Node::from_json(steps)).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_chain_reads_as_it_is_written() {
        let steps = parse_list(&Node::from_json(&json!([
            { "agent": "developer", "description": "Do it.", "model": "a/b" },
            { "agent": "senior-reviewer", "on_changes_requested": { "back_to": "developer", "max_rounds": 2 } },
            { "approval": "Go?", "remind_after": "4h" },
        ])))
        .unwrap();
        assert_eq!(steps[0].description.as_deref(), Some("Do it."));
        assert_eq!(steps[0].model.as_ref().unwrap().as_str(), "a/b");
        assert!(matches!(&steps[1].kind, StepKind::Agent { on_changes_requested: Some(review), .. } if review.max_rounds == 2));
        assert!(
            matches!(&steps[2].kind, StepKind::Approval { question, remind_after: Some(after) } if question == "Go?" && *after == Duration::from_secs(14_400))
        );
    }

    #[test]
    fn a_loop_without_rounds_has_three() {
        let steps = json!([{ "agent": "a" }, { "agent": "b", "on_changes_requested": { "back_to": "a" } }]);
        let steps = parse_list(&Node::from_json(&steps)).unwrap();
        assert!(matches!(&steps[1].kind, StepKind::Agent { on_changes_requested: Some(review), .. } if review.max_rounds == 3));
    }

    #[test]
    fn each_fault_names_its_field_and_what_to_do() {
        for (steps, expected) in [
            (json!({}), "steps: write a list"),
            (json!([]), "steps: name at least one step"),
            (json!(["developer"]), "steps[0]: write a map"),
            (json!([{}]), "steps[0]: say what the step is"),
            (json!([{ "agent": "a", "approval": "b" }]), "steps[0].approval: a step is one of"),
            (json!([{ "agent": null }]), "steps[0].agent: write the name"),
            (json!([{ "agent": "Big Name" }]), "steps[0].agent: agent name \"Big Name\" does not fit"),
            (json!([{ "agent": ["a"] }]), "steps[0].agent: write a text, not a list"),
            (json!([{ "agent": "a" }, { "check": "cargo test" }]), "steps[1].check: check steps are not available in this version"),
            (json!([{ "agent": "a", "modle": "x/y" }]), "steps[0].modle: this key is not known"),
            (json!([{ "agent": "a", "model": "gpt" }]), "steps[0].model: model \"gpt\" does not fit"),
            (json!([{ "agent": "a", "timeout": "10m" }]), "steps[0].timeout: an agent's step has no timeout"),
            (json!([{ "agent": "a" }, { "approval": "Go?", "model": "a/b" }]), "steps[1].model: an approval has no model"),
            (json!([{ "agent": "a" }, { "approval": " " }]), "steps[1].approval: write a text"),
            (
                json!([{ "agent": "a" }, { "approval": "x", "remind_after": 4 }]),
                "steps[1].remind_after: write a whole number and s, m or h",
            ),
            (json!([{ "approval": "Go?" }]), "steps[0].approval: an approval needs an agent's step before it"),
            (json!([{ "agent": "a", "on_changes_requested": "b" }]), "steps[0].on_changes_requested: write a map"),
            (json!([{ "agent": "a", "on_changes_requested": {} }]), "steps[0].on_changes_requested.back_to: write the name"),
            (
                json!([{ "agent": "a", "on_changes_requested": { "back_to": "b" } }]),
                "steps[0].on_changes_requested.back_to: no earlier step",
            ),
            (
                json!([{ "agent": "a" }, { "agent": "b", "on_changes_requested": { "back_to": "a", "max_rounds": 11 } }]),
                "steps[1].on_changes_requested.max_rounds: write a whole number from 1 to 10",
            ),
            (
                json!([{ "agent": "a" }, { "agent": "b", "on_changes_requested": { "back_to": "a", "max_rounds": 1.5 } }]),
                "steps[1].on_changes_requested.max_rounds",
            ),
        ] {
            let faults = faults_of(&steps);
            assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{expected}: {faults:?}");
        }
    }

    #[test]
    fn all_faults_come_at_once() {
        assert_eq!(faults_of(&json!([{ "agent": "A", "x": 1 }, {}, { "check": "c" }])).len(), 4);
    }
}
