//! The sections of a prompt, each under its own heading, and the ids that they carry.

use super::Composed;
use agency_domain::CommitId;
use agency_domain::approvals::{ApprovalState, Decision};
use agency_domain::criteria::{Criterion, Proof};
use agency_domain::handoffs::HandoffRecord;
use agency_domain::pipelines::{Attempt, Pipeline, Step};
use agency_domain::reviews::{LedgerFinding, Verdict};
use std::fmt::Write;

#[derive(Default)]
pub(super) struct Sections {
    text: String,
    ids: Vec<String>,
    to_answer_for: Vec<String>,
}

impl Sections {
    pub(super) fn push(&mut self, heading: &str, body: &str) {
        let _ = write!(self.text, "## {heading}\n\n{}\n\n", body.trim_end());
    }

    pub(super) fn finish(self) -> Composed {
        Composed { text: self.text.trim_end().to_owned() + "\n", ids: self.ids, to_answer_for: self.to_answer_for }
    }

    fn note(&mut self, id: &str) {
        if !self.ids.iter().any(|known| known == id) {
            self.ids.push(id.to_owned());
        }
    }

    /// Of what the hand-off has to say something of.
    fn note_to_answer_for(&mut self, id: &str) {
        self.note(id);
        if !self.to_answer_for.iter().any(|known| known == id) {
            self.to_answer_for.push(id.to_owned());
        }
    }

    /// Each criterion with the evidence that there is today.
    pub(super) fn criteria(&mut self, pipeline: &Pipeline) {
        let lines = pipeline.criteria.iter().filter(|criterion| !criterion.withdrawn).map(|criterion| {
            let line = format!("{}: {} ({})", criterion.id, criterion.text, standing(criterion, &pipeline.head_commit));
            (line, Some(criterion.id.clone()))
        });
        self.list("Acceptance criteria", lines.collect());
    }

    /// Decisions with their reasons, and approaches that failed.
    pub(super) fn decisions(&mut self, pipeline: &Pipeline) {
        let mut lines = Vec::new();
        for (agent, record) in records(pipeline) {
            for decision in &record.decisions {
                let id = decision.id.clone();
                let why = if decision.why.is_empty() { String::new() } else { format!(" — because {}", decision.why) };
                lines.push((
                    format!("{}{} (by {agent}){why}", id.as_ref().map(|id| format!("{id}: ")).unwrap_or_default(), decision.what),
                    id,
                ));
            }
            lines.extend(record.failed_approaches.iter().map(|failed| (format!("Tried and failed (by {agent}): {failed}"), None)));
        }
        self.list("Decisions so far", lines);
    }

    fn list(&mut self, heading: &str, lines: Vec<(String, Option<String>)>) {
        if lines.is_empty() {
            return;
        }
        let mut body = String::new();
        for (line, id) in lines {
            let _ = writeln!(body, "- {}", line.replace('\n', "\n  "));
            if let Some(id) = id {
                self.note(&id);
            }
        }
        self.push(heading, &fenced("from earlier steps", &body));
    }

    /// The newest hand-off whole; of the others their summaries.
    pub(super) fn handoffs(&mut self, pipeline: &Pipeline, step: &Step) {
        let attempts: Vec<(&Step, &Attempt)> =
            pipeline.attempts_in_order().into_iter().filter(|(_, attempt)| attempt.handoff.is_some()).collect();
        let Some(((_, newest), earlier)) = attempts.split_last() else {
            return;
        };
        if let Some(handoff) = &newest.handoff {
            self.push("Hand-off from the step before", &fenced("hand-off", &handoff.content_md));
        }
        let mut body = String::new();
        for (from, attempt) in earlier {
            let (Some(agent), Some(handoff)) = (from.agent(), &attempt.handoff) else {
                continue;
            };
            let whose = if from.id == step.id { "you, in an earlier attempt" } else { agent.as_str() };
            let _ = writeln!(body, "- {whose}, attempt {}: {}", attempt.number, handoff.record.summary.replace('\n', "\n  "));
        }
        if !body.is_empty() {
            self.push("Earlier steps", &fenced("summaries", &body));
        }
    }

    /// Only what is open: for the step that is to settle it, and for the reviewer who judges whether it is settled.
    pub(super) fn findings(&mut self, pipeline: &Pipeline, step: &Step) {
        let Some(open) = open_findings(pipeline, step) else { return };
        let mut body = format!("From {}:\n", if open.own { "you, in your last review" } else { open.reviewer });
        for finding in open.findings {
            let place = match (&finding.file, finding.line) {
                (Some(file), Some(line)) => format!(" at {file}:{line}"),
                (Some(file), None) => format!(" in {file}"),
                (None, _) => String::new(),
            };
            let _ = writeln!(body, "- {} ({}){place}: {}", finding.id, finding.severity.as_str(), finding.claim.replace('\n', "\n  "));
            // Whoever reviews again is held to its findings by the rules of a review.
            if finding.severity.is_grave() && !open.own {
                self.note_to_answer_for(&finding.id);
            } else {
                self.note(&finding.id);
            }
        }
        self.push("Open findings", &fenced("findings", &body));
    }

