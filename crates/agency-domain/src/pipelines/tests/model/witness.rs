//! What has been seen of a story so far, and what may follow from it.

use super::super::*;
use crate::approvals::ApprovalState;
use crate::criteria::{Criterion, Proof};
use crate::pipelines::{Ask, Attempt};
use crate::reviews::Verdict;
use crate::testing::checker::state_faults;

/// Remembers a pipeline as it was created, and each event as it was stored.
pub(super) struct Witness {
    created: Pipeline,
    log: Vec<(String, Timestamp)>,
}

impl Witness {
    pub(super) fn of(created: &Pipeline) -> Self {
        Self { created: created.clone(), log: Vec::new() }
    }

    /// Holds one change against everything that must not happen.
    pub(super) fn look(&mut self, before: &Pipeline, after: &Pipeline, events: &[Event], at: Timestamp) -> Result<(), String> {
        self.log.extend(events.iter().map(|event| (serde_json::to_string(event).unwrap(), at)));
        let mut faults = state_faults(after);
        faults.extend(status_fault(before, after, events));
        faults.extend(usage_fault(before, after));
        faults.extend(lost(before, after));
        faults.extend(attempts_changed(before, after, events));
        faults.extend(verdict_faults(events));
        faults.extend(unproven(after));
        if faults.is_empty() { Ok(()) } else { Err(format!("{}\n  from {before:?}\n  by {events:?}", faults.join("; "))) }
    }

    /// The events alone make the pipeline what it is.
    pub(super) fn replayed(&self, pipeline: &Pipeline) -> Result<(), String> {
        let mut replayed = self.created.clone();
        for (written, at) in &self.log {
            let event: Event = serde_json::from_str(written).map_err(|error| format!("{written} cannot be read: {error}"))?;
            replayed.apply(&event, *at);
        }
        if replayed == *pipeline { Ok(()) } else { Err(format!("its events make something else of it:\n  {pipeline:?}\n  {replayed:?}")) }
    }
}

/// The model of the whole: which status may follow which.
fn status_fault(before: &Pipeline, after: &Pipeline, events: &[Event]) -> Option<String> {
    let next: &[&str] = match &before.status {
        PipelineStatus::Queued => &["queued", "running", "paused", "failed", "cancelled"],
        PipelineStatus::Running => &["running", "waiting_for_approval", "paused", "succeeded", "failed", "cancelled"],
        PipelineStatus::WaitingForApproval => &["waiting_for_approval", "running", "paused", "succeeded", "failed", "cancelled"],
        PipelineStatus::Paused(_) => &["paused", "running", "succeeded", "failed", "cancelled"],
        // What has ended stays as it is, unless a person begins a step afresh.
        PipelineStatus::Succeeded | PipelineStatus::Failed(_) | PipelineStatus::Cancelled => {
            let is_retried = events.iter().any(|event| matches!(event, Event::StepRetried { .. }));
            let is_told = |event: &Event| {
                let is_of_a_question =
                    matches!(event, Event::QuestionAsked { .. } | Event::QuestionAnswered { .. } | Event::QuestionFailed { .. });
                is_of_a_question || matches!(event, Event::Observed { .. } | Event::UsageSettled { .. })
            };
            let only_told = events.iter().all(is_told);
            let fits = if is_retried { after.status == PipelineStatus::Running } else { only_told && after.status == before.status };
            return (!fits).then(|| format!("it had ended as {}, and is {}", before.status.as_str(), after.status.as_str()));
        }
    };
    let fits = next.contains(&after.status.as_str());
    (!fits).then(|| format!("{} follows {}", after.status.as_str(), before.status.as_str()))
}

fn usage_fault(before: &Pipeline, after: &Pipeline) -> Option<String> {
    let (was, is) = (before.usage(), after.usage());
    let shrank = is.tokens.total() < was.tokens.total() || is.cost.at_least() < was.cost.at_least();
    shrank.then(|| format!("its usage shrank from {was:?} to {is:?}"))
}

