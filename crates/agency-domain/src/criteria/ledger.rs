//! The rows of a pipeline's criteria, and how a hand-off changes them.

use super::{EvidenceClaim, Facts, Proof};
use crate::handoffs::CriterionRecord;
use crate::{AttemptId, CommitId, StepId, Timestamp};
use serde::{Deserialize, Serialize};

/// One acceptance criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// `AC-1`; never changes, never used twice.
    pub id: String,
    pub text: String,
    /// Whether the pipeline may end without it.
    pub mandatory: bool,
    /// Where in the chain it was defined; a later step cannot withdraw it.
    pub defined_by: StepId,
    /// Taken back by a step that may; nobody has to prove it.
    pub withdrawn: bool,
    /// What the newest step that spoke of it says: whether it is met.
    pub claimed_met: bool,
    /// Oldest first.
    pub evidence: Vec<Evidence>,
    pub accepted: Option<Acceptance>,
}

/// A claim with what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub attempt: AttemptId,
    pub claim: EvidenceClaim,
    pub proof: Proof,
    /// Where the branch stood.
    pub head: CommitId,
}

/// A person takes it as met without evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    pub by: String,
    pub reason: String,
    pub at: Timestamp,
}

impl Criterion {
    /// Whether nobody needs to do anything about it, with the branch at `head`.
    pub fn is_settled(&self, head: &CommitId) -> bool {
        !self.mandatory || self.withdrawn || self.accepted.is_some() || self.is_proven(head)
    }

    /// Whether it is claimed to be met, with a claim that is true of the branch as it stands.
    pub fn is_proven(&self, head: &CommitId) -> bool {
        let still_true = |evidence: &Evidence| match &evidence.proof {
            Proof::File { .. } | Proof::Test { .. } => true,
            Proof::Command { .. } => evidence.head == *head,
            Proof::Unproven { .. } => false,
        };
        self.claimed_met && self.evidence.iter().any(still_true)
    }
}

/// The criteria that a hand-off changes, as it leaves them. `may_define_before` tells whether the step may withdraw what another defined.
pub fn updated(
    known: &[Criterion],
    records: &[CriterionRecord],
    by: (StepId, AttemptId),
    may_withdraw: impl Fn(StepId) -> bool,
    facts: Facts<'_>,
    head: &CommitId,
) -> Vec<Criterion> {
    let (step, attempt) = by;
    let mut changed = Vec::new();
    for record in records {
        let before = known.iter().find(|criterion| criterion.id == record.id);
        let Some(mut criterion) = before.cloned().or_else(|| defined(record, step)) else { continue };
        if may_withdraw(criterion.defined_by) {
            criterion.withdrawn = record.status.as_deref() == Some("withdrawn");
            if let Some(text) = record.text.as_ref().filter(|text| !text.trim().is_empty()) {
                criterion.text.clone_from(text);
            }
        }
        criterion.claimed_met = match record.status.as_deref() {
            Some(status) => is_met(status),
            None => !record.evidence.is_empty(),
        };
        if criterion.claimed_met {
            let claims = record.evidence.iter().filter(|claim| !claim.to_string().is_empty());
            let judged = claims.map(|claim| Evidence { attempt, claim: claim.clone(), proof: claim.prove(facts), head: head.clone() });
            criterion.evidence.extend(judged);
        }
        if before != Some(&criterion) {
            changed.push(criterion);
        }
    }
    changed
}

/// A criterion that nobody has spoken of before; without a text there is nothing to hold anybody to.
fn defined(record: &CriterionRecord, step: StepId) -> Option<Criterion> {
    let text = record.text.as_ref().filter(|text| !text.trim().is_empty())?;
    Some(Criterion {
        id: record.id.clone(),
        text: text.clone(),
        mandatory: record.mandatory.unwrap_or(true),
        defined_by: step,
        withdrawn: false,
        claimed_met: false,
        evidence: Vec::new(),
        accepted: None,
    })
}

fn is_met(status: &str) -> bool {
    ["met", "done", "fulfilled", "passed", "verified"].contains(&status.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criteria::BranchFacts;
    use serde_json::json;

    fn head(digit: char) -> CommitId {
        CommitId::parse(&digit.to_string().repeat(40)).unwrap()
    }

    fn records(value: serde_json::Value) -> Vec<CriterionRecord> {
        serde_json::from_value(value).unwrap()
    }

    /// What step `step` in attempt 9 makes of the criteria, with `src/a.rs` changed and `make test` passed.
    fn after(known: &[Criterion], step: i64, value: serde_json::Value) -> Vec<Criterion> {
        let branch = BranchFacts { files: vec!["src/a.rs".into()], added: String::new() };
        let commands = [("make test".to_owned(), Some(0))];
        let facts = Facts { branch: &branch, commands: &commands };
        updated(known, &records(value), (StepId(step), AttemptId(9)), |definer| StepId(step) <= definer, facts, &head('b'))
    }

    fn defined() -> Vec<Criterion> {
        after(&[], 1, json!([{ "id": "AC-1", "text": "It shouts.", "status": "open" }]))
    }

    #[test]
    fn a_claim_needs_evidence_that_is_true() {
        let known = defined();
        assert!(!known[0].is_settled(&head('b')));
        let word = after(&known, 2, json!([{ "id": "AC-1", "status": "met", "evidence": ["trust me"] }]));
        assert!(!word[0].is_settled(&head('b')));
        let proven = after(&known, 2, json!([{ "id": "AC-1", "status": "met", "evidence": ["src/a.rs:3"] }]));
        assert!(proven[0].is_settled(&head('b')));
        let refuted = after(&proven, 3, json!([{ "id": "AC-1", "status": "open", "evidence": ["src/a.rs:3 forgets it"] }]));
        assert!(!refuted[0].is_settled(&head('b')));
    }

    #[test]
    fn a_command_proves_the_commit_that_it_ran_on() {
        let proven = after(&defined(), 2, json!([{ "id": "AC-1", "status": "met", "evidence": [{ "command": "make test" }] }]));
        assert!(proven[0].is_settled(&head('b')) && !proven[0].is_settled(&head('c')));
    }

    #[test]
    fn a_later_step_cannot_withdraw_or_reword_a_criterion() {
        let known = defined();
        let tried = after(&known, 2, json!([{ "id": "AC-1", "text": "Nothing.", "status": "withdrawn" }]));
        assert!(tried.is_empty());
        let by_owner = after(&known, 1, json!([{ "id": "AC-1", "status": "withdrawn" }]));
        assert!(by_owner[0].is_settled(&head('b')));
    }

    #[test]
    fn an_unknown_id_without_a_text_defines_nothing() {
        assert!(after(&[], 2, json!([{ "id": "AC-7", "status": "met", "evidence": ["src/a.rs"] }])).is_empty());
    }
}
