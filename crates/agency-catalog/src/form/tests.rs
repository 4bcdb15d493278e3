//! What the form does to texts: exactly what was meant, and nothing else.

use super::entry::has_comment;
use super::{changed, fields};
use crate::builtin;
use crate::node::Node;
use agency_domain::templates::{AddedStep, FieldKind, FormChange, FormField, ItemKind};
use proptest::prelude::*;

const AGENTS: [&str; 3] = ["developer", "qa", "senior-reviewer"];
/// Every way of writing that the form follows, with comments between.
const WRITTEN: &str = "# top
description: \"It's \\\"mine\\\"\" # said
budget:
  # of a run
  tokens: 5000 # many

steps:
  # who builds
  - agent: developer # e
    description: |
      Build # it.

      Well.
    model: [a/one, b/two]
    retry: { attempts: 2, pause: 2s }
  # who checks
  - check:
      - make
      - make test
    timeout: 90s

  - approval: >-
      Go
      on?
    remind_after: 4h # soon
  - agent: qa
    on_changes_requested: {back_to: developer}
    stall_after: 10m
    permissions:
      # as ever
      webfetch: ask # each time
      bash: { \"ls*\": allow }
# end
";

fn set(path: &str, value: &str) -> FormChange {
    FormChange::Set { path: path.into(), value: value.into() }
}

fn all(text: &str) -> Vec<FormField> {
    fields(text, &Node::from_yaml(text).unwrap(), &AGENTS)
}

fn value(text: &str, path: &str) -> String {
    all(text).into_iter().find(|field| field.path == path).unwrap_or_else(|| panic!("{path}: {text}")).value
}

fn done(text: &str, change: &FormChange) -> String {
    changed(text, change, &AGENTS).unwrap_or_else(|why| panic!("{change:?}: {why}\n{text}"))
}

/// The texts that are built in, and one with everything.
fn texts() -> Vec<String> {
    let built_in = builtin::files(ItemKind::Template).into_values().map(|found| found.text.unwrap());
    built_in.map(|text| text.replace("steps:\n", "steps:\n  # the chain\n") + "# end\n").chain([WRITTEN.to_owned()]).collect()
}

/// Whether every comment is still there. What is typed may look like one too.
fn keeps_comments(before: &str, after: &str) -> bool {
    let now = comments(after);
    let count = |lines: &[&str], line: &str| lines.iter().filter(|found| **found == line).count();
    let old = comments(before);
    old.iter().all(|line| count(&now, line) >= count(&old, line))
}

/// Lines that hold nothing but a comment.
fn comments(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().filter(|line| line.trim_start().starts_with('#')).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_form_says_what_the_schema_says() {
    let form = all(WRITTEN);
    let field = |path: &str| form.iter().find(|field| field.path == path).unwrap_or_else(|| panic!("{path}"));
    let agent = field("steps[0].agent");
    assert_eq!((agent.label.as_str(), agent.group.as_str(), agent.kind), ("Agent", "Step 1: developer", FieldKind::Choice));
    assert_eq!((agent.options.as_slice(), agent.line), (AGENTS.map(str::to_owned).as_slice(), Some(9)));
    assert!(agent.hint.starts_with("The agent that works"));
    for (path, kind, label, value) in [
        ("description", FieldKind::LongText, "Description", "It's \"mine\""),
        ("budget.tokens", FieldKind::Number, "Budget: tokens", "5000"),
        ("budget.money", FieldKind::Number, "Budget: money", ""),
        ("steps[0].description", FieldKind::LongText, "Description", "Build # it.\n\nWell.\n"),
        ("steps[0].model", FieldKind::List, "Model", "a/one\nb/two"),
        ("steps[0].retry.pause", FieldKind::Span, "Retry: pause", "2s"),
        ("steps[1].check", FieldKind::List, "Check", "make\nmake test"),
        ("steps[1].on_failure.max_rounds", FieldKind::Number, "On failure: max rounds", ""),
        ("steps[2].approval", FieldKind::LongText, "Approval", "Go on?"),
        ("steps[3].retry", FieldKind::Number, "Retry", ""),
        ("steps[3].permissions.webfetch", FieldKind::Choice, "Permissions: webfetch", "ask"),
        ("steps[3].permissions.edit", FieldKind::Choice, "Permissions: edit", ""),
        ("steps[3].on_changes_requested.back_to", FieldKind::Choice, "On changes requested: back to", "developer"),
    ] {
        let found = field(path);
        assert_eq!((found.kind, found.label.as_str(), found.value.as_str()), (kind, label, value), "{path}");
        assert!(!found.hint.is_empty(), "{path}");
    }
    assert_eq!(field("steps[3].on_changes_requested.back_to").options, ["developer"]);
    assert_eq!(field("steps[3].permissions.edit").options, ["allow", "ask", "deny"]);
    assert!(form.iter().all(|field| field.path != "steps[3].permissions.bash"), "rules by command are for the source");
    assert_eq!(all("- a\n"), []);
}

#[test]
fn a_field_is_set_where_it_stands() {
    for (path, typed, line) in [
        ("description", "Theirs: yes", "description: \"Theirs: yes\" # said"),
        ("budget.tokens", "2e6", "  tokens: 2e6 # many"),
        ("budget.money", "1.5", "  money: 1.5"),
        ("steps[0].agent", "qa", "  - agent: qa # e"),
        ("steps[0].description", "One line.", "    description: One line."),
        ("steps[0].model", "a/one", "    model: a/one"),
        ("steps[0].retry.attempts", "3", "    retry: { attempts: 3, pause: 2s }"),
        ("steps[0].budget.minutes", "9", "    budget: { minutes: 9 }"),
        ("steps[1].check", "make\ncargo test, all", "  - check: [make, \"cargo test, all\"]"),
        ("steps[1].on_failure.back_to", "developer", "    on_failure: { back_to: developer }"),
        ("steps[2].approval", "Yes?", "  - approval: Yes?"),
        ("steps[0].permissions.bash", "deny", "    permissions: { bash: deny }"),
        ("steps[3].permissions.webfetch", "allow", "      webfetch: allow # each time"),
        ("steps[3].permissions.question", "allow", "      question: allow"),
        ("steps[3].on_changes_requested.max_rounds", "2", "    on_changes_requested: {back_to: developer, max_rounds: 2}"),
    ] {
        let after = done(WRITTEN, &set(path, typed));
        assert!(after.lines().any(|found| found == line), "{path}:\n{after}");
        assert_eq!(comments(&after), comments(WRITTEN), "{path}");
        assert_eq!(value(&after, path), typed, "{path}");
    }
    let long = done(WRITTEN, &set("steps[2].description", "First.\n\n  - second"));
    assert!(long.contains("    remind_after: 4h # soon\n    description: |-\n      First.\n\n        - second\n  - agent: qa\n"), "{long}");
}

#[test]
fn a_field_is_taken_out_with_the_map_that_it_leaves_empty() {
    for (path, gone) in [
        ("steps[0].model", "    model: [a/one, b/two]\n"),
        ("steps[0].retry.pause", ", pause: 2s"),
        ("steps[0].retry.attempts", "attempts: 2, "),
        ("steps[0].description", "    description: |\n      Build # it.\n\n      Well.\n"),
        ("steps[1].timeout", "    timeout: 90s\n"),
        ("steps[3].on_changes_requested.back_to", "    on_changes_requested: {back_to: developer}\n"),
    ] {
        assert_eq!(done(WRITTEN, &set(path, " ")), WRITTEN.replacen(gone, "", 1), "{path}");
    }
    assert_eq!(done(WRITTEN, &set("budget.money", "")), WRITTEN, "it is not there");
}

#[test]
fn what_would_touch_more_is_refused() {
    for change in [
        set("budget.tokens", ""),
        set("steps[2].remind_after", ""),
        set("steps[0].agent", ""),
        set("steps[0].permissions", "deny"),
        set("steps[9].agent", "qa"),
        FormChange::RemoveStep(0),
        FormChange::RemoveStep(9),
        FormChange::MoveStep { from: 0, to: 4 },
        FormChange::AddStep { after: Some(4), step: AddedStep::Check },
    ] {
        assert!(changed(WRITTEN, &change, &AGENTS).is_err(), "{change:?}");
    }
    let shared = "description: &d D\nsteps:\n  - agent: developer\n    description: *d\n";
    assert!(changed(shared, &set("description", "E"), &AGENTS).is_err());
    assert!(changed("steps: [", &set("description", "E"), &AGENTS).unwrap_err().contains("mended first"));
    let last = changed("description: D\nsteps:\n  - agent: qa\n", &FormChange::RemoveStep(0), &AGENTS);
    assert!(last.unwrap_err().contains("at least one step"));
}

#[test]
fn steps_come_and_go_by_whole_lines() {
    let agents = |text: &str| -> Vec<String> {
        let root = Node::from_yaml(text).unwrap();
        super::step_nodes(&root).iter().map(|step| super::kind_of(step).unwrap().key().to_owned()).collect()
    };
    let added = done(WRITTEN, &FormChange::AddStep { after: Some(1), step: AddedStep::Agent("qa".into()) });
    assert!(added.contains("    timeout: 90s\n  - agent: qa\n\n  - approval: >-\n"), "{added}");
    let first = done(WRITTEN, &FormChange::AddStep { after: None, step: AddedStep::Approval });
    assert!(first.contains("steps:\n  - approval: Shall it go on?\n  # who builds\n"), "{first}");
    assert_eq!(agents(&done(WRITTEN, &FormChange::RemoveStep(1))), ["agent", "approval", "agent"]);
    let moved = done(WRITTEN, &FormChange::MoveStep { from: 1, to: 0 });
    assert!(moved.contains("steps:\n  # who checks\n  - check:\n"), "{moved}");
    assert_eq!(agents(&moved), ["check", "agent", "approval", "agent"]);
    assert_eq!(done(&moved, &FormChange::MoveStep { from: 0, to: 1 }).len(), WRITTEN.len());
    for empty in ["description: D\nsteps:\n", "description: D\nsteps: []\n", "description: D\n", "description: D"] {
        let text = done(empty, &FormChange::AddStep { after: None, step: AddedStep::Check });
        assert_eq!(text, "description: D\nsteps:\n  - check: auto\n", "{empty:?}");
    }
    let flat = "description: D\nsteps: [{ agent: qa }, { agent: developer }]\n";
    assert!(changed(flat, &FormChange::MoveStep { from: 0, to: 1 }, &AGENTS).is_err());
    assert_eq!(done(flat, &set("steps[1].agent", "qa")), flat.replace("developer", "qa"));
}

fn a_change(text: String) -> impl Strategy<Value = (String, FormChange)> {
    let paths: Vec<String> = all(&text).into_iter().map(|field| field.path).collect();
    let values = prop_oneof![
        Just(String::new()),
        "[0-9]{1,6}",
        "[ -~]{0,30}",
        "[a-z]{1,8}(\n[ -~]{0,20}){0,3}",
        "\\PC{0,20}",
        Just("# no comment".to_owned()),
        Just("a: b".to_owned()),
        Just("5 # five".to_owned()),
    ];
    let step = prop_oneof![Just(AddedStep::Check), Just(AddedStep::Approval), "[a-z#:]{1,8}".prop_map(AddedStep::Agent)];
    let change = prop_oneof![
        4 => (proptest::sample::select(paths), values).prop_map(|(path, value)| FormChange::Set { path, value }),
        1 => (proptest::option::of(0..6_usize), step).prop_map(|(after, step)| FormChange::AddStep { after, step }),
        1 => (0..6_usize).prop_map(FormChange::RemoveStep),
        1 => (0..6_usize, 0..6_usize).prop_map(|(from, to)| FormChange::MoveStep { from, to }),
    ];
    change.prop_map(move |change| (text.clone(), change))
}

proptest! {
    #[test]
    fn a_change_does_what_was_meant_or_nothing((text, change) in proptest::sample::select(texts()).prop_flat_map(a_change)) {
        let Ok(after) = changed(&text, &change, &AGENTS) else { return Ok(()) };
        prop_assert!(keeps_comments(&text, &after), "{}", after);
        let (before, now) = (Node::from_yaml(&text).unwrap().to_json(), Node::from_yaml(&after).unwrap().to_json());
        let steps = |root: &serde_json::Value| root["steps"].as_array().cloned().unwrap_or_default();
        let (old, new) = (steps(&before), steps(&now));
        match &change {
            FormChange::Set { path, value: typed } => {
                let others = |text: &str| all(text).into_iter().filter(|field| field.path != *path).map(|field| (field.path, field.value));
                let is_structure = |path: &str| path.ends_with(".agent") || path.ends_with(".retry.attempts") || path.ends_with(".retry.pause");
                if !is_structure(path) {
                    prop_assert_eq!(others(&after).collect::<Vec<_>>(), others(&text).collect::<Vec<_>>());
                    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                    prop_assert_eq!(words(&value(&after, path)), words(typed));
                }
            }
            FormChange::AddStep { after, .. } => {
                let mut new = new;
                new.remove(after.map_or(0, |after| after + 1));
                prop_assert_eq!(new, old);
            }
            FormChange::RemoveStep(index) => {
                let mut old = old;
                old.remove(*index);
                prop_assert_eq!(new, old);
            }
            FormChange::MoveStep { from, to } => {
                let mut old = old;
                let step = old.remove(*from);
                old.insert(*to, step);
                prop_assert_eq!(new, old);
            }
        }
    }
}

#[test]
fn every_field_of_a_built_in_template_takes_a_value_and_gives_it_back() {
    for text in texts().into_iter().filter(|text| text != WRITTEN) {
        for field in all(&text) {
            let after = done(&text, &set(&field.path, "some words"));
            assert_eq!(value(&after, &field.path), "some words", "{}", field.path);
        }
    }
}

#[test]
fn a_comment_is_seen() {
    assert!(has_comment("a: 1 # b") && has_comment("  # b") && !has_comment("a: b#c"));
}
