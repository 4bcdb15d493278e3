//! Rule choice and step choice, without a wire.

use super::*;
use crate::asked::tests::asked;
use serde_json::{Value, json};

fn ask(model: &str, system: &str, user: &str, turns: usize) -> Asked {
    let mut messages = vec![json!({"role": "system", "content": system}), json!({"role": "user", "content": user})];
    messages.extend((0..turns).flat_map(|turn| {
        [json!({"role": "assistant", "content": "x"}), json!({"role": "tool", "content": format!("result of turn {turn}")})]
    }));
    asked(json!({"model": model, "messages": messages, "tools": [{"function": {"name": "agency_submit_handoff"}}]}))
}

fn from_json(script: Value) -> Script {
    serde_json::from_value(script).unwrap()
}

fn said(asked: &Asked, script: &Script) -> String {
    choose(asked, script, &mut Memory::default()).step.text
}

#[test]
fn the_first_rule_that_matches_wins_and_all_of_its_substrings_must_be_there() {
    let script = from_json(json!({"rules": [
        {"match": {"system": "developer", "user": ["a", "b"]}, "steps": [{"text": "both"}]},
        {"match": {"system": "developer"}, "steps": [{"text": "developer"}]},
        {"match": {"tool": "no_such_tool"}, "steps": [{"text": "never"}]},
        {"match": {"tool": "submit_handoff", "model": "m9"}, "steps": [{"text": "by tool and model"}]},
    ]}));
    assert_eq!(said(&ask("x", "You are the developer", "a and b", 0), &script), "both");
    assert_eq!(said(&ask("x", "You are the developer", "a only", 0), &script), "developer");
    assert_eq!(said(&ask("m9", "You are the qa", "a and b", 0), &script), "by tool and model");
}

#[test]
fn a_rule_can_look_at_what_tools_have_answered_since() {
    let script = from_json(json!({"rules": [
        {"match": {"seen": "result of turn 0"}, "steps": [{"text": "read"}, {"text": "seen"}]},
        {"steps": [{"text": "read"}, {"text": "not seen"}]},
    ]}));
    assert_eq!(said(&ask("x", "", "go", 0), &script), "read");
    assert_eq!(said(&ask("x", "", "go", 1), &script), "seen");
}

#[test]
fn the_step_goes_by_turn_and_past_the_end_the_work_is_done_unless_the_last_step_repeats() {
    let steps = json!([{"text": "one"}, {"text": "two"}]);
    let script = from_json(json!({"rules": [{"match": {"user": "again"}, "steps": [{"text": "same", "repeat": true}]}, {"steps": steps}]}));
    let texts: Vec<String> = (0..3).map(|turn| said(&ask("x", "", "go", turn), &script)).collect();
    assert_eq!(texts, ["one", "two", "Done."]);
    assert_eq!(said(&ask("x", "", "again", 7), &script), "same");
}

#[test]
fn scripts_are_dealt_out_by_session_and_by_calls_counts_requests() {
    let script = from_json(json!({"rules": [
        {"match": {"user": "review"}, "scripts": [[{"text": "reject"}], [{"text": "approve"}]]},
        {"by_calls": [{"text": "first"}, {"text": "second"}]},
    ]}));
    let mut memory = Memory::default();
    let mut say = |session: &str, user: &str| {
        let mut asked = ask("x", "", user, 0);
        asked.session = Some(session.to_owned());
        choose(&asked, &script, &mut memory).step.text
    };
    assert_eq!(
        [say("a", "review"), say("a", "review"), say("b", "review"), say("c", "review"), say("a", "review")],
        ["reject", "reject", "approve", "approve", "reject"]
    );
    assert_eq!([say("a", "x"), say("b", "x"), say("c", "x")], ["first", "second", "Done."]);
}

#[test]
fn fail_first_counts_per_session() {
    let script = from_json(json!({"rules": [{"steps": [{"text": "worked", "fail_first": {"times": 2, "with": {"text": "failed"}}}]}]}));
    let mut memory = Memory::default();
    let mut say = |session: &str| {
        let mut asked = ask("x", "", "go", 0);
        asked.session = Some(session.to_owned());
        choose(&asked, &script, &mut memory).step.text
    };
    assert_eq!([say("a"), say("a"), say("b"), say("a"), say("b"), say("b")], ["failed", "failed", "failed", "worked", "failed", "worked"]);
}

#[test]
fn a_directive_goes_before_rules_and_an_agents_own_before_a_general_one() {
    let script = Script::always(vec![Step::text("by rule")]);
    let scenario = |system: &str, user: &str| choose(&ask("x", system, user, 0), &script, &mut Memory::default()).scenario;
    assert_eq!(scenario("", "[[mock:hang]] and then [[mock:length]]"), "length");
    assert_eq!(scenario("You are the developer.", "[[mock:developer=hang]] [[mock:length]]"), "hang");
    assert_eq!(scenario("You are the architect.", "[[mock:developer=hang]] [[mock:length]]"), "length");
    assert_eq!(scenario("You are the architect.", "[[mock:developer=hang]]"), "always");
    assert_eq!(said(&ask("x", "", "do [[script:[{\"text\":\"inline\"}]]] now", 0), &script), "inline");
    assert!(said(&ask("x", "", "[[mock:nonsense]]", 0), &script).contains("no scenario nonsense"));
    assert!(said(&ask("x", "", "[[script:[{\"txt\":1}]]]", 0), &script).contains("txt"));
}

#[test]
fn the_models_id_names_a_scenario_when_no_rule_matches() {
    let nothing = Script::default();
    let scenario = |model: &str| choose(&ask(model, "", "go", 0), &nothing, &mut Memory::default()).scenario;
    assert_eq!((scenario("length").as_str(), scenario("something-else").as_str()), ("length", "text"));
    assert!(scenario("m1").starts_with("m1: "));
}

#[test]
fn title_and_compaction_calls_are_answered_apart_from_the_script() {
    let script = Script::always(vec![Step::fault(crate::Fault::HangBeforeHeaders)]);
    let apart = |system: &str| {
        let request = json!({"messages": [{"role": "system", "content": system}, {"role": "user", "content": "[[mock:hang]]"}]});
        choose(&asked(request), &script, &mut Memory::default()).scenario
    };
    assert_eq!(apart("You are a title generator."), "title");
    assert_eq!(apart("You are a context summarization agent."), "compaction");
}
