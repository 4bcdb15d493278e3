//! Streams that break off, lie or fall silent.

use super::Entry;
use crate::script::{Fault, Step};
use serde_json::json;

pub(super) const SCENARIOS: &[Entry] = &[
    ("drop", || broken(Fault::ResetAfter(3))),
    ("drop_once", || vec![Step::text("Recovered after the drop.").failing_first(1, counting().with_fault(Fault::ResetAfter(3)))]),
    ("drop_clean", || broken(Fault::EndAfter(3))),
    ("no_done", || broken(Fault::NoDone)),
    ("drop_tool", drop_tool),
    ("sse_error", || {
        broken(Fault::ErrorObject(json!({ "error": { "message": "upstream exploded", "type": "server_error", "code": 500 } })))
    }),
    ("garbage", || broken(Fault::Raw("this is no event stream\n\u{0}\u{1}{{{\n\n".into()))),
    ("garbage_json", || broken(Fault::Raw("data: {not json}\n\n".into()))),
    ("hang", || broken(Fault::HangBeforeFirstChunk)),
    ("hang_headers", || broken(Fault::HangBeforeHeaders)),
    ("hang_mid", || broken(Fault::HangAfter(3))),
];

/// Six chunks, of which the faults let three pass.
fn counting() -> Step {
    Step::text("one two three four five six")
}

fn broken(fault: Fault) -> Vec<Step> {
    vec![counting().with_fault(fault).repeated()]
}

/// Breaks off after the first half of a tool call's arguments.
fn drop_tool() -> Vec<Step> {
    let call = Step::tool("write", json!({ "filePath": "{{cwd}}/half.txt", "content": "x".repeat(400) }));
    vec![call.with_fault(Fault::ResetAfter(1)).repeated()]
}
