//! The inbox and its decisions.

use super::world::{World, fields, problem};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_in_the_inbox_with_what_is_decided_on() {
    let world = World::new().await;
    let (story, gate) = world.waiting().await;
    let inbox = world.json("/api/v1/approvals?status=pending").await;
    assert_eq!(inbox["items"].as_array().unwrap().len(), 1);
    let item = &inbox["items"][0];
    assert_eq!(item["id"], gate.0);
    assert_eq!(
        (&item["pipeline_id"], &item["status"], &item["question"]),
        (&json!(story.id().0), &json!("pending"), &json!("Build this?"))
    );
    assert_eq!(item["back_to_choices"], json!(["architect", "product-owner"]));
    assert_eq!(item["handoff"]["metadata"]["summary"], "Design.");
    assert_eq!(*item, world.json(&format!("/api/v1/approvals/{gate}")).await);
    assert_eq!(world.json("/api/v1/approvals?status=approved").await["items"], json!([]));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_taken_once() {
    let world = World::new().await;
    let (_, gate) = world.waiting().await;
    let path = format!("/api/v1/approvals/{gate}/decision");
    let stale = json!({ "decision": "approve", "digest": "0".repeat(64) });
    problem(world.post(&path, &stale).await, 409, "approval_stale").await;
    let response = world.post(&path, &json!({ "decision": "approve", "comment": " Go. ", "digest": "d1".repeat(32) })).await;
    assert_eq!(response.status(), 200);
    let decided: Value = response.json().await.unwrap();
    assert_eq!(
        (&decided["status"], &decided["comment"], &decided["decided_by"]),
        (&json!("approved"), &json!("Go."), &json!("local user"))
    );
    let found = problem(world.post(&path, &json!({ "decision": "reject" })).await, 409, "approval_decided").await;
    assert!(found["detail"].as_str().unwrap().contains("local user"), "{found}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_asked_for_with_a_comment_and_go_to_a_step_that_exists() {
    let world = World::new().await;
    let (_, gate) = world.waiting().await;
    let path = format!("/api/v1/approvals/{gate}/decision");
    let found = problem(world.post(&path, &json!({ "decision": "request_changes" })).await, 400, "invalid_input").await;
    assert_eq!(fields(&found), ["comment"]);
    let nowhere = json!({ "decision": "request_changes", "comment": "Smaller.", "back_to": "developer" });
    let found = problem(world.post(&path, &nowhere).await, 400, "invalid_input").await;
    assert_eq!(fields(&found), ["back_to"]);
    let found = problem(world.post(&path, &json!({ "decision": "maybe" })).await, 400, "invalid_input").await;
    assert_eq!(fields(&found), ["decision"]);
    let fine = json!({ "decision": "request_changes", "comment": "Smaller.", "back_to": "product-owner", "decided_by": "kim" });
    let decided: Value = world.post(&path, &fine).await.json().await.unwrap();
    assert_eq!((&decided["status"], &decided["decided_by"]), (&json!("changes_requested"), &json!("kim")));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn remarks_on_lines_are_a_comment_of_their_own() {
    let world = World::new().await;
    let (_, gate) = world.waiting().await;
    let path = format!("/api/v1/approvals/{gate}/decision");
    let remark = |line: u32| json!({ "file": "src/a.rs", "line": line, "excerpt": "let a = 1;", "text": "Why?" });
    let found = problem(
        world.post(&path, &json!({ "decision": "request_changes", "comments": [remark(3), remark(0)] })).await,
        400,
        "invalid_input",
    )
    .await;
    assert_eq!(fields(&found), ["comments[1].line"]);
    let decided: Value = world.post(&path, &json!({ "decision": "request_changes", "comments": [remark(3)] })).await.json().await.unwrap();
    assert_eq!(decided["comment"], "1. `src/a.rs:3`\n\n   ```\n   let a = 1;\n   ```\n\n   Why?");
    world.close().await;
}
