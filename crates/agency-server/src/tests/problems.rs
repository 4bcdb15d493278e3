//! Errors have one shape, whoever makes them.

use super::world::{World, fields, problem};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_is_refused_with_line_and_column() {
    let world = World::new().await;
    let post = |body: &'static str| world.request("POST", "/api/v1/pipelines").header("Content-Type", "application/json").body(body).send();
    let found = problem(post("{\n  \"title\": ,\n}").await.unwrap(), 400, "malformed_json").await;
    assert!(found["detail"].as_str().unwrap().contains("line 2 column 12"), "{found}");
    problem(post("").await.unwrap(), 400, "malformed_json").await;
    problem(post("{} {}").await.unwrap(), 400, "invalid_input").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_in_the_body_names_its_field() {
    let world = World::new().await;
    for (body, field) in [
        (json!({ "description": "x", "repo": 5 }), "repo"),
        (json!({ "description": "x", "repo": "/", "unknown": 1 }), "unknown"),
        (json!({ "repo": "/" }), "description"),
        (json!({ "description": "x", "repo": "/", "steps": [{ "agent": "developer" }, { "agent": 1 }] }), "steps[1].agent"),
        (json!({ "description": "x", "repo": "/", "steps": [{ "agnet": "developer" }] }), "steps[0].agnet"),
        (json!({ "description": "x", "repo": "/", "models": { "developer": 1 } }), "models.developer"),
    ] {
        let found = problem(world.post("/api/v1/pipelines", &body).await, 400, "invalid_input").await;
        assert_eq!(fields(&found), [field], "{found}");
        assert!(!found["errors"][0]["message"].as_str().unwrap().contains(" column "), "{found}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused() {
    let world = World::new().await;
    let body = json!({ "description": "x".repeat(16_000_000), "repo": "/" });
    problem(world.post("/api/v1/pipelines", &body).await, 413, "too_large").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_nobody_knows_is_refused() {
    let world = World::new().await;
    for (path, field) in [
        ("/api/v1/pipelines?stauts=running", "stauts"),
        ("/api/v1/pipelines?status=runing", "status"),
        ("/api/v1/pipelines?limit=0", "limit"),
        ("/api/v1/pipelines?limit=ten", "limit"),
        ("/api/v1/audit?pipeline=", "pipeline"),
        ("/api/v1/pipelines?limit=201", "limit"),
        ("/api/v1/pipelines?cursor=xyz", "cursor"),
        ("/api/v1/approvals?status=open", "status"),
        ("/api/v1/templates?repo=relative", "repo"),
        ("/api/v1/agents?repos=x", "repos"),
        ("/api/v1/audit?page=2", "page"),
        ("/api/v1/audit/export?format=json", "format"),
        ("/api/v1/audit/export?pipelines=1", "pipelines"),
        ("/api/v1/audit/verification?whole=yes", "whole"),
    ] {
        let found = problem(world.get(path).await, 400, "invalid_input").await;
        assert_eq!(fields(&found), [field], "{found}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found_in_the_one_shape() {
    let world = World::new().await;
    for path in [
        "/api/v1/pipelines/7",
        "/api/v1/pipelines/x",
        "/api/v1/pipelines/-1",
        "/api/v1/pipelines/99999999999999999999",
        "/api/v1/pipelines/7/transcript",
        "/api/v1/pipelines/7/diff",
        "/api/v1/pipelines/7/audit",
        "/api/v1/pipelines/7/audit/export",
        "/api/v1/attempts/7/receipt",
        "/api/v1/approvals/7",
        "/api/v1/templates/nothing",
        "/api/v1/agents/nothing",
        "/api/v1/nothing",
        "/api/nothing",
        "/api",
        "/nothing.js",
    ] {
        problem(world.get(path).await, 404, "not_found").await;
    }
    let decision = json!({ "decision": "approve" });
    problem(world.post("/api/v1/approvals/7/decision", &decision).await, 404, "not_found").await;
    problem(world.post("/api/v1/demo", &json!({})).await, 404, "demo_unavailable").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_does_not_exist_is_answered_with_those_that_do() {
    let world = World::new().await;
    for (method, path, allowed) in [
        ("DELETE", "/api/v1/pipelines", "GET, POST"),
        ("GET", "/api/v1/pipelines/1/cancel", "POST"),
        ("POST", "/health", "GET"),
        ("PUT", "/", "GET, HEAD"),
    ] {
        let response = world.request(method, path).send().await.unwrap();
        assert_eq!(response.headers()["allow"], allowed, "{method} {path}");
        problem(response, 405, "method_not_allowed").await;
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_broke_can_say_so_whatever_it_says() {
    let world = World::new().await;
    for message in ["panicked at src/lib.rs:1:1:\nbroken", &"é".repeat(100_000), ""] {
        let told = world.post("/api/v1/page-errors", &json!({ "message": message, "path": "/pipelines/1" })).await;
        assert_eq!(told.status(), 204);
    }
    let refused = problem(world.post("/api/v1/page-errors", &json!({ "message": "x" })).await, 400, "invalid_input").await;
    assert_eq!(fields(&refused), ["path"]);
    world.close().await;
}
