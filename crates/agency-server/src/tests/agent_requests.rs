//! What agents ask people.

use super::world::{World, fields, problem};
use agency_domain::pipelines::{AskKind, Command};
use agency_domain::testing::Story;
use agency_domain::{AskId, Timestamp};
use serde_json::{Value, json};

/// An attempt that asks for something.
async fn asking(world: &World, kind: AskKind, subject: &str, patterns: &[&str]) -> (Story, AskId) {
    let mut story = world.quick_fix().await;
    let attempt = story.attempt().await;
    let ask = world.state.engine.ports().ids.ask();
    let deadline: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
    let suggested = if kind == AskKind::Permission { patterns.clone() } else { Vec::new() };
    story.act(Command::Ask { ask, attempt, kind, subject: subject.into(), patterns, suggested, deadline }).await;
    (story, ask)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_agents_ask_is_in_the_inbox_oldest_first_until_it_is_answered() {
    let world = World::new().await;
    let (story, first) = asking(&world, AskKind::Permission, "bash", &["rm -rf build"]).await;
    let (_, second) = asking(&world, AskKind::Question, "Which colour?", &["red", "green"]).await;
    let inbox = world.json("/api/v1/requests").await;
    let ids: Vec<i64> = inbox["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [first.0, second.0]);
    let item = &inbox["items"][0];
    for (field, value) in [
        ("pipeline_id", json!(story.id().0)),
        ("pipeline_title", json!("Shout")),
        ("agent_name", json!("developer")),
        ("kind", json!("permission")),
        ("subject", json!("bash")),
        ("patterns", json!(["rm -rf build"])),
        ("deadline", json!("2030-01-01T00:00:00.000Z")),
        ("answer", Value::Null),
    ] {
        assert_eq!(item[field], value, "{field}");
    }
    assert_eq!(world.json("/api/v1/requests?limit=1").await["items"].as_array().unwrap().len(), 1);
    let path = format!("/api/v1/requests/{first}/answer");
    let response = world.post(&path, &json!({ "allow": true, "answered_by": "kim" })).await;
    assert_eq!(response.status(), 202);
    let detail: Value = response.json().await.unwrap();
    let answer = &detail["requests"][0]["answer"];
    assert_eq!((&answer["allowed"], &answer["by"], &answer["source"]), (&json!(true), &json!("kim"), &json!("person")));
    let found = problem(world.post(&path, &json!({ "allow": false })).await, 409, "request_answered").await;
    assert!(found["detail"].as_str().unwrap().contains("allowed already, by kim"), "{found}");
    assert_eq!(world.json("/api/v1/requests").await["items"][0]["id"], second.0);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_wants_an_answer_in_words() {
    let world = World::new().await;
    let (_, ask) = asking(&world, AskKind::Question, "Which colour?", &["red"]).await;
    let path = format!("/api/v1/requests/{ask}/answer");
    for (body, field) in [
        (json!({ "allow": true }), "message"),
        (json!({ "allow": true, "message": " " }), "message"),
        (json!({ "message": "red" }), "allow"),
        (json!({ "allow": "always" }), "allow"),
        (json!({ "allow": true, "message": "red", "answered_by": "a\tb" }), "answered_by"),
    ] {
        let found = problem(world.post(&path, &body).await, 400, "invalid_input").await;
        assert_eq!(fields(&found), [field], "{found}");
    }
    let detail: Value = world.post(&path, &json!({ "allow": true, "message": " red " })).await.json().await.unwrap();
    assert_eq!(detail["requests"][0]["answer"]["message"], "red");
    problem(world.post("/api/v1/requests/99/answer", &json!({ "allow": true })).await, 404, "not_found").await;
    problem(world.get("/api/v1/requests?limit=0").await, 400, "invalid_input").await;
    problem(world.get("/api/v1/requests?cursor=x").await, 400, "invalid_input").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_attempt_asked_ends_with_it() {
    let world = World::new().await;
    let (mut story, ask) = asking(&world, AskKind::Permission, "bash", &["ls"]).await;
    story.act(Command::Cancel { by: "kim".into() }).await;
    assert_eq!(world.json("/api/v1/requests").await["items"], json!([]));
    let shown = world.json(&format!("/api/v1/pipelines/{}", story.id())).await;
    let answer = &shown["requests"][0]["answer"];
    assert_eq!((&answer["allowed"], &answer["source"], &answer["by"]), (&json!(false), &json!("end"), &Value::Null));
    let found =
        problem(world.post(&format!("/api/v1/requests/{ask}/answer"), &json!({ "allow": true })).await, 409, "request_answered").await;
    assert!(found["detail"].as_str().unwrap().contains("the end of its attempt"), "{found}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_may_hold_on_and_be_taken_back() {
    let world = World::new().await;
    let (story, ask) = asking(&world, AskKind::Permission, "bash", &["make all"]).await;
    assert_eq!(world.json("/api/v1/requests").await["items"][0]["suggested"], json!(["make all"]));
    let path = format!("/api/v1/requests/{ask}");
    for (body, field) in [
        (json!({ "allow": true, "patterns": ["make *"] }), "scope"),
        (json!({ "allow": true, "scope": "once", "patterns": ["make *"] }), "scope"),
        (json!({ "allow": true, "scope": "ever" }), "scope"),
        (json!({ "allow": false, "scope": "step" }), "scope"),
        (json!({ "allow": true, "scope": "step", "patterns": ["x".repeat(3_000)] }), "patterns"),
    ] {
        let found = problem(world.post(&format!("{path}/answer"), &body).await, 400, "invalid_input").await;
        assert_eq!(fields(&found), [field], "{found}");
    }
    problem(world.post(&format!("{path}/revoke"), &json!({})).await, 409, "state_conflict").await;
    let body = json!({ "allow": true, "scope": "pipeline", "patterns": ["make *"], "answered_by": "kim" });
    let detail: Value = world.post(&format!("{path}/answer"), &body).await.json().await.unwrap();
    let grant = |detail: &Value| detail["requests"][0]["answer"]["grant"].clone();
    let held = json!({ "scope": "pipeline", "patterns": ["make *"], "revoked_at": null, "revoked_by": null });
    assert_eq!(grant(&detail), held);
    let revoked = world.post(&format!("{path}/revoke"), &json!({ "by": "alex" })).await;
    assert_eq!(revoked.status(), 202);
    let detail: Value = revoked.json().await.unwrap();
    assert_eq!(grant(&detail)["revoked_by"], "alex");
    problem(world.post(&format!("{path}/revoke"), &json!({})).await, 409, "state_conflict").await;
    problem(world.post("/api/v1/requests/99/revoke", &json!({})).await, 404, "not_found").await;
    let log = world.json(&format!("/api/v1/pipelines/{}/audit?limit=200", story.id())).await.to_string();
    assert!(log.contains("allowed by kim, from then on in its pipeline, with make *"), "{log}");
    assert!(log.contains("alex took back what request"), "{log}");
    world.close().await;
}
