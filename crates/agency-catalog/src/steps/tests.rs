use super::*;
use serde_json::{Value, json};
use std::time::Duration;

/// `reader` only reads, `nobody` is not known, everybody else writes.
fn access(agent: &AgentName) -> Option<Access> {
    match agent.as_str() {
        "reader" => Some(Access::ReadOnly),
        "nobody" => None,
        _writer => Some(Access::Write),
    }
}

fn parsed(steps: &Value) -> Vec<StepPlan> {
    parse_list(&Node::from_json(steps), &access).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn faults_of(steps: &Value) -> Vec<String> {
    parse_list(&Node::from_json(steps), &access).unwrap_err().iter().map(ToString::to_string).collect()
}

fn expect_faults(cases: impl IntoIterator<Item = (Value, &'static str)>) {
    for (steps, expected) in cases {
        let faults = faults_of(&steps);
        assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{expected}: {faults:?}");
    }
}

/// The chain of one agent's step with these fields.
fn agent_with(fields: &Value) -> Value {
    let mut step = json!({ "agent": "developer" });
    step.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!([step])
}

/// A developer, and then a check with these fields.
fn check_with(fields: &Value) -> Value {
    json!([{ "agent": "developer" }, fields])
}

fn check_of(fields: &Value) -> agency_domain::templates::CheckPlan {
    match parsed(&check_with(fields)).pop().unwrap().kind {
        StepKind::Check(check) => check,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_chain_reads_as_it_is_written() {
    let steps = parsed(&json!([
        { "agent": "developer", "description": "Do it.", "model": "a/b" },
        { "check": "cargo test", "description": "All of it." },
        { "agent": "reader", "on_changes_requested": { "back_to": "developer", "max_rounds": 2 } },
        { "approval": "Go?", "remind_after": "4h" },
    ]));
    assert_eq!(steps[0].description.as_deref(), Some("Do it."));
    assert_eq!(steps[0].model.as_ref().unwrap().as_str(), "a/b");
    assert_eq!(steps[1].description.as_deref(), Some("All of it."));
    assert!(matches!(&steps[2].kind, StepKind::Agent { on_changes_requested: Some(review), .. } if review.max_rounds == 2));
    assert!(
        matches!(&steps[3].kind, StepKind::Approval { question, remind_after: Some(after) } if question == "Go?" && *after == Duration::from_secs(14_400))
    );
    let writes: Vec<bool> = steps.iter().map(|step| step.settings.writes).collect();
    assert_eq!(writes, [true, false, false, false]);
}

#[test]
fn what_a_step_does_not_say_has_its_default() {
    let steps =
        parsed(&json!([{ "agent": "nobody" }, { "agent": "b", "on_changes_requested": { "back_to": "nobody" } }, { "check": "true" }]));
    assert_eq!(steps[0].settings, agency_domain::templates::StepSettings::default());
    assert!(matches!(&steps[1].kind, StepKind::Agent { on_changes_requested: Some(review), .. } if review.max_rounds == 3));
    assert!(matches!(&steps[2].kind, StepKind::Check(check) if check.timeout == Duration::from_secs(600) && check.on_failure.is_none()));
}

#[test]
fn a_check_has_one_command_or_many_or_those_of_the_repository() {
    for (written, commands) in [
        (json!("cargo test"), &["cargo test"][..]),
        (json!(["cargo fmt --check", " cargo test "]), &["cargo fmt --check", "cargo test"]),
        (json!("true"), &["true"]),
        (json!("auto"), &[]),
    ] {
        assert_eq!(check_of(&json!({ "check": written })).commands, commands);
    }
    let check = check_of(&json!({ "check": "make", "timeout": "2h", "on_failure": { "back_to": "developer", "max_rounds": 5 } }));
    let back = check.on_failure.unwrap();
    assert_eq!((check.timeout, back.back_to.as_str(), back.max_rounds), (Duration::from_secs(7_200), "developer", 5));
}

#[test]
fn an_agents_step_keeps_its_settings() {
    let steps = parsed(&agent_with(&json!({
        "model": ["a/b", "c/d", "c/e"],
        "budget": { "tokens": 2e6, "money": 1.5, "minutes": 30, "attempts": 4 },
        "retry": { "attempts": 5, "pause": "10s" },
        "stall_after": "90s",
    })));
    let settings = &steps[0].settings;
    assert_eq!(steps[0].model.as_ref().unwrap().as_str(), "a/b");
    assert_eq!(settings.fallback_models.iter().map(agency_domain::ModelName::as_str).collect::<Vec<_>>(), ["c/d", "c/e"]);
    let budget = settings.budget;
    assert_eq!((budget.tokens, budget.money, budget.minutes, budget.attempts), (Some(2_000_000), Some(1.5), Some(30), Some(4)));
    assert_eq!((settings.retry.attempts, settings.retry.pause), (5, Duration::from_secs(10)));
    assert_eq!(settings.stall_after, Some(Duration::from_secs(90)));
    assert_eq!(settings.permissions, None);
    let retry = parsed(&agent_with(&json!({ "retry": 1 })))[0].settings.retry;
    assert_eq!((retry.attempts, retry.pause), (1, Duration::from_secs(2)));
}

#[test]
fn a_steps_permissions_keep_their_order_and_never_publish() {
    let written = json!({ "webfetch": "allow", "edit": { "*": "deny", "tests/*": "allow" }, "bash": { "*": "deny", "cargo *": "allow" } });
    let permissions = parsed(&agent_with(&json!({ "permissions": written })))[0].settings.permissions.clone().unwrap();
    assert_eq!(permissions.as_object().unwrap().keys().collect::<Vec<_>>(), ["webfetch", "edit", "bash"]);
    let commands: Vec<&String> = permissions["bash"].as_object().unwrap().keys().collect();
    assert_eq!(commands[..2], ["*", "cargo *"]);
    assert_eq!(permissions["bash"]["git push*"], "deny");
}

#[test]
fn each_fault_names_its_field_and_what_to_do() {
    expect_faults([
        (json!({}), "steps: write a list"),
        (json!([]), "steps: name at least one step"),
        (json!(["developer"]), "steps[0]: write a map"),
        (json!([{}]), "steps[0]: say what the step is: agent, check or approval"),
        (json!([{ "agent": "a", "approval": "b" }]), "steps[0].approval: a step is one of"),
        (json!([{ "agent": "a", "check": "b" }]), "steps[0].check: a step is one of"),
        (json!([{ "agent": null }]), "steps[0].agent: write the name"),
        (json!([{ "agent": "Big Name" }]), "steps[0].agent: agent name \"Big Name\" does not fit"),
        (json!([{ "agent": ["a"] }]), "steps[0].agent: write the name of an agent, for example developer, not a list"),
        (json!([{ "agent": "a", "modle": "x/y" }]), "steps[0].modle: this key is not known"),
        (json!([{ "agent": "a" }, { "approval": " " }]), "steps[1].approval: write a text"),
        (json!([{ "agent": "a" }, { "approval": "x", "remind_after": 4 }]), "steps[1].remind_after: write a whole number and s, m or h"),
        (json!([{ "approval": "Go?" }]), "steps[0].approval: an approval needs an agent's step before it"),
    ]);
}

#[test]
fn a_number_or_a_truth_value_is_no_text() {
    let numbers = json!([{ "agent": "a" }, { "check": ["cargo test", 5] }]);
    expect_faults([
        (check_with(&json!({ "check": 5 })), "steps[1].check: write a command, for example cargo test, a list of commands, or auto"),
        (check_with(&json!({ "check": false })), "steps[1].check: write a command, for example cargo test, a list of commands, or auto"),
        (check_with(&json!({ "check": null })), "steps[1].check: write a command"),
        (check_with(&json!({ "check": { "run": "make" } })), "steps[1].check: write a command"),
        (numbers, "steps[1].check[1]: write a text, not a number; where you mean the text 5, put it in quotes: \"5\""),
        (json!([{ "agent": 5 }]), "steps[0].agent: write the name of an agent, for example developer, not a number"),
        (json!([{ "agent": true }]), "steps[0].agent: write the name of an agent, for example developer, not true or false"),
        (
            json!([{ "agent": "a" }, { "approval": true }]),
            "steps[1].approval: write the question that the person decides, not true or false",
        ),
        (agent_with(&json!({ "description": 5 })), "steps[0].description: write a text, not a number"),
        (agent_with(&json!({ "model": 5 })), "steps[0].model: write a text, not a number"),
        (agent_with(&json!({ "on_changes_requested": { "back_to": 1 } })), "steps[0].on_changes_requested.back_to: write the name"),
        (agent_with(&json!({ "stall_after": 90 })), "steps[0].stall_after: write a whole number and s, m or h"),
    ]);
}

#[test]
fn each_fault_of_a_way_back_names_its_field() {
    let review = |way_back: Value| json!([{ "agent": "a" }, { "agent": "b", "on_changes_requested": way_back }]);
    expect_faults([
        (review(json!("a")), "steps[1].on_changes_requested: write a map"),
        (review(json!({})), "steps[1].on_changes_requested.back_to: write the name"),
        (review(json!({ "back_to": "b" })), "steps[1].on_changes_requested.back_to: no earlier step has the agent b; earlier are: a"),
        (
            review(json!({ "back_to": "a", "rounds": 2 })),
            "steps[1].on_changes_requested.rounds: this key is not known; use back_to, max_rounds",
        ),
        (
            review(json!({ "back_to": "a", "max_rounds": 11 })),
            "steps[1].on_changes_requested.max_rounds: write a whole number from 1 to 10",
        ),
        (review(json!({ "back_to": "a", "max_rounds": 1.5 })), "steps[1].on_changes_requested.max_rounds: write a whole number"),
        (check_with(&json!({ "check": "x", "on_failure": "developer" })), "steps[1].on_failure: write a map"),
        (check_with(&json!({ "check": "x", "on_failure": { "max_rounds": 2 } })), "steps[1].on_failure.back_to: write the name"),
        (
            check_with(&json!({ "check": "x", "on_failure": { "back_to": "qa" } })),
            "steps[1].on_failure.back_to: no earlier step has the agent qa",
        ),
        (
            check_with(&json!({ "check": "x", "on_failure": { "back_to": "developer", "max_rounds": 0 } })),
            "steps[1].on_failure.max_rounds: write",
        ),
    ]);
}

#[test]
fn each_fault_of_a_check_names_its_field() {
    expect_faults([
        (json!([{ "check": null }]), "steps[0].check: write a command"),
        (json!([{ "check": " " }]), "steps[0].check: write a text"),
        (json!([{ "check": { "run": "x" } }]), "steps[0].check: write a command, for example cargo test"),
        (json!([{ "check": [] }]), "steps[0].check: write a command"),
        (json!([{ "check": ["cargo test", ""] }]), "steps[0].check[1]: write a text"),
        (json!([{ "check": ["cargo test", "auto"] }]), "steps[0].check[1]: auto stands alone"),
        (json!([{ "check": vec!["x"; 21] }]), "steps[0].check: write at most 20 commands"),
        (json!([{ "check": "x", "timeout": "3h" }]), "steps[0].timeout: write a whole number and s, m or h"),
        (json!([{ "check": "x", "timeout": 600 }]), "steps[0].timeout: write a whole number and s, m or h"),
    ]);
    assert_eq!(faults_of(&json!([{ "check": [] }])).len(), 1);
}

#[test]
fn each_fault_of_an_agents_settings_names_its_field() {
    expect_faults(
        [
            (json!({ "model": "gpt" }), "steps[0].model: model \"gpt\" does not fit"),
            (json!({ "model": [] }), "steps[0].model: name 1 to 5 models"),
            (json!({ "model": ["a/1", "a/2", "a/3", "a/4", "a/5", "a/6"] }), "steps[0].model: name 1 to 5 models"),
            (json!({ "model": ["a/b", "gpt"] }), "steps[0].model[1]: model \"gpt\" does not fit"),
            (json!({ "model": ["a/b", null] }), "steps[0].model[1]: write a text, not nothing"),
            (json!({ "model": ["a/b", "a/b"] }), "steps[0].model[1]: a/b is in the list already"),
            (json!({ "model": { "name": "a/b" } }), "steps[0].model: write a text, not a map"),
            (json!({ "budget": 5 }), "steps[0].budget: write a map with the keys tokens, money, minutes, attempts"),
            (json!({ "budget": { "token": 5 } }), "steps[0].budget.token: this key is not known"),
            (json!({ "budget": { "tokens": 0 } }), "steps[0].budget.tokens: write a whole number from 1"),
            (json!({ "budget": { "tokens": "many" } }), "steps[0].budget.tokens: write a whole number"),
            (json!({ "budget": { "money": 0.001 } }), "steps[0].budget.money: write a number from 0.01"),
            (json!({ "budget": { "minutes": 1.5 } }), "steps[0].budget.minutes: write a whole number"),
            (json!({ "budget": { "attempts": 5_000_000_000_u64 } }), "steps[0].budget.attempts: write a whole number from 1 to 10000"),
            (json!({ "retry": 0 }), "steps[0].retry: write a whole number from 1 to 10"),
            (json!({ "retry": 11 }), "steps[0].retry: write a whole number from 1 to 10"),
            (json!({ "retry": "often" }), "steps[0].retry: write a number of attempts, or a map"),
            (json!({ "retry": { "attempts": 11 } }), "steps[0].retry.attempts: write a whole number from 1 to 10"),
            (json!({ "retry": { "pause": "10m" } }), "steps[0].retry.pause: write a whole number and s, m or h"),
            (json!({ "retry": { "times": 2 } }), "steps[0].retry.times: this key is not known; use attempts, pause"),
            (json!({ "stall_after": "25h" }), "steps[0].stall_after: write a whole number and s, m or h"),
            (json!({ "stall_after": 90 }), "steps[0].stall_after: write a whole number and s, m or h"),
            (json!({ "permissions": ["bash"] }), "steps[0].permissions: use allow, ask or deny"),
            (json!({ "permissions": { "bash": { "ls": "perhaps" } } }), "steps[0].permissions.bash.ls: use allow, ask or deny"),
            (json!({ "permissions": { "bash": true } }), "steps[0].permissions.bash: use allow, ask or deny"),
        ]
        .map(|(fields, expected)| (agent_with(&fields), expected)),
    );
}

#[test]
fn a_key_of_another_kind_of_step_is_refused_with_the_one_that_is_meant() {
    let agent = |key: &str| json!([{ "agent": "a", key: "x" }]);
    let check = |key: &str| json!([{ "check": "x", key: "x" }]);
    let approval = |key: &str| json!([{ "agent": "a" }, { "approval": "x", key: "x" }]);
    expect_faults([
        (agent("timeout"), "steps[0].timeout: an agent's step has no timeout: use stall_after, or remove it"),
        (agent("on_failure"), "steps[0].on_failure: an agent's step has no on_failure: use on_changes_requested, or remove it"),
        (agent("remind_after"), "steps[0].remind_after: an agent's step has no remind_after: remove it"),
        (check("model"), "steps[0].model: a check has no model: remove it"),
        (check("budget"), "steps[0].budget: a check has no budget: remove it"),
        (check("permissions"), "steps[0].permissions: a check has no permissions: remove it"),
        (check("remind_after"), "steps[0].remind_after: a check has no remind_after: remove it"),
        (check("retry"), "steps[0].retry: a check has no retry: use on_failure, or remove it"),
        (check("on_changes_requested"), "steps[0].on_changes_requested: a check has no on_changes_requested: use on_failure"),
        (check("stall_after"), "steps[0].stall_after: a check has no stall_after: use timeout, or remove it"),
        (approval("model"), "steps[1].model: an approval has no model: remove it"),
        (approval("budget"), "steps[1].budget: an approval has no budget: remove it"),
        (approval("retry"), "steps[1].retry: an approval has no retry: remove it"),
        (approval("permissions"), "steps[1].permissions: an approval has no permissions: remove it"),
        (approval("on_changes_requested"), "steps[1].on_changes_requested: an approval has no on_changes_requested: remove it"),
        (approval("on_failure"), "steps[1].on_failure: an approval has no on_failure: remove it"),
        (approval("timeout"), "steps[1].timeout: an approval has no timeout: use remind_after, or remove it"),
    ]);
}

#[test]
fn a_step_cannot_open_what_an_agent_that_reads_must_not_have() {
    let step = |agent: &str, permissions: Value| json!([{ "agent": agent, "permissions": permissions }]);
    expect_faults([
        (step("reader", json!({ "edit": "allow" })), "steps[0].permissions.edit: the agent reader only reads"),
        (step("reader", json!({ "write": "ask" })), "steps[0].permissions.edit: the agent reader only reads"),
        (step("reader", json!({ "bash": { "ls*": "allow" } })), "steps[0].permissions.bash: the agent reader only reads"),
        (step("reader", json!("allow")), "steps[0].permissions.*: the agent reader only reads: name the tools"),
    ]);
    for harmless in [
        json!({ "webfetch": "allow" }),
        json!({ "question": "ask" }),
        json!({ "bash": "deny", "read": { "docs/*": "deny" } }),
        json!("deny"),
    ] {
        parsed(&step("reader", harmless));
    }
    for agent in ["developer", "nobody"] {
        parsed(&step(agent, json!({ "edit": "allow", "bash": { "ls*": "allow" } })));
    }
}

#[test]
fn all_faults_come_at_once() {
    assert_eq!(faults_of(&json!([{ "agent": "A", "x": 1 }, {}, { "check": "c", "model": "a/b" }])).len(), 4);
}
