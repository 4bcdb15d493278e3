//! Criteria with their evidence, and findings.

use super::time;
use agency_contract as wire;
use agency_domain::CommitId;
use agency_domain::criteria::{Criterion, Evidence, Proof};
use agency_domain::pipelines::{Pipeline, Step};
use agency_domain::reviews::LedgerFinding;

/// A criterion, with the branch at `head`.
pub(super) fn criterion(criterion: &Criterion, head: &CommitId) -> wire::Criterion {
    wire::Criterion {
        id: criterion.id.clone(),
        text: criterion.text.clone(),
        mandatory: criterion.mandatory,
        status: status(criterion, head),
        evidence: criterion.evidence.iter().map(|each| evidence(each, head)).collect(),
        accepted: criterion.accepted.as_ref().map(|acceptance| wire::Acceptance {
            by: acceptance.by.clone(),
            reason: acceptance.reason.clone(),
            at: time(acceptance.at),
        }),
    }
}

/// What is proven needs nobody's word, even where somebody gave it.
fn status(criterion: &Criterion, head: &CommitId) -> wire::CriterionStatus {
    if criterion.withdrawn {
        wire::CriterionStatus::Withdrawn
    } else if criterion.is_proven(head) {
        wire::CriterionStatus::Proven
    } else if criterion.accepted.is_some() {
        wire::CriterionStatus::Accepted
    } else if criterion.claimed_met {
        wire::CriterionStatus::Claimed
    } else {
        wire::CriterionStatus::Open
    }
}

fn evidence(evidence: &Evidence, head: &CommitId) -> wire::Evidence {
    let (by, why) = match &evidence.proof {
        Proof::File { file } => (Some(format!("{file} is in the branch's diff")), None),
        Proof::Test { test } => (Some(format!("the branch adds the test {test}")), None),
        Proof::Command { command } if evidence.head == *head => (Some(format!("`{command}` exited with 0")), None),
        Proof::Command { command } => (None, Some(format!("`{command}` exited with 0, but the branch has moved on since"))),
        Proof::Unproven { why } => (None, Some(why.clone())),
    };
    wire::Evidence { text: evidence.claim.to_string(), attempt_id: evidence.attempt.0, proven: by.is_some(), by, why }
}

pub(super) fn finding(pipeline: &Pipeline, finding: &LedgerFinding) -> wire::Finding {
    wire::Finding {
        id: finding.id.clone(),
        severity: finding.severity.as_str().into(),
        file: finding.file.clone(),
        line: finding.line,
        claim: finding.claim.clone(),
        status: finding.status.as_str().into(),
        round: finding.round,
        raised_by_attempt: finding.raised_by.0,
        settled_by_attempt: finding.settled_by.map(|id| id.0),
        why_now: finding.why_now.clone(),
        reviewer: pipeline.step(finding.step).map(Step::name).unwrap_or_default().to_owned(),
    }
}
