//! The generic script's choices, without a wire.

use super::*;
use crate::asked::tests::asked;
use crate::choice::{Choice, Memory, choose};
use serde_json::Value;

fn ask(script: &Script, agent: &str, user: &str, results: &[&str]) -> Choice {
    let mut messages = vec![
        json!({"role": "system", "content": format!("You are the {agent}.\n<env>\n  Working directory: /tree\n</env>")}),
        json!({"role": "user", "content": user}),
    ];
    messages.extend(
        results.iter().flat_map(|result| [json!({"role": "assistant", "content": ""}), json!({"role": "tool", "content": result})]),
    );
    choose(
        &asked(json!({"messages": messages, "tools": [{"function": {"name": "agency_submit_handoff"}}]})),
        script,
        &mut Memory::default(),
    )
}

fn verdict(choice: &Choice) -> Value {
    choice.step.handoff.as_ref().unwrap()["verdict"].clone()
}

#[test]
fn the_developer_drafts_first_and_settles_when_findings_are_open() {
    let first = ask(&generic(), "developer", "## The request\n\nAdd x\n", &[]);
    assert_eq!(first.step.tools[0].args["content"], "A note on this request: Add x\nState: draft.\n");
    assert_eq!(first.step.tools[0].args["filePath"], "/tree/agency-note.txt");
    let fix = ask(&generic(), "developer", "## The request\n\nAdd x\n\n## Open findings\n\n- F-4: draft\n", &["draft"]);
    assert!(fix.step.tools[0].args["content"].as_str().unwrap().contains(SETTLED));
    let handoff = ask(&generic(), "developer", "## Open findings\n\n- F-4: draft, AC-1\n", &["draft", "written"]).step.handoff.unwrap();
    assert_eq!((&handoff["findings"][0]["id"], &handoff["acknowledged"]), (&json!("F-4"), &json!(["F-4", "AC-1"])));
}

#[test]
fn the_review_goes_by_the_diff_or_by_the_file_and_never_by_its_own_words() {
    let objects = ask(&generic(), "senior-reviewer", "+State: draft.", &["State: draft."]);
    assert_eq!(verdict(&objects), "changes_requested");
    let claims = objects.step.handoff.unwrap().to_string()
        + &records::developer(Round::First, Criteria::Given).to_string()
        + &records::developer(Round::Fix, Criteria::Given).to_string();
    assert!(!claims.contains(SETTLED));
    let diff = format!("+{SETTLED}");
    assert_eq!(verdict(&ask(&generic(), "senior-reviewer", &diff, &[""])), "approved");
    assert_eq!(verdict(&ask(&generic(), "senior-reviewer", "too long to show", &[SETTLED])), "approved");
    assert_eq!(verdict(&ask(&never_approves(), "senior-reviewer", &diff, &[""])), "changes_requested");
    assert_eq!(verdict(&ask(&approves_at_once(), "senior-reviewer", "", &[""])), "approved");
}

#[test]
fn criteria_are_answered_only_where_they_were_sent() {
    let handed_off = |prompt: &str| ask(&generic(), "developer", prompt, &["written"]).step.handoff.unwrap();
    assert_eq!(handed_off("- AC-1: a note")["criteria"][0]["id"], "AC-1");
    assert!(handed_off("no criteria").get("criteria").is_none());
}

#[test]
fn an_agent_without_a_part_hands_off_that_there_was_nothing_to_do() {
    assert_eq!(ask(&generic(), "gardener", "dig", &[]).step.handoff.unwrap()["outcome"], "no_change_needed");
}

#[test]
fn the_slow_developer_runs_its_command_before_it_writes() {
    let slow = ask(&slow_developer(), "developer", "go", &[]);
    assert_eq!(slow.step.tools[0].name, "bash");
    assert_eq!(ask(&slow_developer(), "developer", "go", &["worked"]).step.tools[0].name, "write");
}
