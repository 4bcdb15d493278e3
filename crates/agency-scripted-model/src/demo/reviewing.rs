//! The senior reviewer's part of the demo. It reads the program beside the diff that it was sent, and judges by what it has seen.

use super::work::{FAULTY_LINE, MENDED, PROGRAM, TESTS};
use super::{paced, read};
use crate::script::{Rule, Step};
use crate::testing::agent;
use serde_json::{Value, json};

pub(super) fn rules() -> Vec<Rule> {
    let reviewer = || agent("senior-reviewer");
    let look = || {
        read(&[PROGRAM, TESTS])
            .thinking("A diff shows what changed, not what it is part of. I read the whole program, with the request beside it. ")
            .saying("I read the change together with the files around it. ")
    };
    let object = Step::handoff(objection()).saying(
        "The flag works for a name, and what worked before still works. But the request also asks for a loud world when no name is given, and there \
         line 11 stops the script. No test would notice. That is one change to ask for. ",
    );
    let approve = Step::handoff(approval()).saying(
        "The default is there, and a test holds it. I went through the three cases of the request once more: each is met, and each has its test. ",
    );
    vec![
        Rule::new("senior-reviewer, approves", reviewer().and_seen(MENDED), paced(vec![look(), approve])),
        Rule::new("senior-reviewer, asks for a change", reviewer(), paced(vec![look(), object])),
    ]
}

/// The finding of the first review. Its words must not quote the mended line, by which the second review decides.
pub(super) fn finding(id: &str, status: &str) -> Value {
    let mut finding = unnumbered_finding();
    finding["id"] = json!(id);
    finding["status"] = json!(status);
    finding
}

fn unnumbered_finding() -> Value {
    json!({
        "severity": "major",
        "file": PROGRAM,
        "line": FAULTY_LINE,
        "claim": "`./greet.sh --shout` without a name stops with `2: parameter not set`, because `set -u` is on and there is no second argument. \
                  The request asks for `HELLO, WORLD!`. Give the name after the flag the same default as the name without it, and add a test for this case.",
        "status": "open",
    })
}

fn objection() -> Value {
    json!({
        "summary": "Clean and small, and it does what was asked for a name. Without a name, --shout fails instead of greeting the world, and no test covers it.",
        "outcome": "done",
        "verdict": "changes_requested",
        "findings": [unnumbered_finding()],
        "next": {
            "instructions": "Begin with a test that fails, then mend the one line.",
            "do_not": "Rework the rest: it is good as it is.",
        },
        "acknowledged": "{{ids}}",
    })
}

fn approval() -> Value {
    json!({
        "summary": "The finding is mended in one line and held by a test. All three cases of the request are met, and nothing else has changed.",
        "outcome": "done",
        "verdict": "approved",
        "findings": [finding("{{finding}}", "fixed")],
        "decisions": [{
            "what": "Letters beyond ASCII stay as tr leaves them.",
            "why": "The request is about being heard across a room; it does not mention them, and a locale-aware way would need more than POSIX sh.",
        }],
        "acknowledged": "{{ids}}",
    })
}
