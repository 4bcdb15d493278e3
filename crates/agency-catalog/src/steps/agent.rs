//! A step that an agent works on.

use super::{AccessOf, agent_name, way_back};
use crate::fields::{Faults, Fields, text_of};
use crate::node::{Data, Node};
use crate::{budget, duration, permission, rules};
use agency_domain::agents::Access;
use agency_domain::templates::{RetryPolicy, StepKind, StepPlan, StepSettings};
use agency_domain::{AgentName, ModelName};
use serde_json::Value;
use std::time::Duration;

/// Most models of a step: when five providers have failed in a row, it is not the model.
pub(crate) const MODELS_MAX: usize = 5;
/// Longest silence that a template may allow; with more, nobody would be watching.
const STALL_MAX: Duration = Duration::from_hours(24);
pub(crate) const RETRY_KEYS: [&str; 2] = ["attempts", "pause"];

pub(super) fn read(fields: Fields<'_>, access_of: AccessOf<'_>, faults: &mut Faults) -> Option<StepPlan> {
    let on_changes_requested = way_back(fields, "on_changes_requested", faults);
    let mut models = models(fields, faults).into_iter();
    let (model, fallback_models) = (models.next(), models.collect());
    let budget = budget::read(fields, faults);
    let retry = retry(fields, faults);
    let stall_after = fields.parsed("stall_after", faults, |raw| duration::parse_up_to(raw, STALL_MAX));
    let agent = agent_name(fields, "agent", faults)?;
    let access = access_of(&agent);
    let permissions = permissions(fields, &agent, access, faults);
    let settings = StepSettings {
        budget,
        retry,
        stall_after,
        fallback_models,
        permissions,
        writes: access == Some(Access::Write),
        agent_sha256: None,
    };
    Some(StepPlan { model, settings, ..StepPlan::of(StepKind::Agent { agent, on_changes_requested }) })
}

/// One model, or a list of them: the first is asked, the others when it fails.
fn models(fields: Fields<'_>, faults: &mut Faults) -> Vec<ModelName> {
    let Some(node) = fields.get("model") else { return Vec::new() };
    let at = fields.at("model");
    let Data::List(items) = &node.data else {
        return model(node, &at, faults).into_iter().collect();
    };
    if items.is_empty() || items.len() > MODELS_MAX {
        faults.add(&at, format!("name 1 to {MODELS_MAX} models, the first choice first, or leave the key out"));
    }
    let mut models: Vec<ModelName> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let at = format!("{at}[{index}]");
        match model(item, &at, faults) {
            Some(again) if models.contains(&again) => faults.add(at, format!("{again} is in the list already: remove it")),
            named => models.extend(named),
        }
    }
    models
}

fn model(node: &Node, at: &str, faults: &mut Faults) -> Option<ModelName> {
    let raw = text_of(node, at, faults)?;
    ModelName::parse(&raw).map_err(|error| faults.add(at, error.to_string())).ok()
}

/// `3`, or a map that also says how long to wait.
fn retry(fields: Fields<'_>, faults: &mut Faults) -> RetryPolicy {
    let unless_said = RetryPolicy::default();
    let attempts = 1..=RetryPolicy::ATTEMPTS_MAX;
    let (Some(node), at) = (fields.get("retry"), fields.at("retry")) else { return unless_said };
    match &node.data {
        Data::Number(_) => RetryPolicy { attempts: fields.whole("retry", faults, attempts).unwrap_or(unless_said.attempts), ..unless_said },
        Data::Map(_) => {
            let Some(fields) = Fields::of(node, &at, &RETRY_KEYS, faults) else { return unless_said };
            let pause = fields.parsed("pause", faults, |raw| duration::parse_up_to(raw, RetryPolicy::PAUSE_MAX));
            RetryPolicy {
                attempts: fields.whole("attempts", faults, attempts).unwrap_or(unless_said.attempts),
                pause: pause.unwrap_or(unless_said.pause),
            }
        }
        Data::Null | Data::Bool(_) | Data::Text(_) | Data::List(_) => {
            faults.add(at, format!("write a number of attempts, or a map with the keys attempts and pause, not {}", node.what()));
            unless_said
        }
    }
}

fn permissions(fields: Fields<'_>, agent: &AgentName, access: Option<Access>, faults: &mut Faults) -> Option<Value> {
    let at = fields.at("permissions");
    let own = rules::read_permission(fields.get("permissions")?, &at, faults);
    Some(permission::of_step(&own, &at, agent, access, faults))
}
