//! Criteria and findings in lines.

use super::chain::step_name;
use super::format::insert_sorted;
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

/// What one review did to the findings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Round {
    pub number: u32,
    pub raised: Vec<Finding>,
    pub settled: usize,
    /// How many were open after it.
    pub open: usize,
}

impl Round {
    pub fn line(&self) -> String {
        let open = if self.open == 0 { "none open".to_owned() } else { format!("{} open", self.open) };
        format!("{} raised, {} settled, {open}", self.raised.len(), self.settled)
    }
}

/// The reviews that raised or settled something, the first one first.
pub fn rounds(findings: &[Finding]) -> Vec<Round> {
    let settled_by = |finding: &Finding| finding.settled_by_attempt;
    let mut reviews: Vec<i64> = Vec::new();
    for review in findings.iter().flat_map(|finding| [Some(finding.raised_by_attempt), settled_by(finding)]).flatten() {
        insert_sorted(&mut reviews, review);
    }
    let (mut open, mut number) = (0, 0);
    let round = |review: i64| {
        let raised: Vec<Finding> = findings.iter().filter(|finding| finding.raised_by_attempt == review).cloned().collect();
        let settled = findings.iter().filter(|finding| settled_by(finding) == Some(review)).count();
        open = open + raised.len() - settled;
        number = raised.first().map_or(number + 1, |finding| finding.round);
        Round { number, raised, settled, open }
    };
    reviews.into_iter().map(round).collect()
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
    fn each_review_says_what_it_raised_and_settled_and_what_is_open_after_it() {
        let finding = |id: &str, (round, raised): (u32, i64), settled: Option<i64>| -> Finding {
            serde_json::from_value(
                json!({"id": id, "severity": "major", "file": null, "line": null, "claim": "", "status": "open", "round": round,
                "raised_by_attempt": raised, "settled_by_attempt": settled, "why_now": null, "reviewer": "senior-reviewer"}),
            )
            .unwrap()
        };
        let all = [
            finding("F-2", (2, 7), Some(9)),
            finding("F-1", (1, 4), Some(7)),
            finding("F-3", (2, 7), None),
            finding("F-4", (1, 4), Some(9)),
        ];
        let found = rounds(&all);
        let ids: Vec<Vec<&str>> = found.iter().map(|round| round.raised.iter().map(|finding| finding.id.as_str()).collect()).collect();
        assert_eq!(ids, [vec!["F-1", "F-4"], vec!["F-2", "F-3"], vec![]]);
        let lines: Vec<_> = found.iter().map(|round| (round.number, round.line())).collect();
        assert_eq!(
            lines,
            [
                (1, "2 raised, 0 settled, 2 open".to_owned()),
                (2, "2 raised, 1 settled, 3 open".to_owned()),
                (3, "0 raised, 2 settled, 1 open".to_owned())
            ]
        );
        assert_eq!(Round::default().line(), "0 raised, 0 settled, none open");
        assert!(rounds(&[]).is_empty());
    }
}
