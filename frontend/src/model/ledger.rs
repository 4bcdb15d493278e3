//! Criteria and findings in lines.

use super::chain::step_name;
use super::status::{Badge, Tone};
use agency_contract::{Criterion, Evidence, Finding, PipelineDetail, Step};

/// The steps that can stand behind a criterion, by their numbers: those that were attempted.
pub fn columns(detail: &PipelineDetail) -> Vec<(u32, String)> {
    let attempted = detail.steps.iter().filter(|step| !step.attempts.is_empty());
    attempted.map(|step| (step.order_index + 1, step_name(step))).collect()
}

/// What each of the steps in `columns` says of a criterion.
pub fn cells(detail: &PipelineDetail, criterion: &Criterion) -> Vec<Option<Badge>> {
    let attempted = detail.steps.iter().filter(|step| !step.attempts.is_empty());
    let cell = |step: &Step| {
        let is_of = |evidence: &&Evidence| step.attempts.iter().any(|attempt| attempt.id == evidence.attempt_id);
        let all = criterion.evidence.iter().filter(is_of);
        all.max_by_key(|evidence| evidence.proven).map(|evidence| line(evidence).0)
    };
    attempted.map(cell).collect()
}

/// What stands behind a criterion, line by line: what was named, and what proves it or why it proves nothing.
pub fn evidence_lines(criterion: &Criterion) -> Vec<(Badge, String)> {
    let evidence = criterion.evidence.iter().map(line);
    let accepted = criterion.accepted.iter().map(|accepted| {
        let badge = Badge { glyph: "✓", label: "Accepted", tone: Tone::Good };
        (badge, format!("accepted by {}: {}", accepted.by, accepted.reason))
    });
    let mut lines: Vec<(Badge, String)> = Vec::new();
    for line in evidence.chain(accepted) {
        // Each attempt names its evidence anew.
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn line(evidence: &Evidence) -> (Badge, String) {
    let with =
        |reason: &Option<String>| reason.as_ref().map_or_else(|| evidence.text.clone(), |reason| format!("{}: {reason}", evidence.text));
    if evidence.proven {
        (Badge { glyph: "✓", label: "Proves it", tone: Tone::Good }, with(&evidence.by))
    } else {
        (Badge { glyph: "○", label: "Proves nothing", tone: Tone::Quiet }, with(&evidence.why))
    }
}

/// The findings by the round that raised them, the first round first.
pub fn rounds(findings: &[Finding]) -> Vec<(u32, Vec<Finding>)> {
    let mut rounds: Vec<(u32, Vec<Finding>)> = Vec::new();
    for finding in findings {
        match rounds.iter_mut().find(|(number, _)| *number == finding.round) {
            Some((_, round)) => round.push(finding.clone()),
            None => rounds.push((finding.round, vec![finding.clone()])),
        }
    }
    rounds.sort_by_key(|(number, _)| *number);
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn evidence_says_what_proves_it_and_why_it_proves_nothing() {
        let criterion: Criterion = serde_json::from_value(json!({"id": "AC-1", "text": "", "mandatory": true, "status": "accepted",
            "evidence": [{"text": "src/a.rs:3", "attempt_id": 1, "proven": true, "by": "src/a.rs is in the branch's diff", "why": null},
                {"text": "src/a.rs:3", "attempt_id": 2, "proven": true, "by": "src/a.rs is in the branch's diff", "why": null},
                {"text": "cargo test", "attempt_id": 1, "proven": false, "by": null, "why": "it was not run"}],
            "accepted": {"by": "kim", "reason": "seen it", "at": ""}}))
        .unwrap();
        let lines: Vec<_> = evidence_lines(&criterion).into_iter().map(|(badge, text)| (badge.label, text)).collect();
        assert_eq!(
            lines,
            [
                ("Proves it", "src/a.rs:3: src/a.rs is in the branch's diff".to_owned()),
                ("Proves nothing", "cargo test: it was not run".to_owned()),
                ("Accepted", "accepted by kim: seen it".to_owned())
            ]
        );
    }

    #[test]
    fn findings_stand_under_the_round_that_raised_them() {
        let finding = |id: &str, round: u32| -> Finding {
            serde_json::from_value(
                json!({"id": id, "severity": "major", "file": null, "line": null, "claim": "", "status": "open", "round": round,
                "raised_by_attempt": 1, "settled_by_attempt": null, "why_now": null, "reviewer": "senior-reviewer"}),
            )
            .unwrap()
        };
        let found = rounds(&[finding("F-2", 2), finding("F-1", 1), finding("F-3", 2)]);
        let ids: Vec<_> = found
            .iter()
            .map(|(round, findings)| (*round, findings.iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>()))
            .collect();
        assert_eq!(ids, [(1, vec!["F-1"]), (2, vec!["F-2", "F-3"])]);
    }
}