    /// The check that sent the chain back, as long as this step has not worked since.
    pub(super) fn failed_check(&mut self, pipeline: &Pipeline, step: &Step) {
        let Some((_, check)) = pipeline.attempts_in_order().into_iter().rev().find(|(_, attempt)| !attempt.checks.is_empty()) else {
            return;
        };
        let settled = step.attempts.iter().any(|attempt| attempt.id > check.id && attempt.handoff.is_some());
        let Some(failed) = check.checks.iter().find(|run| !run.passed()).filter(|_| !settled) else { return };
        let tail = if failed.tail.trim().is_empty() { "(it printed nothing)" } else { &failed.tail };
        self.push(
            "Failed check",
            &format!("`{}` {}. The end of what it printed:\n\n{}", failed.command, failed.outcome(), fenced("output", tail)),
        );
    }

    /// What people said when they decided, as long as this step has not worked since.
    pub(super) fn comments(&mut self, pipeline: &Pipeline, step: &Step) {
        let worked_at = step.attempts.iter().rev().find(|attempt| attempt.handoff.is_some()).map(|attempt| attempt.started_at);
        for approval in &pipeline.approvals {
            let ApprovalState::Decided { decision, comment: Some(comment), decided_by, at } = &approval.state else {
                continue;
            };
            if worked_at.is_some_and(|worked_at| worked_at > *at) {
                continue;
            }
            let said = match decision {
                Decision::Approve => "approved, and says",
                Decision::RequestChanges => "asks for changes",
                Decision::Reject => "rejected",
            };
            let id = format!("A-{}", approval.id);
            self.push("A person's comment", &format!("{id}: {decided_by} {said}:\n\n{}", fenced("comment", comment)));
            // Every step that has not worked since is told; those that do their work again because of it answer for it.
            let is_before_gate = pipeline.index_of(step.id) < pipeline.index_of(approval.step_id);
            let is_newest = pipeline.approvals.iter().rfind(|other| other.step_id == approval.step_id) == Some(approval);
            if *decision == Decision::RequestChanges && is_before_gate && is_newest {
                self.note_to_answer_for(&id);
            } else {
                self.note(&id);
            }
        }
        for steer in pipeline.steers_for(step.id) {
            let id = format!("M-{}", steer.id);
            self.push("A person's comment", &format!("{id}: {} says:\n\n{}", steer.by, fenced("comment", &steer.text)));
            self.note_to_answer_for(&id);
        }
    }
}

/// Hand-offs in the order in which they were made, with the name of who made them.
fn records(pipeline: &Pipeline) -> impl Iterator<Item = (&str, &HandoffRecord)> {
    pipeline.attempts_in_order().into_iter().filter_map(|(step, attempt)| Some((step.agent()?.as_str(), &attempt.handoff.as_ref()?.record)))
}

/// What the newest review left open.
pub(super) struct OpenFindings<'a> {
    pub(super) reviewer: &'a str,
    pub(super) findings: Vec<&'a LedgerFinding>,
    /// They are this step's own, which now reviews again.
    pub(super) own: bool,
}

/// The open findings that concern `step`: it raised them itself, or the newest review asked for changes and this step has not handed off since.
pub(super) fn open_findings<'a>(pipeline: &'a Pipeline, step: &Step) -> Option<OpenFindings<'a>> {
    let (reviewer, review) = pipeline.attempts_in_order().into_iter().rev().find(|(_, attempt)| attempt.verdict.is_some())?;
    let own = reviewer.id == step.id;
    let settled = step.attempts.iter().any(|attempt| attempt.id > review.id && attempt.handoff.is_some());
    if review.verdict != Some(Verdict::ChangesRequested) || (!own && settled) {
        return None;
    }
    let findings: Vec<_> = pipeline.findings.iter().filter(|finding| finding.is_open() && finding.step == reviewer.id).collect();
    if findings.is_empty() { None } else { Some(OpenFindings { reviewer: reviewer.agent()?.as_str(), findings, own }) }
}

/// How a criterion stands, in a few words.
fn standing(criterion: &Criterion, head: &CommitId) -> String {
    let optional = if criterion.mandatory { "" } else { "optional; " };
    if let Some(acceptance) = &criterion.accepted {
        return format!("{optional}accepted by {}: {}", acceptance.by, acceptance.reason);
    }
    let Some(last) = criterion.evidence.last().filter(|_| criterion.claimed_met) else { return format!("{optional}open") };
    match &last.proof {
        _ if criterion.is_proven(head) => format!("{optional}proven: {}", last.claim),
        Proof::Unproven { why } => format!("{optional}claimed, not proven: {why}"),
        Proof::File { .. } | Proof::Test { .. } | Proof::Command { .. } => format!("{optional}proven on an earlier commit: {}", last.claim),
    }
}

/// Text of others as data: within a fence that the text itself cannot close.
pub(super) fn fenced(label: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{label}\n{}\n{fence}", text.trim_end())
}
