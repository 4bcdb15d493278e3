//! Pausing, resuming, retrying, steering, budgets, criteria.

use super::world::{World, fields, problem};
use agency_domain::pipelines::{AttemptFailure, AttemptResult, Command, FailureClass};
use agency_domain::testing::{Story, builders};
use serde_json::{Value, json};

/// A body that must be answered with 202.
async fn accepted(world: &World, path: &str, body: &Value) -> Value {
    let response = world.post(path, body).await;
    assert_eq!(response.status(), 202, "{path}: {:?}", response.text().await);
    response.json().await.unwrap()
}

fn path(story: &Story, command: &str) -> String {
    format!("/api/v1/pipelines/{}/{command}", story.id())
}

/// The attempt under way ends for good, and the pipeline with it.
async fn failed(world: &World) -> Story {
    let mut story = world.quick_fix().await;
    let attempt = story.attempt().await;
    let failure = AttemptFailure { class: FailureClass::NoChanges, message: "it changed nothing".into() };
    story.finish(attempt, AttemptResult::Failed(failure)).await;
    story
}

/// Every step is done, and AC-1 has no evidence.
async fn unproven(world: &World) -> Story {
    let ports = world.state.engine.ports();
    let steps = vec![builders::writing(builders::agent_step("developer", None))];
    let new = builders::new_pipeline(ports.ids.as_ref(), "quick_fix", steps);
    let mut story = Story::started(ports.store.clone(), ports.ids.clone(), new).await;
    let criteria = json!([{ "id": "AC-1", "text": "It shouts.", "status": "met", "evidence": ["trust me"] }]);
    story.work(&json!({ "summary": "Done.", "outcome": "done", "criteria": criteria }), Some('b')).await;
    story
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_is_paused_and_resumed() {
    let world = World::new().await;
    let story = world.quick_fix().await;
    let paused = accepted(&world, &path(&story, "pause"), &json!({ "by": "kim" })).await;
    assert_eq!((&paused["status"], &paused["status_reason"]["code"]), (&json!("paused"), &json!("by_user")));
    assert_eq!(paused["status_reason"]["message"], "Paused by kim.");
    let found = problem(world.post(&path(&story, "pause"), &json!({})).await, 409, "state_conflict").await;
    assert!(found["detail"].as_str().unwrap().contains("paused"), "{found}");
    let resumed = world.request("POST", &path(&story, "resume")).send().await.unwrap();
    assert_eq!(resumed.status(), 202);
    let resumed: Value = resumed.json().await.unwrap();
    assert_eq!((&resumed["status"], &resumed["status_reason"]), (&json!("running"), &Value::Null));
    problem(world.post(&path(&story, "resume"), &json!({})).await, 409, "state_conflict").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_under_way_ends_first_unless_it_shall_stop_now() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    story.attempt().await;
    let asked = accepted(&world, &path(&story, "pause"), &json!({ "by": "kim" })).await;
    assert_eq!((&asked["status"], &asked["pause_requested"]), (&json!("running"), &json!("kim")));
    let paused = accepted(&world, &path(&story, "pause"), &json!({ "now": true })).await;
    assert_eq!((&paused["status"], &paused["pause_requested"]), (&json!("paused"), &Value::Null));
    assert_eq!(paused["steps"][0]["attempts"][0]["status"], "interrupted");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_given_watched_and_changed() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let changed = accepted(&world, &path(&story, "budget"), &json!({ "tokens": 5_000, "attempts": 1, "by": "kim" })).await;
    assert_eq!(changed["budget"], json!({ "tokens": 5_000, "money": null, "minutes": null, "attempts": 1 }));
    story.pipeline = world.state.engine.ports().store.load(story.id()).await.unwrap().unwrap();
    story.work(&json!({ "summary": "Done.", "outcome": "done" }), Some('b')).await;
    let step = story.pipeline.current_step().unwrap().id;
    story.act(Command::PauseForBudget { step }).await;
    let shown = world.json(&format!("/api/v1/pipelines/{}", story.id())).await;
    assert_eq!((&shown["status"], &shown["status_reason"]["code"]), (&json!("paused"), &json!("budget")));
    assert_eq!(
        (&shown["spent"]["tokens"], &shown["spent"]["money"], &shown["spent"]["attempts"]),
        (&json!(8_604), &json!(0.25), &json!(1))
    );
    assert_eq!(shown["spent"]["minutes"], json!(0.05));
    let found = problem(world.post(&path(&story, "resume"), &json!({})).await, 400, "invalid_input").await;
    assert_eq!(fields(&found), ["budget"]);
    let found = problem(world.post(&path(&story, "resume"), &json!({ "budget": { "tokens": 0 } })).await, 400, "invalid_input").await;
    assert_eq!(fields(&found), ["budget.tokens"]);
    let raised = accepted(&world, &path(&story, "resume"), &json!({ "budget": { "tokens": 50_000, "attempts": 9 } })).await;
    assert_eq!((&raised["status"], &raised["budget"]["tokens"]), (&json!("running"), &json!(50_000)));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_makes_no_sense_is_refused_ceiling_by_ceiling() {
    let world = World::new().await;
    let story = world.quick_fix().await;
    for (body, field) in [
        (json!({ "tokens": 0 }), "tokens"),
        (json!({ "money": -1.0 }), "money"),
        (json!({ "minutes": "ten" }), "minutes"),
        (json!({ "dollars": 1 }), "dollars"),
        (json!({}), "budget"),
    ] {
        let found = problem(world.post(&path(&story, "budget"), &body).await, 400, "invalid_input").await;
        assert_eq!(fields(&found), [field], "{found}");
    }
    let story = failed(&world).await;
    problem(world.post(&path(&story, "budget"), &json!({ "tokens": 1 })).await, 409, "state_conflict").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_starts_with_the_budget_of_its_request() {
    let world = World::new().await;
    let mut body = json!({ "description": "Shout.", "repo": world.repository(), "template": "quick_fix", "budget": { "money": 2.5 } });
    let created: Value = world.post("/api/v1/pipelines", &body).await.json().await.unwrap();
    assert_eq!(created["budget"]["money"], 2.5);
    assert_eq!(world.json("/api/v1/pipelines").await["items"][0]["budget"]["money"], 2.5);
    body["budget"] = json!({ "money": 0, "attempts": 0 });
    let found = problem(world.post("/api/v1/pipelines", &body).await, 400, "invalid_input").await;
    assert_eq!(fields(&found), ["budget.money", "budget.attempts"]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_retried_with_another_model_and_an_instruction() {
    let world = World::new().await;
    let story = failed(&world).await;
    assert_eq!(world.json(&format!("/api/v1/pipelines/{}", story.id())).await["status"], "failed");
    let body = json!({ "model": "openai/gpt", "instruction": "Smaller steps.", "by": "kim" });
    let retried = accepted(&world, &path(&story, "retry"), &body).await;
    assert_eq!((&retried["status"], &retried["finished_at"]), (&json!("running"), &Value::Null));
    let step = &retried["steps"][0];
    assert_eq!((&step["status"], &step["model"]), (&json!("pending"), &json!("openai/gpt")));
    let message = &retried["messages"][0];
    assert_eq!((&message["text"], &message["by"], &message["step_id"]), (&json!("Smaller steps."), &json!("kim"), &step["id"]));
    assert_eq!(message["delivered_in"], Value::Null);
    problem(world.post(&path(&story, "retry"), &json!({})).await, 409, "state_conflict").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_that_does_not_fit_says_why() {
    let world = World::new().await;
    let story = failed(&world).await;
    for (body, field) in
        [(json!({ "model": "nonsense" }), "model"), (json!({ "model": "scripted/demo" }), "model"), (json!({ "step": 1 }), "step")]
    {
        let found = problem(world.post(&path(&story, "retry"), &body).await, 400, "invalid_input").await;
        assert_eq!(fields(&found), [field], "{found}");
    }
    problem(world.post(&path(&story, "retry"), &json!({ "step_id": 999 })).await, 404, "not_found").await;
    let never_reached = json!({ "step_id": story.pipeline.steps[1].id.0 });
    problem(world.post(&path(&story, "retry"), &never_reached).await, 409, "state_conflict").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_another_works_on_by_now_cannot_be_retried() {
    let world = World::new().await;
    let story = failed(&world).await;
    let ports = world.state.engine.ports();
    let mut new = builders::quick_fix(ports.ids.as_ref());
    new.branch = story.pipeline.branch.clone();
    let other = Story::started(ports.store.clone(), ports.ids.clone(), new).await;
    let found = problem(world.post(&path(&story, "retry"), &json!({})).await, 409, "branch_taken").await;
    assert!(found["detail"].as_str().unwrap().contains(&format!("Pipeline {}", other.id())), "{found}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_says_waits_for_the_next_attempt() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let said = accepted(&world, &path(&story, "messages"), &json!({ "text": "Use clap.", "by": "kim" })).await;
    assert_eq!((&said["messages"][0]["text"], &said["messages"][0]["delivered_in"]), (&json!("Use clap."), &Value::Null));
    story.pipeline = world.state.engine.ports().store.load(story.id()).await.unwrap().unwrap();
    let attempt = story.attempt().await;
    let shown = world.json(&format!("/api/v1/pipelines/{}", story.id())).await;
    assert_eq!(shown["messages"][0]["delivered_in"], attempt.0);
    for (body, field) in [
        (json!({ "text": "  " }), "text"),
        (json!({ "text": "x".repeat(20_001) }), "text"),
        (json!({}), "text"),
        (json!({ "text": "x", "by": "two\nlines" }), "by"),
    ] {
        let found = problem(world.post(&path(&story, "messages"), &body).await, 400, "invalid_input").await;
        assert_eq!(fields(&found), [field], "{found}");
    }
    let ended = failed(&world).await;
    problem(world.post(&path(&ended, "messages"), &json!({ "text": "x" })).await, 409, "state_conflict").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_criterion_without_evidence_is_accepted_by_a_person_who_says_why() {
    let world = World::new().await;
    let story = unproven(&world).await;
    let shown = world.json(&format!("/api/v1/pipelines/{}", story.id())).await;
    assert_eq!((&shown["status"], &shown["status_reason"]["code"]), (&json!("paused"), &json!("needs_attention")));
    assert_eq!((&shown["criteria"][0]["status"], &shown["criteria"][0]["mandatory"]), (&json!("claimed"), &json!(true)));
    let accept = path(&story, "criteria/AC-1/accept");
    let found = problem(world.post(&accept, &json!({ "reason": " " })).await, 400, "invalid_input").await;
    assert_eq!(fields(&found), ["reason"]);
    problem(world.post(&path(&story, "criteria/AC-9/accept"), &json!({ "reason": "x" })).await, 404, "not_found").await;
    let done = accepted(&world, &accept, &json!({ "reason": "I saw it.", "by": "kim" })).await;
    assert_eq!(done["status"], "succeeded");
    let criterion = &done["criteria"][0];
    assert_eq!((&criterion["status"], &criterion["accepted"]["by"]), (&json!("accepted"), &json!("kim")));
    problem(world.post(&accept, &json!({ "reason": "Again." })).await, 409, "state_conflict").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_done_with_a_pipeline_that_is_not_there() {
    let world = World::new().await;
    for (command, body) in [
        ("pause", json!({})),
        ("resume", json!({})),
        ("retry", json!({})),
        ("messages", json!({ "text": "x" })),
        ("budget", json!({ "tokens": 1 })),
        ("criteria/AC-1/accept", json!({ "reason": "x" })),
    ] {
        problem(world.post(&format!("/api/v1/pipelines/7/{command}"), &body).await, 404, "not_found").await;
    }
    world.close().await;
}
