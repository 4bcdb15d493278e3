//! Creating, listing, reading and cancelling.

use super::world::{World, fields, git, problem};
use crate::http::mapping::pipelines;
use agency_domain::Timestamp;
use agency_domain::approvals::Decision;
use serde_json::{Value, json};

fn request(world: &World) -> Value {
    json!({ "description": "Let it shout.\nLoudly.", "repo": world.repository(), "template": "quick_fix", "model": "anthropic/claude-sonnet" })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_is_created_and_found_where_location_says() {
    let world = World::new().await;
    let response = world.post("/api/v1/pipelines", &request(&world)).await;
    assert_eq!(response.status(), 201);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let created: Value = response.json().await.unwrap();
    assert_eq!(location, format!("/api/v1/pipelines/{}", created["id"]));
    assert_eq!(created, world.json(&location).await);
    for (field, value) in [
        ("title", json!("Let it shout.")),
        ("status", json!("queued")),
        ("template", json!("quick_fix")),
        ("base", json!("main")),
        ("branch", json!("agency/1-let-it-shout")),
        ("model", json!("anthropic/claude-sonnet")),
        ("scripted", json!(false)),
        ("steps_total", json!(2)),
        ("steps_done", json!(0)),
        ("seq", json!(1)),
        ("approvals", json!([])),
    ] {
        assert_eq!(created[field], value, "{field}");
    }
    assert_eq!(created["base_commit"], git(&world.directory.path().join("repository"), &["rev-parse", "HEAD"]));
    assert_eq!(created["steps"][0]["agent_name"], "developer");
    assert_eq!(created["steps"][1]["on_changes_requested"]["back_to"], "developer");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_is_said_field_by_field() {
    let world = World::new().await;
    let mut body = request(&world);
    body["repo"] = json!("/nowhere/at/all");
    body["description"] = json!(" ");
    let found = problem(world.post("/api/v1/pipelines", &body).await, 400, "invalid_input").await;
    assert!(fields(&found).contains(&"repo") && fields(&found).contains(&"description"), "{found}");
    let mut body = request(&world);
    body["template"] = json!("nothing");
    let found = problem(world.post("/api/v1/pipelines", &body).await, 400, "invalid_input").await;
    assert_eq!(fields(&found), ["template"]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_is_taken_is_a_conflict() {
    let world = World::new().await;
    let mut body = request(&world);
    body["branch"] = json!("agency/mine");
    assert_eq!(world.post("/api/v1/pipelines", &body).await.status(), 201);
    let found = problem(world.post("/api/v1/pipelines", &body).await, 409, "branch_taken").await;
    assert_eq!(fields(&found), ["branch"]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_with_the_same_key_creates_nothing_twice() {
    let world = World::new().await;
    let body = request(&world);
    let send =
        |key: &'static str, body: &Value| world.request("POST", "/api/v1/pipelines").header("Idempotency-Key", key).json(body).send();
    let first = send("k1", &body).await.unwrap();
    assert!(!first.headers().contains_key("idempotent-replayed"));
    let first: Value = first.json().await.unwrap();
    let again = send("k1", &body).await.unwrap();
    assert_eq!((again.status().as_u16(), &again.headers()["idempotent-replayed"]), (201, &"true".parse().unwrap()));
    assert_eq!(again.json::<Value>().await.unwrap()["id"], first["id"]);
    let mut other = body.clone();
    other["description"] = json!("Something else.");
    problem(send("k1", &other).await.unwrap(), 409, "idempotency_mismatch").await;
    assert_ne!(send("k2", &body).await.unwrap().json::<Value>().await.unwrap()["id"], first["id"]);
    problem(send("", &body).await.unwrap(), 400, "invalid_input").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_newest_first_and_paged() {
    let world = World::new().await;
    for _ in 0..5 {
        world.quick_fix().await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/pipelines?limit=2".to_owned();
    loop {
        let page = world.json(&path).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["id"].as_i64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/pipelines?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    let none = world.json("/api/v1/pipelines?status=failed,succeeded").await;
    assert_eq!(none, json!({ "items": [], "next_cursor": null }));
    assert_eq!(world.json("/api/v1/pipelines?status=running&q=SHOUT").await["items"].as_array().unwrap().len(), 5);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_shows_its_attempts_handoffs_usage_criteria_and_findings() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let arguments = json!({ "summary": "Did <b>it</b>.", "outcome": "done",
        "criteria": [{ "id": "AC-1", "text": "It shouts.", "status": "met", "evidence": ["test.sh:3"] }] });
    story.work(&arguments, Some('b')).await;
    story
        .work(
            &json!({ "summary": "Not yet.", "outcome": "done", "verdict": "changes_requested",
                "findings": [{ "id": "F-1", "severity": "major", "file": "a.sh", "line": 3, "claim": "No test." }] }),
            None,
        )
        .await;
    let shown = world.json(&format!("/api/v1/pipelines/{}", story.id())).await;
    let attempt = &shown["steps"][0]["attempts"][0];
    assert_eq!((&attempt["status"], &attempt["number"], &attempt["usage"]["cost"]), (&json!("succeeded"), &json!(1), &json!(0.25)));
    assert_eq!(attempt["handoff"]["metadata"]["channel"], "tool");
    assert_eq!(attempt["handoff"]["metadata"]["files_changed"], json!([]));
    let html = attempt["handoff"]["content_html"].as_str().unwrap();
    assert!(html.contains("&lt;b&gt;") && !html.contains("<b>"), "{html}");
    let raised = shown["steps"][1]["attempts"][0]["id"].clone();
    assert_eq!(
        shown["criteria"],
        json!([{ "id": "AC-1", "text": "It shouts.", "mandatory": true, "status": "claimed", "accepted": null, "evidence": [{
            "text": "test.sh:3", "attempt_id": attempt["id"], "proven": false, "by": null,
            "why": "it names no file of the branch's diff, no command that ran, and no test that the branch adds" }] }])
    );
    assert_eq!(
        shown["findings"],
        json!([{ "id": "F-1", "severity": "major", "file": "a.sh", "line": 3, "claim": "No test.", "status": "open", "round": 1,
            "raised_by_attempt": raised, "settled_by_attempt": null, "why_now": null, "reviewer": "senior-reviewer" }])
    );
    assert_eq!(shown["steps"][1]["attempts"][0]["verdict"], "changes_requested");
    assert_eq!((&shown["usage"]["cost"], &shown["usage"]["tokens"]["input"]), (&json!(0.5), &json!(2_400)));
    assert_eq!(shown["head_commit"], "b".repeat(40));
    assert_eq!(shown["seq"], world.state.log.head().await.unwrap());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_loaded_and_what_was_decided_map_to_the_same() {
    let world = World::new().await;
    let mut story = world.full_feature().await;
    let done = json!({ "summary": "Done.", "outcome": "done" });
    story.work(&done, None).await;
    story.work(&done, None).await;
    let gate = story.gate().await;
    story.decide(gate, Decision::Approve, Some("Go.")).await;
    let head = world.state.log.head().await.unwrap();
    let expected = serde_json::to_value(pipelines::detail(&story.pipeline, &[], head, Timestamp::now(), &world.state.markdown)).unwrap();
    assert_eq!(world.json(&format!("/api/v1/pipelines/{}", story.id())).await, expected);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_is_accepted_once_and_then_a_conflict() {
    let world = World::new().await;
    let story = world.quick_fix().await;
    let path = format!("/api/v1/pipelines/{}/cancel", story.id());
    let response = world.request("POST", &path).send().await.unwrap();
    assert_eq!(response.status(), 202);
    let cancelled: Value = response.json().await.unwrap();
    assert_eq!((&cancelled["status"], &cancelled["steps"][0]["status"]), (&json!("cancelled"), &json!("cancelled")));
    let found = problem(world.post(&path, &json!({})).await, 409, "state_conflict").await;
    assert!(found["detail"].as_str().unwrap().contains("cancelled"), "{found}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_makes_a_repository_of_its_own_and_a_pipeline_that_says_it_is_scripted() {
    let world = World::with(|settings| settings.demo.enabled = true).await;
    assert_eq!(world.json("/api/v1/opencode").await["demo"], json!({ "available": true }));
    for (body, template) in [(None, "quick_fix"), (Some(json!({ "template": "full_feature" })), "full_feature")] {
        let mut request = world.request("POST", "/api/v1/demo");
        if let Some(body) = &body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 201, "{:?}", response.text().await);
        let created: Value = response.json().await.unwrap();
        assert_eq!((&created["template"], &created["scripted"]), (&json!(template), &json!(true)));
        let repo = created["repo"].as_str().unwrap();
        assert_eq!(git(repo.as_ref(), &["rev-parse", "HEAD"]), created["base_commit"].as_str().unwrap());
        assert_eq!(git(repo.as_ref(), &["status", "--porcelain"]), "");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_tried_in_a_repository_made_for_it_or_in_one_that_is_named() {
    let world = World::new().await;
    let tries = world.state.data_dir.join("tries");
    let made = || std::fs::read_dir(&tries).map_or(0, Iterator::count);
    let wanted = json!({ "description": "Say what this program does." });
    let keyed = || world.request("POST", "/api/v1/agents/architect/tries").header("Idempotency-Key", "once").json(&wanted).send();
    let response = keyed().await.unwrap();
    assert_eq!(response.status(), 201);
    let created: Value = response.json().await.unwrap();
    assert_eq!((&created["title"], &created["template"]), (&json!("Try of architect"), &json!("ad_hoc")));
    assert_eq!((&created["steps"][0]["agent_name"], created["steps"].as_array().unwrap().len()), (&json!("architect"), 1));
    let repo = created["repo"].as_str().unwrap();
    assert!(repo.starts_with(tries.to_str().unwrap()), "{repo}");
    assert_eq!(git(repo.as_ref(), &["status", "--porcelain"]), "");
    let again: Value = keyed().await.unwrap().json().await.unwrap();
    assert_eq!(again["id"], created["id"]);

    let named = world.repository();
    let response = world.post("/api/v1/agents/developer/tries", &json!({ "description": "x", "repo": named })).await;
    assert_eq!(response.json::<Value>().await.unwrap()["repo"], json!(named));
    let refused = problem(world.post("/api/v1/agents/architect/tries", &json!({ "description": " " })).await, 400, "invalid_input").await;
    assert_eq!(refused["errors"][0]["field"], json!("description"));
    problem(world.post("/api/v1/agents/nobody/tries", &wanted).await, 404, "not_found").await;
    assert_eq!(made(), 1, "what is refused or repeated leaves no repository");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_one_more_and_says_when_to_come_back() {
    let world = World::with(|settings| settings.engine.queue_max = 2).await;
    // Nothing is started: this server has no engine that runs.
    let request = |title: &str| json!({ "title": title, "description": "x", "repo": world.repository(), "template": "quick_fix" });
    for title in ["one", "two"] {
        assert_eq!(world.post("/api/v1/pipelines", &request(title)).await.status(), 201);
    }
    let refused = world.post("/api/v1/pipelines", &request("three")).await;
    assert_eq!(refused.headers()["retry-after"], "30");
    let refused = problem(refused, 429, "queue_full").await;
    assert!(refused["detail"].as_str().unwrap().contains("AGENCY_ENGINE__QUEUE_MAX"), "{refused}");
    assert_eq!(world.post("/api/v1/pipelines/1/cancel", &json!({})).await.status(), 202);
    assert_eq!(world.post("/api/v1/pipelines", &request("three")).await.status(), 201);
    world.close().await;
}
