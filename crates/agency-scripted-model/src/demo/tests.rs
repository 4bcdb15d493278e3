//! The demo's work is real: its edits fit its files, its fault is a fault, its mending mends it.

use super::work::{ADD_FLAG, DESCRIBE_FLAG, Edit, FAULTY, FAULTY_LINE, MEND, MENDED, TEST_FLAG, TEST_NO_NAME};
use super::*;
use crate::answer::{Action, Answer, AnswerId, answer};
use crate::asked::tests::asked;
use crate::choice::{Memory, choose};
use crate::fill::OPEN_FINDINGS;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

fn write_repository(directory: &Path) {
    for file in repository_files() {
        std::fs::write(directory.join(file.path), file.content).unwrap();
    }
}

/// Replaces as OpenCode's edit tool does: the old text must be there exactly once.
fn apply(directory: &Path, edit: &Edit) {
    let path = directory.join(edit.path);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(edit.old).count(), 1, "{}: {:?}", edit.path, edit.old);
    std::fs::write(&path, text.replace(edit.old, edit.new)).unwrap();
}

fn run(directory: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("sh").args(arguments).current_dir(directory).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_first_version_passes_its_tests_and_has_the_fault_that_the_review_finds() {
    let directory = tempfile::tempdir().unwrap();
    let tree = directory.path();
    write_repository(tree);
    assert!(run(tree, &["test.sh"]).0);
    [&ADD_FLAG, &TEST_FLAG, &DESCRIBE_FLAG].into_iter().for_each(|edit| apply(tree, edit));
    assert_eq!(run(tree, &["test.sh"]).1.matches("ok ").count(), 3);
    assert_eq!(run(tree, &["greet.sh", "--shout", "Ada"]), (true, "HELLO, ADA!\n".into()));
    let (worked, said) = run(tree, &["greet.sh", "--shout"]);
    assert!(!worked && said.contains("not set") || said.contains("unbound"), "{said}");
    let program = std::fs::read_to_string(tree.join("greet.sh")).unwrap();
    assert_eq!(program.lines().nth(FAULTY_LINE as usize - 1).unwrap().trim(), FAULTY);
    let tests = std::fs::read_to_string(tree.join("test.sh")).unwrap();
    assert!(tests.lines().nth(23 - 1).unwrap().contains("shouts a name"));
}

#[test]
fn the_fix_round_first_fails_its_new_test_and_then_passes_all() {
    let directory = tempfile::tempdir().unwrap();
    let tree = directory.path();
    write_repository(tree);
    [&ADD_FLAG, &TEST_FLAG, &DESCRIBE_FLAG, &TEST_NO_NAME].into_iter().for_each(|edit| apply(tree, edit));
    let (passed, said) = run(tree, &["test.sh"]);
    assert!(!passed && said.contains("FAILED  shouts at the world"), "{said}");
    apply(tree, &MEND);
    let (passed, said) = run(tree, &["test.sh"]);
    assert!(passed && said.matches("ok ").count() == 4, "{said}");
    let tests = std::fs::read_to_string(tree.join("test.sh")).unwrap();
    assert!(tests.lines().nth(24 - 1).unwrap().contains("shouts at the world"));
}

#[test]
fn nothing_but_the_mended_program_has_the_mark_by_which_the_review_approves() {
    let script = serde_json::to_value(script()).unwrap();
    let mut places = Vec::new();
    strings_with_mark(&script, "", &mut places);
    let only_in_the_match_and_the_edit = places.iter().all(|place| place.contains("/match/seen") || place.ends_with("/newString"));
    assert!(!places.is_empty() && only_in_the_match_and_the_edit, "{places:?}");
    assert!(!description().contains(MENDED) && repository_files().iter().all(|file| !file.content.contains(MENDED)));
}

fn strings_with_mark(value: &Value, path: &str, places: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(MENDED) => places.push(path.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| strings_with_mark(item, &format!("{path}/{index}"), places));
        }
        Value::Object(map) => map.iter().for_each(|(key, item)| strings_with_mark(item, &format!("{path}/{key}"), places)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn the_whole_demo_is_said_well_under_a_minute() {
    let fix = format!("{OPEN_FINDINGS}\n\n- F-1\n");
    let turns = [
        ("product-owner", ""),
        ("architect", ""),
        ("developer", ""),
        ("senior-reviewer", ""),
        ("developer", &fix),
        ("senior-reviewer", MENDED),
    ];
    let said: Duration = turns.into_iter().map(|(agent, prompt)| said_within(agent, prompt)).sum();
    assert!(said > Duration::from_secs(5) && said < Duration::from_secs(25), "{said:?}");
}

/// The waits of one agent's turns, with the hand-off tool at hand.
fn said_within(agent: &str, prompt: &str) -> Duration {
    let turns = |turn: usize| {
        let system = json!({ "role": "system", "content": format!("You are the {agent}.") });
        let mut messages = vec![system, json!({ "role": "user", "content": prompt })];
        messages.resize(2 + turn, json!({ "role": "assistant", "content": "" }));
        asked(json!({ "stream": true, "messages": messages, "tools": [{ "function": { "name": "agency_submit_handoff" } }] }))
    };
    let id = AnswerId { number: 1, unix_ms: 1 };
    let answers = (0..9).map(|turn| (choose(&turns(turn), &script(), &mut Memory::default()).step, turn));
    let actions = answers.flat_map(|(step, turn)| match answer(&step, &turns(turn), id) {
        Answer::Body { actions, .. } => actions,
        Answer::Nothing | Answer::Http(_) => panic!("the demo never fails"),
    });
    actions.filter_map(|action| if let Action::Wait(wait) = action { Some(wait) } else { None }).sum()
}
