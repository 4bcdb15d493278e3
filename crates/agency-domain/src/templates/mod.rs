//! Templates: named chains of steps, and the port to where templates and agents are kept.

use crate::agents::Agent;
use crate::{AgentName, ModelName, TemplateName};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;
use thiserror::Error;

/// A named chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub name: TemplateName,
    pub description: String,
    /// At least one.
    pub steps: Vec<StepPlan>,
}

/// One planned step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepPlan {
    pub kind: StepKind,
    /// What this step is to do, in the words that its agent is sent.
    pub description: Option<String>,
    pub model: Option<ModelName>,
}

/// What a step is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum StepKind {
    /// An agent works; where it reviews, `on_changes_requested` says where its findings go.
    Agent { agent: AgentName, on_changes_requested: Option<ReviewLoop> },
    /// A person decides `question`.
    Approval { question: String, remind_after: Option<Duration> },
}

/// Where a reviewing step's `changes_requested` goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewLoop {
    /// The nearest earlier step of this agent.
    pub back_to: AgentName,
    /// How many times it may go back; the next `changes_requested` after that ends the pipeline as `not_converging`.
    pub max_rounds: u32,
}

/// Most rounds that a template may ask for: more has never converged, and each costs a developer and a reviewer.
pub const ROUNDS_MAX: u32 = 10;
/// Most steps of a chain.
pub const STEPS_MAX: usize = 32;

/// A fault in a chain: which field (`steps[1].on_changes_requested.back_to`), and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field}: {message}")]
pub struct PlanFault {
    pub field: String,
    pub message: String,
}

/// Checks what no single step can: that there is work, that loops go back to an earlier step, that an approval has something before it.
///
/// # Errors
/// With every fault there is.
pub fn check_chain(steps: &[StepPlan]) -> Result<(), Vec<PlanFault>> {
    let mut faults = Vec::new();
    let mut fault = |field: String, message: String| faults.push(PlanFault { field, message });
    if steps.is_empty() {
        fault("steps".into(), "name at least one step".into());
    }
    if steps.len() > STEPS_MAX {
        fault("steps".into(), format!("name at most {STEPS_MAX} steps"));
    }
    let mut agents_before: Vec<&AgentName> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        match &step.kind {
            StepKind::Agent { agent, on_changes_requested } => {
                if let Some(review) = on_changes_requested {
                    if !agents_before.contains(&&review.back_to) {
                        let known = agents_before.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
                        fault(
                            format!("steps[{index}].on_changes_requested.back_to"),
                            format!(
                                "no earlier step has the agent {}; earlier are: {}",
                                review.back_to,
                                if known.is_empty() { "none" } else { &known }
                            ),
                        );
                    }
                    if !(1..=ROUNDS_MAX).contains(&review.max_rounds) {
                        fault(format!("steps[{index}].on_changes_requested.max_rounds"), format!("use 1 to {ROUNDS_MAX}"));
                    }
                }
                agents_before.push(agent);
            }
            StepKind::Approval { question, .. } => {
                if question.trim().is_empty() {
                    fault(format!("steps[{index}].approval"), "write the question that the person decides".into());
                }
                if agents_before.is_empty() {
                    fault(format!("steps[{index}].approval"), "an approval needs an agent's step before it".into());
                }
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Where a template or an agent comes from; the nearer one (further down here) wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    BuiltIn,
    User,
    Repository,
}

/// An entry of the catalog: usable, or broken with the reason. A broken nearer file hides a good farther one, so that nobody runs
/// something other than what they wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<T> {
    /// The file's stem.
    pub name: String,
    pub source: Source,
    pub item: Result<T, CatalogError>,
}

/// Templates and agents, as files. Read anew on each call, so that an edit counts at once.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// All templates by name; `repo` adds that repository's own.
    async fn templates(&self, repo: Option<&Path>) -> Result<Vec<Entry<Template>>, CatalogError>;
    /// All agents by name; `repo` adds that repository's own.
    async fn agents(&self, repo: Option<&Path>) -> Result<Vec<Entry<Agent>>, CatalogError>;
    /// Parses the steps of an ad-hoc chain, in the shape of a template's `steps`; faults name `steps[i].field`.
    fn parse_steps(&self, steps: &serde_json::Value) -> Result<Vec<StepPlan>, Vec<PlanFault>>;
}

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CatalogError {
    /// `line` is from 1; `field` is a path such as `steps[2].agent`, or the front matter's key.
    #[error("{file}{}{}: {message}", line.map(|n| format!(":{n}")).unwrap_or_default(), field.as_ref().map(|f| format!(", field {f}")).unwrap_or_default())]
    Broken { file: String, line: Option<u32>, field: Option<String>, message: String },
    #[error("{file} cannot be read: {message}")]
    Unreadable { file: String, message: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(name: &str, back_to: Option<&str>) -> StepPlan {
        let on_changes_requested = back_to.map(|name| ReviewLoop { back_to: AgentName::parse(name).unwrap(), max_rounds: 2 });
        StepPlan { kind: StepKind::Agent { agent: AgentName::parse(name).unwrap(), on_changes_requested }, description: None, model: None }
    }

    #[test]
    fn a_loop_goes_back_to_an_earlier_step_only() {
        assert!(check_chain(&[agent("developer", None), agent("senior-reviewer", Some("developer"))]).is_ok());
        let faults = check_chain(&[agent("senior-reviewer", Some("developer")), agent("developer", None)]).unwrap_err();
        assert_eq!(faults[0].field, "steps[0].on_changes_requested.back_to");
    }

    #[test]
    fn an_empty_chain_and_an_approval_of_nothing_are_refused() {
        assert_eq!(check_chain(&[]).unwrap_err()[0].field, "steps");
        let gate = StepPlan { kind: StepKind::Approval { question: "Go?".into(), remind_after: None }, description: None, model: None };
        assert_eq!(check_chain(&[gate]).unwrap_err()[0].field, "steps[0].approval");
    }
}
