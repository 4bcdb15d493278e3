//! The hand-offs of the generic script.

use super::{Criteria, NOTE_FILE, met};
use serde_json::{Value, json};

/// The developer's two ways to work.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Round {
    First,
    Fix,
    SecondFix,
}

pub(super) fn product_owner() -> Value {
    json!({
        "summary": "The request asks for one small change that can be checked by reading a file.",
        "outcome": "done",
        "criteria": [
            { "id": "AC-1", "text": format!("{NOTE_FILE} at the repository's top names the request."), "status": "open" },
            { "id": "AC-2", "text": "The note says in what state it is, and the review has settled it.", "status": "open" },
        ],
        "next": { "instructions": "Plan for one file and nothing else.", "do_not": "Touch any file that is there already." },
        "acknowledged": "{{ids}}",
    })
}

pub(super) fn architect() -> Value {
    json!({
        "summary": format!("One text file, {NOTE_FILE}, at the repository's top."),
        "outcome": "done",
        "decisions": [{ "id": "D-1", "what": "A text file and no code.", "why": "It fits into every repository and cannot break its tests." }],
        "next": { "instructions": format!("Write {NOTE_FILE} with the request in its first line."), "do_not": "Add directories." },
        "acknowledged": "{{ids}}",
    })
}

pub(super) fn designer() -> Value {
    json!({
        "summary": "The note is two lines of plain text: the request and its state.",
        "outcome": "done",
        "decisions": [{ "id": "D-2", "what": "Whole sentences, no markup.", "why": "A person reads it in a diff." }],
        "acknowledged": "{{ids}}",
    })
}

pub(super) fn qa() -> Value {
    json!({
        "summary": format!("{NOTE_FILE} is there and says what was asked."),
        "outcome": "done",
        "verdict": "approved",
        "acknowledged": "{{ids}}",
    })
}

pub(super) fn developer(round: Round, criteria: Criteria) -> Value {
    let record = match round {
        Round::First => json!({
            "summary": format!("Wrote {NOTE_FILE} with the request's first line. It is a draft until somebody has looked at it."),
            "outcome": "done",
            "next": { "instructions": format!("Read {NOTE_FILE}."), "do_not": "Look for code: there is none." },
            "acknowledged": "{{ids}}",
        }),
        Round::Fix => json!({
            "summary": "The note's last line now says that the review has settled it.",
            "outcome": "done",
            "findings": [finding("{{finding}}", "fixed")],
            "acknowledged": "{{ids}}",
        }),
        Round::SecondFix => json!({
            "summary": "The note's last line now says that it was looked at twice.",
            "outcome": "done",
            "findings": [finding("F-2", "fixed")],
            "acknowledged": "{{ids}}",
        }),
    };
    criteria.add_to(record, &[met("AC-1", &[line(1)])])
}

/// It must not quote the line that the reviewer looks for.
const CLAIM: &str = "The note is still a draft: its second line must say that it was settled in the review.";

/// A finding about the note's second line.
fn finding(id: &str, status: &str) -> Value {
    json!({ "id": id, "severity": "major", "file": NOTE_FILE, "line": 2, "claim": CLAIM, "status": status })
}

/// Evidence: a line of the note.
fn line(number: u32) -> Value {
    json!({ "file": NOTE_FILE, "line": number })
}

/// The second review of those that ask twice: the first finding is settled, another one is raised.
pub(super) fn more_changes_requested() -> Value {
    json!({
        "summary": "What was asked for is done. One thing more came with it.",
        "outcome": "done",
        "verdict": "changes_requested",
        "findings": [finding("F-1", "fixed"), finding("F-2", "open")],
        "acknowledged": "{{ids}}",
    })
}

pub(super) fn changes_requested() -> Value {
    json!({
        "summary": "The note names the request, but it is handed in as a draft.",
        "outcome": "done",
        "verdict": "changes_requested",
        "findings": [finding("{{finding}}", "open")],
        "next": { "instructions": "Settle the note's second line.", "do_not": "Change its first line." },
        "acknowledged": "{{ids}}",
    })
}

pub(super) fn approved(criteria: Criteria) -> Value {
    let record = json!({
        "summary": "The note names the request and is settled. Nothing is left to mend.",
        "outcome": "done",
        "verdict": "approved",
        "findings": [finding("{{finding}}", "fixed")],
        "acknowledged": "{{ids}}",
    });
    criteria.add_to(record, &[met("AC-1", &[line(1)]), met("AC-2", &[line(2)])])
}

pub(super) fn nothing_to_do() -> Value {
    json!({
        "summary": "The script has no part for this agent, so it changed nothing.",
        "outcome": "no_change_needed",
        "verdict": "approved",
        "acknowledged": "{{ids}}",
    })
}
