//! The findings of a pipeline, each with an id that never changes, and what a review does to them.

use super::{Finding, Severity, Verdict};
use crate::handoffs::HandoffRecord;
use crate::{AttemptId, StepId};
use serde::{Deserialize, Serialize};

/// One finding, over all rounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerFinding {
    /// `F-3`.
    pub id: String,
    pub severity: Severity,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub claim: String,
    /// The reviewing step; it alone settles its findings.
    pub step: StepId,
    /// The review that raised it.
    pub raised_by: AttemptId,
    /// From 1.
    pub round: u32,
    pub status: FindingStatus,
    /// The review that settled it.
    pub settled_by: Option<AttemptId>,
    /// Why a later round raised it though nothing had changed there.
    pub why_now: Option<String>,
}

/// Where a finding stands, as its reviewer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingStatus {
    Open,
    Fixed,
    WontFix,
}

impl FindingStatus {
    /// The word on the wire and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Fixed => "fixed",
            Self::WontFix => "wont_fix",
        }
    }

    /// Whatever is not plainly settled is open.
    fn parse(word: &str) -> Self {
        match word.trim().to_lowercase().replace([' ', '-'], "_").as_str() {
            "fixed" | "resolved" | "closed" | "done" => Self::Fixed,
            "wont_fix" | "withdrawn" => Self::WontFix,
            _ => Self::Open,
        }
    }
}

impl LedgerFinding {
    pub fn is_open(&self) -> bool {
        self.status == FindingStatus::Open
    }
}

/// What a review is held to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewRules {
    /// The reviewer's open findings of grave severity, from earlier rounds.
    pub open: Vec<String>,
    /// Ids that the ledger knows.
    pub known: Vec<String>,
    /// In a later round: the files that have changed since the last review.
    pub delta: Option<Vec<String>>,
}

impl ReviewRules {
    /// What is wrong with a review, in words for the model; `None` where it can be taken.
    pub fn fault(&self, record: &HandoffRecord) -> Option<String> {
        match record.verdict? {
            Verdict::Approved => self.approval_fault(record),
            Verdict::ChangesRequested => request_fault(record).or_else(|| self.late_fault(record)),
            Verdict::Blocked => None,
        }
    }

    fn approval_fault(&self, record: &HandoffRecord) -> Option<String> {
        if let Some(finding) = record.findings.iter().find(|finding| is_open(finding) && finding.severity.is_grave()) {
            let (name, severity) = (name_of(finding), finding.severity.as_str());
            return Some(format!(
                "verdict is approved, but {name} ({severity}) is open: set its status to fixed or wont_fix, lower its severity, or request changes"
            ));
        }
        let settled = |id: &String| record.findings.iter().any(|finding| finding.id.as_ref() == Some(id) && !is_open(finding));
        let lowered = |id: &String| record.findings.iter().any(|finding| finding.id.as_ref() == Some(id) && !finding.severity.is_grave());
        let left = self.open.iter().find(|id| !settled(id) && !lowered(id))?;
        Some(format!("verdict is approved, but findings does not say what became of {left}: list it with status fixed, wont_fix or open"))
    }

    fn late_fault(&self, record: &HandoffRecord) -> Option<String> {
        let delta = self.delta.as_ref()?;
        let explained = |finding: &&Finding| finding.why_now.as_ref().is_some_and(|why| !why.trim().is_empty());
        let is_new = |finding: &&Finding| finding.id.as_ref().is_none_or(|id| !self.known.contains(id));
        let in_delta = |finding: &&Finding| finding.file.as_ref().is_some_and(|file| delta.contains(file));
        let late = record
            .findings
            .iter()
            .find(|finding| is_new(finding) && finding.severity.is_grave() && !in_delta(finding) && !explained(finding))?;
        Some(format!(
            "{} is new, and not about what has changed since your last review: say in its why_now why it was not raised before, or leave it out",
            name_of(late)
        ))
    }
}

fn request_fault(record: &HandoffRecord) -> Option<String> {
    let asks = record.findings.iter().any(|finding| is_open(finding) && finding.severity.is_grave());
    (!asks).then(|| {
        "verdict is changes_requested, but no open finding is a blocker or major, and only those ask for a round: approve, or say what must change"
            .to_owned()
    })
}

fn is_open(finding: &Finding) -> bool {
    FindingStatus::parse(&finding.status) == FindingStatus::Open
}

fn name_of(finding: &Finding) -> String {
    finding.id.clone().unwrap_or_else(|| format!("the finding {:?}", finding.claim.chars().take(60).collect::<String>()))
}

/// What a review does to the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// New, or open again.
    pub opened: Vec<LedgerFinding>,
    /// Fixed, or let go.
    pub closed: Vec<LedgerFinding>,
    /// Still open, in other words or with another severity.
    pub reworded: Vec<LedgerFinding>,
}

impl Review {
    /// Reads a review's findings against the ledger. A finding of another reviewer's is left as it is.
    pub fn of(ledger: &[LedgerFinding], record: &HandoffRecord, by: (StepId, AttemptId), round: u32) -> Self {
        let mut review = Self::default();
        for finding in &record.findings {
            let Some(id) = finding.id.clone() else { continue };
            let before = ledger.iter().find(|known| known.id == id);
            if before.is_some_and(|known| known.step != by.0) {
                continue;
            }
            let now = entry(id, finding, before, by, round);
            match (before.map(LedgerFinding::is_open), now.is_open()) {
                (None | Some(false), true) => review.opened.push(now),
                (Some(true), false) => review.closed.push(now),
                (Some(true), true) if before != Some(&now) => review.reworded.push(now),
                // Raised and settled at once, or settled as before: worth no row, and no news.
                (None | Some(false), false) | (Some(true), true) => {}
            }
        }
        review
    }

