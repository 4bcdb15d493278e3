//! The scripted model under the real OpenCode: what it says arrives, and the tools it calls are run.
#![expect(clippy::unwrap_used, reason = "a helper that fails ends its test")]

mod server;

use agency_scripted_model::{Options, Script, ScriptedModel, demo, testing};
use serde_json::{Value, json};
use server::OpenCode;
use std::path::Path;

const AGENTS: [&str; 4] = ["product-owner", "architect", "developer", "senior-reviewer"];

struct Stage {
    tree: tempfile::TempDir,
    model: ScriptedModel,
    opencode: OpenCode,
}

impl Stage {
    async fn set(script: Script) -> Self {
        let model = ScriptedModel::start(Options { script, ..Options::default() }).unwrap();
        let mut config = model.opencode_config();
        config["agent"] =
            AGENTS.iter().map(|name| (*name, json!({ "mode": "primary", "prompt": format!("You are the {name}.") }))).collect();
        Self { tree: tempfile::tempdir().unwrap(), opencode: OpenCode::start(&config).await, model }
    }

    async fn prompt(&self, agent: &str, model: &str, text: &str) -> Vec<Value> {
        self.opencode.prompt(self.tree.path(), agent, model, text).await
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.tree.path().join(path)).unwrap()
    }
}

/// All text of all assistant messages.
fn text(messages: &[Value]) -> String {
    parts(messages, "text").filter_map(|part| part["text"].as_str()).collect()
}

fn parts<'a>(messages: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let assistant = messages.iter().filter(|message| message["info"]["role"] == "assistant");
    assistant.flat_map(|message| message["parts"].as_array().unwrap()).filter(move |part| part["type"] == kind)
}

/// The hand-off that stands in the text, as no tool takes it here.
fn handoff(messages: &[Value]) -> Value {
    let text = text(messages);
    let (_before, fenced) = text.split_once("```json").unwrap();
    serde_json::from_str(fenced.split_once("```").unwrap().0).unwrap()
}

#[actix_web::test]
async fn opencode_receives_text_runs_tools_and_names_its_session() {
    let stage = Stage::set(Script::default()).await;
    let said = stage.prompt("build", "text", "go").await;
    assert_eq!((text(&said).as_str(), &said[1]["info"]["finish"]), ("Done with it.", &json!("stop")));
    let reasoned = stage.prompt("build", "reasoning", "go").await;
    assert_eq!(parts(&reasoned, "reasoning").count(), 1);

    let wrote = stage.prompt("build", "m1", "[[mock:write]] go").await;
    let tools: Vec<&Value> = parts(&wrote, "tool").collect();
    assert_eq!((&tools[0]["tool"], &tools[0]["state"]["status"]), (&json!("write"), &json!("completed")));
    assert_eq!((stage.read("hello.txt").as_str(), text(&wrote).as_str()), ("hi\n", "Wrote it."));

    let sessions: Vec<Value> = [&said, &reasoned, &wrote].iter().map(|messages| messages[0]["info"]["sessionID"].clone()).collect();
    let asked = stage.model.requests();
    let heard: Vec<Value> = [0, 1, 2, 3].iter().map(|index: &usize| json!(asked[*index].session)).collect();
    assert_eq!(heard, [&sessions[0], &sessions[1], &sessions[2], &sessions[2]].map(Clone::clone));
    assert_eq!((asked[3].turn, asked[3].user.as_str()), (1, "[[mock:write]] go"));
    assert!(asked[3].results.contains("Wrote file") && asked[3].tools.iter().any(|tool| tool == "bash"), "{:?}", asked[3]);
}

#[actix_web::test]
async fn the_demo_does_its_work_with_a_review_that_asks_for_a_change_and_then_approves() {
    let stage = Stage::set(demo::script().unpaced()).await;
    for file in demo::repository_files() {
        std::fs::write(stage.tree.path().join(file.path), file.content).unwrap();
    }
    let request = format!("## The request\n\n{}\n{}", demo::title(), demo::description());
    let with_criteria = format!("{request}\n\n- AC-1: shouts\n");
    let ask = async |agent: &str, prompt: &str| stage.prompt(agent, "demo", prompt).await;

    assert_eq!(handoff(&ask("product-owner", &request).await)["criteria"].as_array().unwrap().len(), 4);
    assert_eq!(handoff(&ask("architect", &with_criteria).await)["acknowledged"], json!(["AC-1"]));
    let first = ask("developer", &with_criteria).await;
    assert_all_completed(&first);
    assert_eq!(handoff(&ask("senior-reviewer", &request).await)["verdict"], "changes_requested");
    let fix = ask("developer", &format!("{with_criteria}\n## Open findings\n\n- F-1 (major): no name\n")).await;
    assert_all_completed(&fix);
    assert_eq!(handoff(&fix)["findings"][0]["id"], "F-1");
    assert_eq!(test_runs(&fix), ["FAILED", "ok"]);
    assert_eq!(handoff(&ask("senior-reviewer", &request).await)["verdict"], "approved");
}

#[actix_web::test]
async fn the_generic_script_works_in_a_directory_that_it_does_not_know() {
    let stage = Stage::set(Script::default()).await;
    let ask = async |agent: &str, prompt: &str| stage.prompt(agent, "m1", prompt).await;
    let request = "## The request\n\nAdd something\n";
    assert_all_completed(&ask("developer", request).await);
    assert_eq!(handoff(&ask("senior-reviewer", request).await)["verdict"], "changes_requested");
    let fix = ask("developer", "## The request\n\nAdd something\n\n## Open findings\n\n- F-1: a draft\n").await;
    assert_all_completed(&fix);
    assert_eq!(stage.read(testing::NOTE_FILE), format!("A note on this request: Add something\n{}\n", testing::SETTLED));
    assert_eq!(handoff(&ask("senior-reviewer", request).await)["verdict"], "approved");
}

fn assert_all_completed(messages: &[Value]) {
    let failed: Vec<&Value> = parts(messages, "tool").filter(|part| part["state"]["status"] != "completed").collect();
    assert!(parts(messages, "tool").count() > 0 && failed.is_empty(), "{failed:?}");
}

/// How each run of the tests ended.
fn test_runs(messages: &[Value]) -> Vec<&'static str> {
    let runs = parts(messages, "tool").filter(|part| part["tool"] == "bash");
    runs.map(|part| if part["state"]["output"].as_str().unwrap().contains("FAILED") { "FAILED" } else { "ok" }).collect()
}

/// Where the real OpenCode is: `AGENCY_OPENCODE__BIN`, else the workspace's own.
fn opencode_binary() -> std::path::PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../node_modules/.bin/opencode");
    let binary = std::env::var_os("AGENCY_OPENCODE__BIN").map_or(installed, Into::into);
    let found = binary.canonicalize();
    assert!(
        found.is_ok(),
        "there is no OpenCode at {}: run `npm ci` in the repository, or name one by AGENCY_OPENCODE__BIN",
        binary.display()
    );
    found.unwrap()
}
