//! Steps that run commands.

use super::world::{World, fields, problem};
use agency_domain::AttemptId;
use agency_domain::checks::{CheckEnd, CheckRun};
use agency_domain::pipelines::{AttemptResult, Command, NewAttempt, Next};
use agency_domain::testing::{Story, builders};
use serde_json::{Value, json};

fn run(command: &str, end: CheckEnd) -> CheckRun {
    CheckRun { command: command.into(), end, duration_ms: 1_500, tail: "\u{1b}[31m1 failed\u{1b}[0m\n".into() }
}

/// developer, and a check that has just failed with its second command.
async fn checked(world: &World) -> (Story, AttemptId) {
    let ports = world.state.engine.ports();
    let steps = vec![builders::writing(builders::agent_step("developer", None)), builders::check_step(&["true", "make test"])];
    let new = builders::new_pipeline(ports.ids.as_ref(), "quick_fix", steps);
    let mut story = Story::started(ports.store.clone(), ports.ids.clone(), new).await;
    story.work(&json!({ "summary": "Done.", "outcome": "done" }), Some('b')).await;
    let Next::Check(step) = story.pipeline.next() else { panic!("{:?}", story.pipeline.next()) };
    let attempt = ports.ids.attempt();
    let base_commit = story.pipeline.head_commit.clone();
    story.act(Command::BeginAttempt(NewAttempt { step, attempt, model: None, conversation: None, base_commit, steers: Vec::new() })).await;
    let runs = vec![run("true", CheckEnd::Exited { code: 0 }), run("make test", CheckEnd::Exited { code: 2 })];
    story.finish(attempt, AttemptResult::Checked(runs)).await;
    (story, attempt)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_shows_its_commands_and_how_they_ended() {
    let world = World::new().await;
    let (story, attempt) = checked(&world).await;
    let shown = world.json(&format!("/api/v1/pipelines/{}", story.id())).await;
    let step = &shown["steps"][1];
    for (field, value) in [
        ("kind", json!("check")),
        ("agent_name", json!("check")),
        ("commands", json!(["true", "make test"])),
        ("timeout", json!("1m")),
        ("on_failure", json!({ "back_to": "developer", "max_rounds": 3 })),
        ("rounds", json!(1)),
        ("status", json!("pending")),
        ("model", Value::Null),
        ("settings", Value::Null),
    ] {
        assert_eq!(step[field], value, "{field}");
    }
    let tried = &step["attempts"][0];
    assert_eq!((&tried["id"], &tried["session_id"], &tried["failure"]["class"]), (&json!(attempt.0), &Value::Null, &json!("check_failed")));
    assert_eq!(
        tried["checks"][1],
        json!({ "command": "make test", "exit_code": 2, "outcome": "exited with 2", "passed": false, "duration_ms": 1_500, "tail": "1 failed\n" })
    );
    let found = problem(world.get(&format!("/api/v1/attempts/{attempt}/receipt")).await, 404, "not_found").await;
    assert!(found["detail"].as_str().unwrap().contains("A check is sent no prompt"), "{found}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_says_what_it_may_use() {
    let world = World::new().await;
    let body = json!({ "description": "Shout.", "repo": world.repository(), "steps": [
        { "agent": "developer", "model": ["a/one", "b/two"], "budget": { "tokens": 9_000 }, "retry": { "attempts": 2, "pause": "5s" }, "stall_after": "3m" },
        { "check": ["true", "make test"], "timeout": "90s", "on_failure": { "back_to": "developer" } },
        { "check": "auto" },
        { "approval": "Go?", "remind_after": "4h" },
    ] });
    let response = world.post("/api/v1/pipelines", &body).await;
    assert_eq!(response.status(), 201, "{:?}", response.text().await);
    let created: Value = response.json().await.unwrap();
    let [agent, check, auto, gate] = created["steps"].as_array().unwrap().as_slice() else { panic!("{created}") };
    assert_eq!(agent["model"], "a/one");
    assert_eq!(
        agent["settings"],
        json!({ "budget": { "tokens": 9_000, "money": null, "minutes": null, "attempts": null }, "retry": { "attempts": 2, "pause": "5s" },
            "stall_after": "3m", "fallback_models": ["b/two"], "permissions": null, "writes": true })
    );
    assert_eq!((&check["timeout"], &check["on_failure"]["max_rounds"]), (&json!("90s"), &json!(3)));
    assert_eq!((&auto["commands"], &auto["on_failure"]["back_to"]), (&json!([]), &json!("developer")));
    assert_eq!((&gate["description"], &gate["remind_after"]), (&json!("Go?"), &json!("4h")));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_in_a_step_names_the_step_and_the_field() {
    let world = World::new().await;
    for (step, field) in [
        (json!({ "check": {} }), "steps[1].check"),
        (json!({ "check": ["true", {}] }), "steps[1].check[1]"),
        (json!({ "check": "true", "timeout": "soon" }), "steps[1].timeout"),
        (json!({ "agent": "developer", "model": ["nonsense"] }), "steps[1].model[0]"),
        (json!({ "agent": "developer", "budget": { "tokens": 0 } }), "steps[1].budget.tokens"),
        (json!({ "agent": "developer", "retry": { "attempts": 99 } }), "steps[1].retry.attempts"),
        (json!({ "agent": "developer", "stall_after": "x" }), "steps[1].stall_after"),
        (json!({ "agent": "developer", "permissions": 5 }), "steps[1].permissions"),
        (json!({ "check": "true", "on_failure": { "back_to": "nobody" } }), "steps[1].on_failure.back_to"),
    ] {
        let body = json!({ "description": "Shout.", "repo": world.repository(), "steps": [{ "agent": "developer" }, step] });
        let found = problem(world.post("/api/v1/pipelines", &body).await, 400, "invalid_input").await;
        assert_eq!(fields(&found), [field], "{found}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_shown_as_it_can_be_posted() {
    let world = World::new().await;
    let root = world.repository();
    std::fs::create_dir_all(root.join(".agency/templates")).unwrap();
    let yaml = "name: mine\ndescription: Mine.\nbudget: { tokens: 5000 }\nsteps:\n  - agent: developer\n    model: [a/one, b/two]\n    retry: 2\n    \
                budget: { money: 1.5 }\n    permissions: { bash: { 'make *': allow } }\n  - check: [make, make test]\n    timeout: 2m\n  - check: auto\n  \
                - approval: Go?\n    remind_after: 4h\n";
    std::fs::write(root.join(".agency/templates/mine.yaml"), yaml).unwrap();
    let template = world.json(&format!("/api/v1/templates/mine?repo={}", root.display())).await;
    assert_eq!((&template["error"], &template["budget"]["tokens"]), (&Value::Null, &json!(5_000)), "{template}");
    let steps = &template["steps"];
    assert_eq!((&steps[0]["model"], &steps[0]["budget"]["money"]), (&json!(["a/one", "b/two"]), &json!(1.5)));
    assert_eq!((&steps[1]["check"], &steps[2]["check"]), (&json!(["make", "make test"]), &json!("auto")));
    let body = json!({ "description": "Shout.", "repo": root, "steps": steps });
    let response = world.post("/api/v1/pipelines", &body).await;
    assert_eq!(response.status(), 201, "{:?}", response.text().await);
    world.close().await;
}
