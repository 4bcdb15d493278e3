//! Forks: a new pipeline that goes on from a finished step of another.

use super::{Attempt, AttemptStatus, NewPipeline, Origin, Pipeline, Refused};
use crate::{AttemptId, Ids, StepId, Timestamp, Usage};
use std::collections::HashMap;

impl Pipeline {
    /// A new pipeline that has taken over every step up to `step` with its last result: its commits, hand-offs, criteria and findings. What was
    /// carried out there cost nothing here. `new` says what is its own: id, title, branch, model, budget; its chain is this pipeline's.
    ///
    /// # Errors
    /// Where there is no such step, it is the last one, or it or one before it is not done.
    pub fn fork(&self, step: StepId, new: NewPipeline, ids: &dyn Ids, at: Timestamp) -> Result<Self, Refused> {
        let last = self.index_of(step).ok_or_else(|| Refused::NoSuch(format!("step {step}")))?;
        if last + 1 == self.steps.len() {
            return Err(Refused::Conflict(format!(
                "step {step} is the last one, so nothing would be left to do: fork from an earlier one, or retry it"
            )));
        }
        if let Some(open) = self.steps[..=last].iter().find(|step| !step.is_done()) {
            return Err(Refused::Conflict(format!("step {} ({}) is not done: fork from an earlier one", open.id, open.name())));
        }
        let chain = self.steps.iter().map(|step| (ids.step(), step.plan.clone())).collect();
        let origin = Some(Origin { pipeline: self.id, step });
        let mut fork = Self::new(NewPipeline { steps: chain, base_commit: self.base_commit.clone(), forked_from: origin, ..new }, at);
        let mut renamed: HashMap<AttemptId, AttemptId> = HashMap::new();
        let steps: HashMap<StepId, StepId> = self.steps.iter().zip(&fork.steps).map(|(old, new)| (old.id, new.id)).collect();
        for (old, new) in self.steps[..=last].iter().zip(&mut fork.steps) {
            new.status = old.status;
            new.started_at = Some(at);
            new.finished_at = Some(at);
            if let Some(result) = old.attempts.iter().rev().find(|attempt| attempt.status == AttemptStatus::Succeeded) {
                let copy = taken_over(result, ids, at);
                renamed.insert(result.id, copy.id);
                if let Some(commit) = &copy.head_commit {
                    fork.head_commit = commit.clone();
                }
                new.attempts.push(copy);
            }
        }
        fork.take_over_ledgers(self, last, &steps, &renamed);
        Ok(fork)
    }

    /// Criteria and findings of the steps that were taken over, under their new ids.
    fn take_over_ledgers(&mut self, old: &Self, last: usize, steps: &HashMap<StepId, StepId>, renamed: &HashMap<AttemptId, AttemptId>) {
        let taken = |step: StepId| old.index_of(step).is_some_and(|index| index <= last);
        let criteria = old.criteria.iter().filter(|criterion| taken(criterion.defined_by));
        self.criteria = criteria
            .map(|criterion| {
                let mut copy = criterion.clone();
                copy.defined_by = steps[&criterion.defined_by];
                copy.evidence.retain_mut(|evidence| renamed.get(&evidence.attempt).map(|new| evidence.attempt = *new).is_some());
                copy.claimed_met &= !copy.evidence.is_empty();
                copy
            })
            .collect();
        let findings = old.findings.iter().filter(|finding| taken(finding.step));
        self.findings = findings
            .map(|finding| {
                let mut copy = finding.clone();
                copy.step = steps[&finding.step];
                copy.raised_by = renamed.get(&finding.raised_by).copied().unwrap_or(finding.raised_by);
                copy.settled_by = finding.settled_by.map(|by| renamed.get(&by).copied().unwrap_or(by));
                copy
            })
            .collect();
    }
}

fn taken_over(result: &Attempt, ids: &dyn Ids, at: Timestamp) -> Attempt {
    let mut copy = result.clone();
    copy.id = ids.attempt();
    copy.number = 1;
    copy.started_at = at;
    copy.finished_at = Some(at);
    copy.usage = Usage::default();
    copy.copied_from = Some(result.id);
    if let Some(handoff) = &mut copy.handoff {
        handoff.id = ids.handoff();
    }
    copy
}
