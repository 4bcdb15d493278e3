//! A catalog of the agents that the tests name.

use agency_domain::AgentName;
use agency_domain::agents::{Access, Agent};
use agency_domain::templates::{Catalog, CatalogError, CheckPlan, Entry, PlanFault, ReviewLoop, Source, StepKind, StepPlan, Template};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// Answers the role text of today, which a test may change.
#[derive(Default)]
pub(crate) struct FakeCatalog {
    edits: Mutex<u32>,
}

impl FakeCatalog {
    /// Somebody edits every agent's file.
    pub(crate) fn edit(&self) {
        *self.edits.lock().unwrap() += 1;
    }
}

#[async_trait]
impl Catalog for FakeCatalog {
    async fn templates(&self, _repo: Option<&Path>) -> Result<Vec<Entry<Template>>, CatalogError> {
        Ok(Vec::new())
    }

    async fn agents(&self, _repo: Option<&Path>) -> Result<Vec<Entry<Agent>>, CatalogError> {
        let edits = *self.edits.lock().unwrap();
        let edited = if edits == 0 { String::new() } else { format!(", edited {edits} times") };
        let agent = |name: &str| Agent {
            name: AgentName::parse(name).unwrap(),
            description: "Does it.".into(),
            prompt: format!("You are the {name}{edited}"),
            model: None,
            access: if name == "developer" { Access::Write } else { Access::ReadOnly },
            reviews: name == "senior-reviewer",
            permission: json!({}),
            options: serde_json::Map::new(),
            sha256: format!("{edits:064x}"),
        };
        let entry = |name: &str| Entry { name: name.to_owned(), source: Source::BuiltIn, item: Ok(agent(name)) };
        Ok(["architect", "developer", "senior-reviewer"].map(entry).into())
    }

    fn parse_steps(&self, steps: &Value, _agents: &[Entry<Agent>]) -> Result<Vec<StepPlan>, Vec<PlanFault>> {
        let plan = |step: &Value| {
            let name = |key: &str| step[key].as_str().map(|raw| AgentName::parse(raw).unwrap());
            let kind = match name("agent") {
                Some(agent) => {
                    StepKind::Agent { agent, on_changes_requested: name("back_to").map(|back_to| ReviewLoop { back_to, max_rounds: 2 }) }
                }
                None if step["check"].is_string() => StepKind::Check(CheckPlan {
                    commands: vec![step["check"].as_str().unwrap().to_owned()],
                    timeout: Duration::from_secs(60),
                    on_failure: None,
                }),
                None => {
                    StepKind::Approval { question: "Go on?".into(), remind_after: step["remind_after"].as_u64().map(Duration::from_secs) }
                }
            };
            StepPlan::of(kind)
        };
        Ok(steps.as_array().unwrap().iter().map(plan).collect())
    }
}
