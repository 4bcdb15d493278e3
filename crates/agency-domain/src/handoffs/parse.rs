//! Reading a record from the hand-off tool's arguments, with faults that a model can mend.

use super::{HandoffRecord, SCHEMA_VERSION};
use serde_json::{Value, json};
use thiserror::Error;

/// Why a hand-off does not fit: the field and what to mend, in words for the model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct HandoffFault(pub String);

/// Longest text of one field, in bytes: a hand-off is a summary, not an archive.
const TEXT_BYTES_MAX: usize = 100_000;
/// Most entries of one list.
const ENTRIES_MAX: usize = 500;

/// Reads the arguments of `submit_handoff`.
///
/// # Errors
/// Names the first field that does not fit and what would.
pub fn parse_arguments(arguments: &Value, verdict_required: bool) -> Result<HandoffRecord, HandoffFault> {
    let Some(object) = arguments.as_object() else {
        return Err(fault("the arguments must be a JSON object with at least summary and outcome"));
    };
    require_text(object, "summary")?;
    require_one_of(object, "outcome", &["done", "no_change_needed", "blocked", "failed"])?;
    if verdict_required || object.get("verdict").is_some_and(|verdict| !verdict.is_null()) {
        require_one_of(object, "verdict", &["approved", "changes_requested", "blocked"])?;
    }
    check_sizes(arguments, "")?;
    let mut agent_part = object.clone();
    agent_part.remove("engine");
    agent_part.insert("schema_version".into(), json!(SCHEMA_VERSION));
    agent_part.retain(|_, value| !value.is_null());
    let record: HandoffRecord =
        serde_json::from_value(Value::Object(agent_part)).map_err(|error| fault(format!("a field has the wrong shape: {error}")))?;
    if record.verdict == Some(crate::reviews::Verdict::ChangesRequested) && record.findings.is_empty() {
        return Err(fault("findings is empty, but verdict is changes_requested: name at least one finding with severity and claim"));
    }
    Ok(record)
}

fn fault(text: impl Into<String>) -> HandoffFault {
    HandoffFault(text.into())
}

fn require_text(object: &serde_json::Map<String, Value>, field: &str) -> Result<(), HandoffFault> {
    match object.get(field).and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => Ok(()),
        Some(_) => Err(fault(format!("{field} is empty: write one to five sentences"))),
        None => Err(fault(format!("{field} is missing or not a string"))),
    }
}

fn require_one_of(object: &serde_json::Map<String, Value>, field: &str, choices: &[&str]) -> Result<(), HandoffFault> {
    match object.get(field).and_then(Value::as_str) {
        Some(word) if choices.contains(&word) => Ok(()),
        Some(word) => Err(fault(format!("{field} is {word:?}; use one of {}", choices.join(", ")))),
        None => Err(fault(format!("{field} is missing; use one of {}", choices.join(", ")))),
    }
}

