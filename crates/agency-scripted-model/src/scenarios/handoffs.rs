//! How a model hands off: by the tool, as text, wrongly, twice, never; and OpenCode's own structured output.

use super::Entry;
use crate::script::Step;
use serde_json::{Value, json};

pub(super) const SCENARIOS: &[Entry] = &[
    ("handoff", || vec![Step::handoff(done()), Step::text("Handed off.")]),
    ("handoff_invalid_then_valid", || vec![Step::tool(TOOL, json!({ "summary": 3 })), Step::handoff(done()), Step::text("Handed off.")]),
    ("handoff_always_invalid", || vec![Step::tool(TOOL, json!({ "outcome": "perhaps" })), Step::text("I give up.")]),
    ("handoff_never", || vec![Step::text("I would rather not say.").repeated()]),
    ("handoff_twice", || vec![Step::handoff(done()), Step::handoff(again()), Step::text("Handed off twice.")]),
    ("handoff_blocked", || vec![Step::handoff(blocked()), Step::text("Handed off.")]),
    ("handoff_json_text", || vec![Step::text(fenced(&done()))]),
    ("handoff_bad_json_text", || vec![Step::text("```json\n{\"summary\": \"cut off in the middle of\n```")]),
    ("handoff_markdown", || vec![Step::text(MARKDOWN)]),
    ("reject", || vec![Step::handoff(changes_requested()), Step::text("I asked for a change.")]),
    ("approve", || vec![Step::handoff(approved()), Step::text("Approved.")]),
    ("verdict_missing", || vec![Step::handoff(done()), Step::text("Reviewed.")]),
    ("verdict_unreadable", || vec![Step::text("Looks good to me, more or less.").repeated()]),
    ("structured_late", || vec![Step::text("I would rather talk."), Step::handoff(done())]),
    ("structured_bad", || vec![Step::tool("StructuredOutput", json!({ "nope": 1 })).repeated()]),
];

/// The hand-off tool's name as OpenCode offers it.
pub(crate) const TOOL: &str = "agency_submit_handoff";

const MARKDOWN: &str = "## What was done\n\nI did what was asked.\n\n## Decisions made\n\n- Keep it small.\n\n\
    ## Open questions\n\nNone.\n\n## Next agent context\n\nNothing to look out for.\n";

/// A record as the fenced JSON block that is read when no tool was called.
pub(crate) fn fenced(record: &Value) -> String {
    format!("```json\n{record:#}\n```")
}

fn done() -> Value {
    json!({ "summary": "Did what was asked.", "outcome": "done", "acknowledged": "{{ids}}" })
}

fn again() -> Value {
    json!({ "summary": "Did what was asked, and says so again.", "outcome": "done", "acknowledged": "{{ids}}" })
}

fn blocked() -> Value {
    let question = json!({ "id": "Q-1", "text": "Which of the two files is meant?", "blocking": true });
    json!({ "summary": "The request names a file that is there twice.", "outcome": "blocked", "open_questions": [question] })
}

fn changes_requested() -> Value {
    let finding = json!({ "id": "F-1", "severity": "major", "claim": "There is no test for the change.", "status": "open" });
    json!({ "summary": "A test is missing.", "outcome": "done", "verdict": "changes_requested", "findings": [finding], "acknowledged": "{{ids}}" })
}

fn approved() -> Value {
    json!({ "summary": "The change does what was asked.", "outcome": "done", "verdict": "approved", "acknowledged": "{{ids}}" })
}