    /// Whether the round brought nothing: it closed no finding and raised none of grave severity.
    pub fn is_standstill(&self) -> bool {
        self.closed.is_empty() && !self.opened.iter().any(|finding| finding.severity.is_grave())
    }
}

fn entry(id: String, finding: &Finding, before: Option<&LedgerFinding>, (step, attempt): (StepId, AttemptId), round: u32) -> LedgerFinding {
    let status = FindingStatus::parse(&finding.status);
    LedgerFinding {
        id,
        severity: finding.severity,
        file: finding.file.clone().or_else(|| before.and_then(|known| known.file.clone())),
        line: finding.line.or_else(|| before.and_then(|known| known.line)),
        claim: finding.claim.clone(),
        step,
        raised_by: before.map_or(attempt, |known| known.raised_by),
        round: before.map_or(round, |known| known.round),
        status,
        settled_by: (status != FindingStatus::Open).then_some(attempt),
        why_now: finding.why_now.clone().or_else(|| before.and_then(|known| known.why_now.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoffs::parse_arguments;
    use serde_json::{Value, json};

    const REVIEWER: StepId = StepId(4);

    fn record(verdict: &str, findings: Value) -> HandoffRecord {
        let mut record = parse_arguments(&json!({ "summary": "x", "outcome": "done", "verdict": "approved" }), true).unwrap();
        record.verdict = serde_json::from_value(json!(verdict)).unwrap();
        record.findings = serde_json::from_value(findings).unwrap();
        record
    }

    fn finding(id: &str, severity: &str, status: &str) -> Value {
        json!({ "id": id, "severity": severity, "claim": "wrong", "status": status, "file": "src/a.rs" })
    }

    /// F-1 (major) and F-2 (minor), both open.
    fn ledger() -> Vec<LedgerFinding> {
        let first = record("changes_requested", json!([finding("F-1", "major", "open"), finding("F-2", "minor", "open")]));
        Review::of(&[], &first, (REVIEWER, AttemptId(5)), 1).opened
    }

    #[test]
    fn a_finding_keeps_its_id_and_its_first_round() {
        let second = record("changes_requested", json!([finding("F-1", "major", "fixed"), finding("F-3", "blocker", "open")]));
        let review = Review::of(&ledger(), &second, (REVIEWER, AttemptId(9)), 2);
        let [closed] = review.closed.as_slice() else { panic!("{review:?}") };
        assert_eq!((closed.id.as_str(), closed.round, closed.raised_by, closed.settled_by), ("F-1", 1, AttemptId(5), Some(AttemptId(9))));
        assert_eq!((review.opened[0].id.as_str(), review.opened[0].round), ("F-3", 2));
        assert!(!review.is_standstill());
    }

    #[test]
    fn a_round_that_closes_nothing_and_raises_nothing_grave_stands_still() {
        let again = record("changes_requested", json!([finding("F-1", "major", "open"), finding("F-3", "note", "open")]));
        assert!(Review::of(&ledger(), &again, (REVIEWER, AttemptId(9)), 2).is_standstill());
    }

    #[test]
    fn only_its_own_reviewer_settles_a_finding() {
        let other = record("approved", json!([finding("F-1", "major", "fixed")]));
        assert_eq!(Review::of(&ledger(), &other, (StepId(9), AttemptId(9)), 1), Review::default());
    }

    #[test]
    fn a_status_that_nobody_knows_is_open() {
        let odd = record("changes_requested", json!([finding("F-1", "major", "probably fine")]));
        assert!(Review::of(&ledger(), &odd, (REVIEWER, AttemptId(9)), 2).closed.is_empty());
    }

    #[test]
    fn a_review_that_contradicts_itself_is_not_taken() {
        let rules = ReviewRules { open: vec!["F-1".into()], known: vec!["F-1".into(), "F-2".into()], delta: Some(vec!["src/b.rs".into()]) };
        for (verdict, findings, fault) in [
            ("approved", json!([finding("F-1", "major", "open")]), Some("F-1 (major) is open")),
            ("approved", json!([]), Some("what became of F-1")),
            ("approved", json!([finding("F-1", "major", "wont_fix")]), None),
            ("approved", json!([finding("F-1", "minor", "open")]), None),
            ("changes_requested", json!([finding("F-1", "minor", "open")]), Some("only those ask for a round")),
            ("changes_requested", json!([finding("F-1", "major", "open")]), None),
            ("changes_requested", json!([finding("F-3", "major", "open")]), Some("F-3 is new")),
            ("blocked", json!([]), None),
        ] {
            let found = rules.fault(&record(verdict, findings.clone()));
            match fault {
                None => assert_eq!(found, None, "{verdict} {findings}"),
                Some(part) => assert!(found.as_ref().is_some_and(|found| found.contains(part)), "{verdict} {findings}: {found:?}"),
            }
        }
        let mut explained = record("changes_requested", json!([finding("F-3", "major", "open")]));
        explained.findings[0].why_now = Some("The test that shows it is new.".into());
        assert_eq!(rules.fault(&explained), None);
    }
}
