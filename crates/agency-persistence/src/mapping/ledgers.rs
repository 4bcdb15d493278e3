//! Criteria and findings to rows, and back.

use super::{Row, json_of, time_of, word_of};
use crate::rows::{criteria, findings};
use agency_domain::criteria::{Acceptance, Criterion};
use agency_domain::pipelines::StoreError;
use agency_domain::reviews::LedgerFinding;
use agency_domain::{AttemptId, PipelineId, StepId};

pub(crate) fn criterion_row(pipeline: PipelineId, ordinal: usize, criterion: &Criterion) -> criteria::Model {
    let accepted = criterion.accepted.as_ref();
    criteria::Model {
        pipeline_id: pipeline.0,
        id: criterion.id.clone(),
        ordinal: column_of(ordinal),
        text: criterion.text.clone(),
        mandatory: criterion.mandatory,
        withdrawn: criterion.withdrawn,
        claimed_met: criterion.claimed_met,
        defined_by: criterion.defined_by.0,
        evidence_json: json_of(&criterion.evidence),
        accepted_by: accepted.map(|acceptance| acceptance.by.clone()),
        accepted_reason: accepted.map(|acceptance| acceptance.reason.clone()),
        accepted_at: accepted.map(|acceptance| time_of(acceptance.at)),
    }
}

pub(crate) fn criterion_of(model: criteria::Model) -> Result<Criterion, StoreError> {
    let row = Row::new("criteria", &model.id);
    let accepted = match model.accepted_by {
        Some(by) => Some(Acceptance {
            by,
            reason: row.needed("accepted_reason", model.accepted_reason)?,
            at: row.time("accepted_at", row.needed("accepted_at", model.accepted_at.as_deref())?)?,
        }),
        None => None,
    };
    Ok(Criterion {
        text: model.text,
        mandatory: model.mandatory,
        defined_by: StepId(model.defined_by),
        withdrawn: model.withdrawn,
        claimed_met: model.claimed_met,
        evidence: row.json("evidence_json", &model.evidence_json)?,
        accepted,
        id: model.id,
    })
}

pub(crate) fn finding_row(pipeline: PipelineId, ordinal: usize, finding: &LedgerFinding) -> findings::Model {
    findings::Model {
        pipeline_id: pipeline.0,
        id: finding.id.clone(),
        ordinal: column_of(ordinal),
        severity: word_of(&finding.severity),
        file: finding.file.clone(),
        line: finding.line.map(i64::from),
        claim: finding.claim.clone(),
        step_id: finding.step.0,
        raised_by: finding.raised_by.0,
        round: i64::from(finding.round),
        status: word_of(&finding.status),
        settled_by: finding.settled_by.map(|attempt| attempt.0),
        why_now: finding.why_now.clone(),
    }
}

pub(crate) fn finding_of(model: findings::Model) -> Result<LedgerFinding, StoreError> {
    let row = Row::new("findings", &model.id);
    Ok(LedgerFinding {
        severity: row.word("severity", &model.severity)?,
        file: model.file,
        line: model.line.map(|line| row.count("line", line)).transpose()?,
        claim: model.claim,
        step: StepId(model.step_id),
        raised_by: AttemptId(model.raised_by),
        round: row.count("round", model.round)?,
        status: row.word("status", &model.status)?,
        settled_by: model.settled_by.map(AttemptId),
        why_now: model.why_now,
        id: model.id,
    })
}

fn column_of(ordinal: usize) -> i64 {
    i64::try_from(ordinal).expect("a pipeline has few criteria and findings")
}
