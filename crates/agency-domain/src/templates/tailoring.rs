//! A template's chain as one run wants it: without some steps, and with a person asked after others.

use super::{PlanFault, StepKind, StepPlan, check_chain};

/// Positions count from 0, in the chain as the template plans it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tailoring {
    /// Steps that are left out.
    pub skip: Vec<u32>,
    /// Steps after which a person decides whether the chain goes on. Where one is asked there anyway, nothing is added.
    pub ask_after: Vec<u32>,
}

impl Tailoring {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The chain that comes of it.
    ///
    /// # Errors
    /// With every position that is none, or with what does not hold without the steps that are left out.
    pub fn of(&self, steps: Vec<StepPlan>) -> Result<Vec<StepPlan>, Vec<PlanFault>> {
        let mut faults = misplaced("skip", &self.skip, steps.len());
        faults.extend(misplaced("ask_after", &self.ask_after, steps.len()));
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut chain: Vec<StepPlan> = Vec::new();
        let mut kept = (0..).zip(steps).filter(|(place, _)| !self.skip.contains(place)).peekable();
        while let Some((place, step)) = kept.next() {
            let gate = gate_after(&step).filter(|_| self.ask_after.contains(&place));
            let is_asked = kept.peek().is_some_and(|(_, next)| matches!(next.kind, StepKind::Approval { .. }));
            chain.push(step);
            chain.extend(gate.filter(|_| !is_asked));
        }
        check_chain(&chain).map_err(|faults| faults.iter().map(without).collect::<Vec<_>>())?;
        Ok(chain)
    }
}

fn misplaced(field: &str, places: &[u32], count: usize) -> Vec<PlanFault> {
    let outside = (0_usize..).zip(places).filter(|(_, place)| usize::try_from(**place).map_or(true, |place| place >= count));
    let message = format!("the template has {count} steps: name one by its place, from 0 to {}", count.saturating_sub(1));
    outside.map(|(index, _)| PlanFault { field: format!("{field}[{index}]"), message: message.clone() }).collect()
}

/// `None` after an approval: a person has just decided.
fn gate_after(step: &StepPlan) -> Option<StepPlan> {
    let question = match &step.kind {
        StepKind::Agent { agent, .. } => format!("Go on after {agent}?"),
        StepKind::Check(_) => "Go on after the check?".to_owned(),
        StepKind::Approval { .. } => return None,
    };
    Some(StepPlan::of(StepKind::Approval { question, remind_after: None }))
}

fn without(fault: &PlanFault) -> PlanFault {
    PlanFault { field: "skip".into(), message: format!("without what is left out the chain does not hold together: {}", fault.message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AgentName;
    use crate::templates::ReviewLoop;

    fn agent(name: &str, back_to: Option<&str>) -> StepPlan {
        let on_changes_requested = back_to.map(|name| ReviewLoop { back_to: AgentName::parse(name).unwrap(), max_rounds: 2 });
        StepPlan::of(StepKind::Agent { agent: AgentName::parse(name).unwrap(), on_changes_requested })
    }

    fn chain() -> Vec<StepPlan> {
        let gate = StepPlan::of(StepKind::Approval { question: "Build this?".into(), remind_after: None });
        vec![
            agent("product-owner", None),
            agent("architect", None),
            gate,
            agent("developer", None),
            agent("senior-reviewer", Some("developer")),
        ]
    }

    fn names(chain: &[StepPlan]) -> Vec<String> {
        let name = |step: &StepPlan| match &step.kind {
            StepKind::Agent { agent, .. } => agent.to_string(),
            StepKind::Check(_) => "check".to_owned(),
            StepKind::Approval { question, .. } => question.clone(),
        };
        chain.iter().map(name).collect()
    }

    fn tailored(skip: &[u32], ask_after: &[u32]) -> Result<Vec<String>, Vec<PlanFault>> {
        Tailoring { skip: skip.to_vec(), ask_after: ask_after.to_vec() }.of(chain()).map(|chain| names(&chain))
    }

    #[test]
    fn steps_are_left_out_and_a_person_is_asked_after_others() {
        assert!(Tailoring::default().is_empty());
        assert_eq!(tailored(&[], &[]).unwrap(), names(&chain()));
        assert_eq!(tailored(&[0, 2], &[3]).unwrap(), ["architect", "developer", "Go on after developer?", "senior-reviewer"]);
        assert_eq!(tailored(&[], &[1, 2]).unwrap(), names(&chain()), "a person is asked there anyway");
        assert_eq!(tailored(&[2], &[1]).unwrap()[1..3], ["architect", "Go on after architect?"]);
        assert_eq!(tailored(&[3, 4], &[]).unwrap(), ["product-owner", "architect", "Build this?"]);
        assert_eq!(tailored(&[1], &[1]).unwrap(), tailored(&[1], &[]).unwrap(), "what is left out is not asked about");
    }

    #[test]
    fn a_place_that_is_none_is_named_and_so_is_what_falls_apart() {
        let faults = tailored(&[0, 9], &[5]).unwrap_err();
        assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["skip[1]", "ask_after[0]"]);
        assert_eq!(faults[0].message, "the template has 5 steps: name one by its place, from 0 to 4");
        let faults = tailored(&[3], &[]).unwrap_err();
        assert_eq!(faults[0].field, "skip");
        assert!(
            faults[0].message.ends_with("no earlier step has the agent developer; earlier are: product-owner, architect"),
            "{faults:?}"
        );
        assert_eq!(tailored(&[0, 1, 2, 3, 4], &[]).unwrap_err()[0].field, "skip");
    }
}