fn check_sizes(value: &Value, path: &str) -> Result<(), HandoffFault> {
    match value {
        Value::String(text) if text.len() > TEXT_BYTES_MAX => {
            Err(fault(format!("{path} is longer than {TEXT_BYTES_MAX} bytes: shorten it")))
        }
        Value::Array(items) if items.len() > ENTRIES_MAX => {
            Err(fault(format!("{path} has more than {ENTRIES_MAX} entries: keep what matters")))
        }
        Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| check_sizes(item, &format!("{path}[{index}]"))),
        Value::Object(map) => map.iter().try_for_each(|(key, item)| {
            let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            check_sizes(item, &inner)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// The JSON schema of the tool's arguments.
pub fn tool_schema(verdict_required: bool) -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let list = |item: Value, description: &str| json!({ "type": "array", "items": item, "description": description });
    let mut required = vec!["summary", "outcome"];
    if verdict_required {
        required.push("verdict");
    }
    json!({
        "type": "object",
        "required": required,
        "properties": {
            "summary": text("What was done, in one to five sentences."),
            "outcome": { "type": "string", "enum": ["done", "no_change_needed", "blocked", "failed"] },
            "verdict": { "type": "string", "enum": ["approved", "changes_requested", "blocked"], "description": "For reviewing steps." },
            "decisions": list(json!({ "type": "object", "required": ["what"], "properties": {
                "id": text("D-1, D-2, …"), "what": text("What was decided."), "why": text("The reason.") } }), "Decisions that later steps must know."),
            "criteria": list(json!({ "type": "object", "required": ["id"], "properties": {
                "id": text("AC-1, AC-2, …"), "text": text("The criterion, when you define it."), "status": text("open or met"),
                "mandatory": { "type": "boolean", "description": "When you define it: false where the work may end without it." },
                "evidence": list(json!({ "type": "object", "properties": {
                    "file": text("A path that this branch changes."), "line": { "type": "integer", "minimum": 1 },
                    "command": text("A command that you ran and that exited with 0, to the letter."),
                    "test": text("The name of a test that this branch adds or changes."), "note": text("What it shows.") } }),
                    "For a met criterion. It is checked: the file must be in the branch's diff, the command must have run and exited with 0.") } }), "Acceptance criteria."),
            "findings": list(json!({ "type": "object", "required": ["severity", "claim"], "properties": {
                "id": text("F-1, F-2, …: keep an id that you were sent."), "severity": { "type": "string", "enum": ["blocker", "major", "minor", "note"] },
                "file": text("Path from the repository's top."), "line": { "type": "integer", "minimum": 1 },
                "claim": text("What is wrong and what would be right."),
                "status": { "type": "string", "enum": ["open", "fixed", "wont_fix"] },
                "why_now": text("In a later review, for a new finding outside what has changed since: why it was not raised before.") } }), "Review findings."),
            "failed_approaches": list(json!({ "type": "string" }), "What was tried and did not work, and why."),
            "open_questions": list(json!({ "type": "object", "required": ["text"], "properties": {
                "id": text("Q-1, Q-2, …"), "text": text("The question."), "blocking": { "type": "boolean" } } }), "Questions left open."),
            "next": { "type": "object", "properties": { "instructions": text("What the next agent should do."), "do_not": text("What it should leave alone.") } },
            "acknowledged": list(json!({ "type": "string" }), "Ids (AC-1, F-2, …) that you were sent and took into account."),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reviews::Verdict;

    #[test]
    fn a_missing_or_wrong_field_is_named() {
        for (arguments, verdict, field) in [
            (json!([]), false, "object"),
            (json!({ "outcome": "done" }), false, "summary"),
            (json!({ "summary": " ", "outcome": "done" }), false, "summary"),
            (json!({ "summary": "x", "outcome": "ok" }), false, "outcome"),
            (json!({ "summary": "x", "outcome": "done" }), true, "verdict"),
            (json!({ "summary": "x", "outcome": "done", "verdict": "lgtm" }), false, "verdict"),
            (json!({ "summary": "x", "outcome": "done", "verdict": "changes_requested" }), true, "findings"),
            (json!({ "summary": "x", "outcome": "done", "criteria": [{ "text": "no id" }] }), false, "id"),
            (json!({ "summary": "x".repeat(TEXT_BYTES_MAX + 1), "outcome": "done" }), false, "summary"),
        ] {
            let error = parse_arguments(&arguments, verdict).unwrap_err().to_string();
            assert!(error.contains(field), "{field}: {error}");
        }
    }

    #[test]
    fn the_least_hand_off_is_a_summary_and_an_outcome() {
        let record = parse_arguments(&json!({ "summary": "x", "outcome": "done", "decisions": null }), false).unwrap();
        assert_eq!((record.summary.as_str(), record.verdict), ("x", None));
        let review = parse_arguments(&json!({ "summary": "x", "outcome": "done", "verdict": "approved" }), true).unwrap();
        assert_eq!(review.verdict, Some(Verdict::Approved));
    }

    #[test]
    fn an_agent_cannot_fill_in_what_the_engine_knows() {
        let record = parse_arguments(&json!({ "summary": "x", "outcome": "done", "engine": { "files_changed": ["a"] } }), false).unwrap();
        assert!(record.engine.files_changed.is_empty());
    }
}