/// What was known once is known for ever, and what was decided stays decided.
fn lost(before: &Pipeline, after: &Pipeline) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            faults.push(what.to_owned());
        }
    };
    let same = |a: &[String], b: &[String]| b.starts_with(a);
    let findings = |of: &Pipeline| of.findings.iter().map(|finding| finding.id.clone()).collect::<Vec<_>>();
    let criteria = |of: &Pipeline| of.criteria.iter().map(|criterion| criterion.id.clone()).collect::<Vec<_>>();
    expect(same(&findings(before), &findings(after)), "a finding is gone");
    expect(same(&criteria(before), &criteria(after)), "a criterion is gone");
    let raised = |finding: &crate::reviews::LedgerFinding| (finding.step, finding.raised_by, finding.round);
    expect(before.findings.iter().zip(&after.findings).all(|(was, is)| raised(was) == raised(is)), "a finding was raised by another");
    let accepted = |criterion: &Criterion| criterion.accepted.clone();
    expect(
        before.criteria.iter().zip(&after.criteria).all(|(was, is)| was.accepted.is_none() || accepted(was) == accepted(is)),
        "an acceptance is gone",
    );
    expect(before.criteria.iter().zip(&after.criteria).all(|(was, is)| is.evidence.starts_with(&was.evidence)), "evidence is gone");
    expect(
        before
            .approvals
            .iter()
            .zip(&after.approvals)
            .all(|(was, is)| was.id == is.id && (was.state == ApprovalState::Pending || was == is))
            && before.approvals.len() <= after.approvals.len(),
        "a decision has changed",
    );
    expect(
        before
            .asks
            .iter()
            .zip(&after.asks)
            .all(|(was, is)| was.id == is.id && (was.answer.is_none() || was == is || *is == revoked(was, is)))
            && before.asks.len() <= after.asks.len(),
        "an answer has changed",
    );
    expect(
        before
            .steers
            .iter()
            .zip(&after.steers)
            .all(|(was, is)| was.id == is.id && (was.delivered_in.is_none() || is.delivered_in.is_some()))
            && before.steers.len() <= after.steers.len(),
        "a message has changed",
    );
    expect(
        before.questions.iter().zip(&after.questions).all(|(was, is)| was.id == is.id && (was.is_open() || was == is))
            && before.questions.len() <= after.questions.len(),
        "a question has changed",
    );
    faults
}

/// No attempt disappears, and one that has ended changes no more, but for what it turns out to have used.
fn attempts_changed(before: &Pipeline, after: &Pipeline, events: &[Event]) -> Vec<String> {
    let settled = |id: AttemptId| events.iter().any(|event| matches!(event, Event::UsageSettled { attempt_id, .. } if *attempt_id == id));
    let mut faults = Vec::new();
    for (_, was) in before.attempts_in_order() {
        let Some((_, is)) = after.attempt(was.id) else {
            faults.push(format!("attempt {} is gone", was.id));
            continue;
        };
        let usage = if settled(was.id) { is.usage } else { was.usage };
        if !was.status.is_open() && *is != (Attempt { usage, ..was.clone() }) {
            faults.push(format!("attempt {} had ended, and changed", was.id));
        }
        if (was.number, &was.session, &was.base_commit, was.started_at) != (is.number, &is.session, &is.base_commit, is.started_at) {
            faults.push(format!("attempt {} is not what was begun", was.id));
        }
    }
    faults
}

/// A verdict is what the hand-off says, and nothing else.
fn verdict_faults(events: &[Event]) -> Option<String> {
    let said = events.iter().find_map(|event| match event {
        Event::HandoffRecorded { handoff, .. } => handoff.record.verdict,
        _ => None,
    });
    let recorded = events.iter().find_map(|event| match event {
        Event::VerdictRecorded { verdict, .. } => Some(*verdict),
        _ => None,
    })?;
    (said != Some(recorded)).then(|| format!("the verdict {recorded:?} was recorded where {said:?} was said"))
}

/// Success needs a proof, or a person's word, for each mandatory criterion that somebody could have met; and an approval by each reviewer.
fn unproven(pipeline: &Pipeline) -> Vec<String> {
    if pipeline.status != PipelineStatus::Succeeded {
        return Vec::new();
    }
    let proven = |criterion: &Criterion| {
        let is_true = criterion.evidence.iter().any(|evidence| match &evidence.proof {
            Proof::File { .. } | Proof::Test { .. } => true,
            Proof::Command { .. } => evidence.head == pipeline.head_commit,
            Proof::Unproven { .. } => false,
        });
        criterion.claimed_met && is_true
    };
    let could_be_met = |criterion: &Criterion| {
        let defined_at = pipeline.index_of(criterion.defined_by).unwrap();
        pipeline.steps[defined_at..].iter().any(|step| step.plan.settings.writes)
    };
    let open = |criterion: &&Criterion| {
        criterion.mandatory && !criterion.withdrawn && criterion.accepted.is_none() && could_be_met(criterion) && !proven(criterion)
    };
    let mut faults: Vec<String> =
        pipeline.criteria.iter().filter(open).map(|criterion| format!("it succeeded without {}", criterion.id)).collect();
    for step in &pipeline.steps {
        let reviews = matches!(&step.plan.kind, StepKind::Agent { on_changes_requested: Some(_), .. });
        let verdict = step.attempts.last().and_then(|attempt| attempt.verdict);
        if reviews && verdict != Some(Verdict::Approved) {
            faults.push(format!("it succeeded with the verdict {verdict:?} of step {}", step.id));
        }
    }
    faults
}

/// A request as it was, with its permission taken back as in `is`.
fn revoked(was: &Ask, is: &Ask) -> Ask {
    let mut ask = was.clone();
    let revocation = is.answer.as_ref().and_then(|answer| answer.grant.as_ref()).and_then(|grant| grant.revoked.clone());
    if let Some(grant) = ask.answer.as_mut().and_then(|answer| answer.grant.as_mut()).filter(|grant| grant.revoked.is_none()) {
        grant.revoked = revocation;
    }
    ask
}
