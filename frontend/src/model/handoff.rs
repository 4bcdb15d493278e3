//! The record of a hand-off, read from its metadata for display.
//!
//! Metadata is open on the wire, and an older or newer server may leave something out: whatever is missing or has another shape is left out here too,
//! and the rendered Markdown beside it still says everything.

use super::json;
use agency_contract::PipelineDetail;
use serde_json::Value;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    pub summary: String,
    pub outcome: String,
    pub decisions: Vec<Decision>,
    pub criteria: Vec<CriterionEntry>,
    pub findings: Vec<FindingEntry>,
    pub failed_approaches: Vec<String>,
    pub open_questions: Vec<Question>,
    pub files_changed: Vec<String>,
    /// What the next agent is told to do, and what to leave alone.
    pub next: String,
    pub do_not: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub id: String,
    pub what: String,
    pub why: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CriterionEntry {
    pub id: String,
    pub text: String,
    pub status: String,
    pub evidence: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingEntry {
    pub id: String,
    pub severity: String,
    /// `src/lib.rs:12`, or empty.
    pub place: String,
    pub claim: String,
    pub status: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub text: String,
    pub blocking: bool,
}

impl Record {
    pub fn read(metadata: &Value) -> Self {
        Self {
            summary: text(metadata, "summary"),
            outcome: text(metadata, "outcome"),
            decisions: list(metadata, "decisions", |entry| Decision {
                id: text(entry, "id"),
                what: own_or(entry, "what"),
                why: text(entry, "why"),
            }),
            criteria: list(metadata, "criteria", |entry| CriterionEntry {
                id: text(entry, "id"),
                text: text(entry, "text"),
                status: text(entry, "status"),
                evidence: list(entry, "evidence", plain),
            }),
            findings: list(metadata, "findings", finding),
            failed_approaches: list(metadata, "failed_approaches", plain),
            open_questions: list(metadata, "open_questions", |entry| Question {
                text: own_or(entry, "text"),
                blocking: entry["blocking"].as_bool().unwrap_or(false),
            }),
            files_changed: list(metadata, "files_changed", |entry| own_or(entry, "path")),
            next: text(&metadata["next"], "instructions"),
            do_not: text(&metadata["next"], "do_not"),
        }
    }
}

/// The ids of what a hand-off says, for others to refer to.
pub fn ids(metadata: &Value) -> Vec<String> {
    let lists = ["criteria", "decisions", "findings", "open_questions"]
        .into_iter()
        .flat_map(|name| list(metadata, name, |entry| text(entry, "id")));
    lists.filter(|id| !id.is_empty()).collect()
}

fn finding(entry: &Value) -> FindingEntry {
    let (file, line) = (text(entry, "file"), entry["line"].as_u64());
    FindingEntry {
        id: text(entry, "id"),
        severity: text(entry, "severity"),
        place: place(&file, line),
        claim: own_or(entry, "claim"),
        status: text(entry, "status"),
    }
}

/// `src/lib.rs:12`, `src/lib.rs`, or nothing.
pub fn place(file: &str, line: Option<u64>) -> String {
    match line {
        Some(line) if !file.is_empty() => format!("{file}:{line}"),
        Some(_) | None => file.to_owned(),
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// An entry that is a plain string, or the named field of one that is an object.
fn own_or(value: &Value, key: &str) -> String {
    value.as_str().map_or_else(|| text(value, key), ToOwned::to_owned)
}

/// An entry as one line: a string as it is, an object as its values.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => fields.values().filter(|field| !field.is_null()).map(plain).collect::<Vec<_>>().join(": "),
        Value::Array(entries) => entries.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Null | Value::Bool(_) | Value::Number(_) => json::line(value),
    }
}

fn list<T>(value: &Value, key: &str, read: impl Fn(&Value) -> T) -> Vec<T> {
    value[key].as_array().map(|entries| entries.iter().map(read).collect()).unwrap_or_default()
}

/// Whether an earlier attempt at the same step left a hand-off.
pub fn has_earlier_handoff(detail: &PipelineDetail, attempt_id: i64) -> bool {
    let step = detail.steps.iter().find(|step| step.attempts.iter().any(|attempt| attempt.id == attempt_id));
    let before = step.into_iter().flat_map(|step| step.attempts.iter().take_while(|attempt| attempt.id != attempt_id));
    before.into_iter().any(|attempt| attempt.handoff.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_full_record_is_read() {
        let record = Record::read(&json!({
            "summary": "Added a box.", "outcome": "done",
            "decisions": [{"id": "D-1", "what": "Plain form", "why": "Works without script"}],
            "criteria": [{"id": "AC-1", "status": "met", "evidence": ["cargo test", {"file": "src/a.rs", "line": 3}]}],
            "findings": [{"id": "F-1", "severity": "major", "file": "src/a.rs", "line": 3, "claim": "No label", "status": "open"}],
            "open_questions": [{"id": "Q-1", "text": "Which colour?", "blocking": true}],
            "files_changed": ["src/a.rs"], "failed_approaches": ["A table"],
            "next": {"instructions": "Test it.", "do_not": ""}
        }));
        assert_eq!(record.decisions[0].why, "Works without script");
        assert_eq!(record.criteria[0].evidence, ["cargo test", "src/a.rs: 3"]);
        assert_eq!(record.findings[0].place, "src/a.rs:3");
        assert!(record.open_questions[0].blocking);
        assert_eq!(record.files_changed, ["src/a.rs"]);
        assert_eq!((record.next.as_str(), record.do_not.as_str()), ("Test it.", ""));
    }

    #[test]
    fn a_record_of_another_shape_is_no_crash() {
        assert_eq!(Record::read(&json!(null)), Record::default());
        assert_eq!(Record::read(&json!({"decisions": "none", "summary": 4, "findings": ["bad"]})).findings[0].claim, "bad");
    }
}
