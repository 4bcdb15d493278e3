//! What no single step can know: whether the steps make a chain.

use super::{CheckPlan, ROUNDS_MAX, ReviewLoop, STEPS_MAX, StepKind, StepPlan};
use crate::AgentName;
use thiserror::Error;

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
    if steps.is_empty() {
        faults.push(PlanFault { field: "steps".into(), message: "name at least one step".into() });
    }
    if steps.len() > STEPS_MAX {
        faults.push(PlanFault { field: "steps".into(), message: format!("name at most {STEPS_MAX} steps") });
    }
    let mut agents_before: Vec<&AgentName> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let at = |field: &str| format!("steps[{index}].{field}");
        match &step.kind {
            StepKind::Agent { agent, on_changes_requested } => {
                if let Some(review) = on_changes_requested {
                    faults.extend(check_loop(&at("on_changes_requested"), review, &agents_before));
                }
                agents_before.push(agent);
            }
            StepKind::Check(CheckPlan { commands, on_failure, .. }) => {
                if commands.iter().any(|command| command.trim().is_empty()) {
                    faults.push(PlanFault { field: at("check"), message: "write a command, for example cargo test".into() });
                }
                if let Some(back) = on_failure {
                    faults.extend(check_loop(&at("on_failure"), back, &agents_before));
                }
            }
            StepKind::Approval { question, .. } => {
                if question.trim().is_empty() {
                    faults.push(PlanFault { field: at("approval"), message: "write the question that the person decides".into() });
                }
                if agents_before.is_empty() {
                    faults.push(PlanFault { field: at("approval"), message: "an approval needs an agent's step before it".into() });
                }
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn check_loop(field: &str, back: &ReviewLoop, before: &[&AgentName]) -> Vec<PlanFault> {
    let mut faults = Vec::new();
    if !before.contains(&&back.back_to) {
        let known = before.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { "none" } else { &known };
        let message = format!("no earlier step has the agent {}; earlier are: {known}", back.back_to);
        faults.push(PlanFault { field: format!("{field}.back_to"), message });
    }
    if !(1..=ROUNDS_MAX).contains(&back.max_rounds) {
        faults.push(PlanFault { field: format!("{field}.max_rounds"), message: format!("use 1 to {ROUNDS_MAX}") });
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(name: &str, back_to: Option<&str>) -> StepPlan {
        let on_changes_requested = back_to.map(|name| ReviewLoop { back_to: AgentName::parse(name).unwrap(), max_rounds: 2 });
        StepPlan::of(StepKind::Agent { agent: AgentName::parse(name).unwrap(), on_changes_requested })
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
        let gate = StepPlan::of(StepKind::Approval { question: "Go?".into(), remind_after: None });
        assert_eq!(check_chain(&[gate]).unwrap_err()[0].field, "steps[0].approval");
    }
}
