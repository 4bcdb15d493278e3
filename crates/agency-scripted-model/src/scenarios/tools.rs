//! What a model does with OpenCode's own tools, well and badly.

use super::Entry;
use crate::script::Step;
use serde_json::{Value, json};

pub(super) const SCENARIOS: &[Entry] = &[
    ("write", || vec![write("hello.txt", "hi\n"), Step::text("Wrote it.")]),
    ("edit", edit),
    ("bash", || vec![bash("echo one; sleep 1; echo two").saying("Running. "), Step::text("Ran it.")]),
    ("bashlong", || vec![bash("sleep 300"), Step::text("Slept.")]),
    ("parallel", parallel),
    ("todo", todo),
    ("question", question),
    ("subagent", subagent),
    ("outside", || {
        vec![Step::tool("write", json!({ "filePath": "/elsewhere/outside.txt", "content": "x" })), Step::text("Wrote outside.")]
    }),
    ("hugebash", || vec![bash("seq 1 400000"), Step::text("Much.")]),
    ("unknown_tool", || vec![Step::tool("no_such_tool", json!({ "a": 1 })), Step::text("Went on.")]),
    ("bad_args", || vec![Step::tool("write", json!("{\"filePath\": 12")), Step::text("Went on.")]),
    ("missing_args", || vec![Step::tool("write", json!({ "content": "x" })), Step::text("Went on.")]),
    ("doom", || vec![bash("true").repeated()]),
];

fn bash(command: &str) -> Step {
    Step::tool("bash", json!({ "command": command, "description": "Runs a command" }))
}

fn write_args(file: &str, content: &str) -> Value {
    json!({ "filePath": format!("{{{{cwd}}}}/{file}"), "content": content })
}

fn write(file: &str, content: &str) -> Step {
    Step::tool("write", write_args(file, content))
}

/// Edits what `write` has written.
fn edit() -> Vec<Step> {
    let path = "{{cwd}}/hello.txt";
    vec![
        Step::tool("read", json!({ "filePath": path })),
        Step::tool("edit", json!({ "filePath": path, "oldString": "hi", "newString": "bye" })),
        Step::text("Edited."),
    ]
}

fn parallel() -> Vec<Step> {
    let calls = (1..=3).fold(Step::default(), |step, number| step.and_tool("write", write_args(&format!("parallel-{number}.txt"), "p\n")));
    vec![calls, Step::text("Three written.")]
}

fn todo() -> Vec<Step> {
    let item = |content: &str, status: &str| json!({ "content": content, "status": status, "priority": "high" });
    vec![
        Step::tool("todowrite", json!({ "todos": [item("read the request", "in_progress"), item("write the change", "pending")] })),
        Step::text("Planned."),
    ]
}

fn question() -> Vec<Step> {
    let options = json!([{ "label": "sqlite", "description": "embedded" }, { "label": "postgres", "description": "a server" }]);
    let question = json!({ "question": "Which database?", "header": "Database", "options": options });
    vec![Step::tool("question", json!({ "questions": [question] })), Step::text("Thanks for the answer.")]
}

fn subagent() -> Vec<Step> {
    let task = json!({ "description": "a job apart", "prompt": "[[mock:text]] say done", "subagent_type": "general" });
    vec![Step::tool("task", task), Step::text("The subagent has finished.")]
}
