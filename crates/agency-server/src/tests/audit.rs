//! The audit log: pages and export.

use super::world::World;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_paged_newest_first_and_exported_oldest_first() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    world.quick_fix().await;
    story.work(&json!({ "summary": "Line one.\nLine two.", "outcome": "done" }), Some('b')).await;
    let path = format!("/api/v1/pipelines/{}/audit", story.id());
    let mut paged: Vec<Value> = Vec::new();
    let mut next = format!("{path}?limit=3");
    loop {
        let page = world.json(&next).await;
        paged.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("{path}?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    let response = world.get(&format!("{path}/export?format=json")).await;
    let disposition = response.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(disposition.starts_with("attachment") && disposition.contains("pipeline-1-audit.json"), "{disposition}");
    let mut exported: Vec<Value> = response.json().await.unwrap();
    assert_eq!(exported[0]["event_type"], "pipeline_created");
    assert!(exported.iter().all(|event| event["pipeline_id"] == 1 && event["payload"]["type"].is_null()));
    exported.reverse();
    assert_eq!(paged, exported);
    let all = world.json("/api/v1/audit?limit=200").await;
    assert_eq!(all["items"].as_array().unwrap().len(), paged.len() + 2);
    assert_eq!(world.json("/api/v1/audit?limit=200&pipeline=1").await["items"], json!(paged));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_reads_well_as_markdown() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    story.work(&json!({ "summary": "# Not a heading", "outcome": "done" }), None).await;
    let response = world.get("/api/v1/pipelines/1/audit/export?format=markdown").await;
    assert_eq!(response.headers()["content-type"], "text/markdown; charset=utf-8");
    let text = response.text().await.unwrap();
    assert!(text.starts_with("# Audit log of pipeline 1: Shout\n"), "{text}");
    assert!(text.contains("`pipeline_created`") && text.contains("`handoff_recorded`"), "{text}");
    assert!(!text.contains("\n# Not a heading"), "{text}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observation_goes_by_its_own_name() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    story
        .act(agency_domain::pipelines::Command::Observe {
            step: None,
            attempt: None,
            what: agency_domain::pipelines::Observation::OpencodeStarted { version: "1.18.33".into() },
        })
        .await;
    let newest = &world.json("/api/v1/pipelines/1/audit?limit=1").await["items"][0];
    assert_eq!(newest["event_type"], "opencode_started");
    assert_eq!(newest["payload"]["version"], "1.18.33");
    world.close().await;
}
