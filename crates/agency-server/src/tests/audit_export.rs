//! The audit log as a file for programs, of all pipelines or of one.

use super::world::{World, problem};
use agency_domain::pipelines::{Command, Observation};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// More events than one batch, of two pipelines; the last one is by somebody with an odd name.
async fn many_events(world: &World) {
    let mut one = world.quick_fix().await;
    one.work(&json!({ "summary": "Line one.\nLine \"two\", and more.", "outcome": "done" }), Some('b')).await;
    let mut other = world.quick_fix().await;
    for count in 0..110 {
        other.act(Command::Observe { step: None, attempt: None, what: Observation::ProcessesEnded { count } }).await;
    }
    other.act(Command::Cancel { by: "=HYPERLINK(\"x\")".into() }).await;
}

/// The rows of a CSV export, each cell under its name.
async fn csv(world: &World, path: &str) -> Vec<Value> {
    let response = world.get(path).await;
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    let text = response.text().await.unwrap();
    let first = "id,created_at,pipeline_id,step_id,event_type,actor,summary,payload_json,hash\r\n";
    assert!(text.starts_with(first) && text.ends_with("\r\n"), "{text}");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.map(|cells: std::collections::BTreeMap<String, String>| json!(cells)).unwrap()).collect()
}

async fn ndjson(world: &World, path: &str) -> Vec<Value> {
    let response = world.get(path).await;
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let text = response.text().await.unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every event of a list of the API, oldest first.
async fn paged(world: &World, path: &str) -> Vec<Value> {
    let (mut events, mut next) = (Vec::new(), path.to_owned());
    loop {
        let page = world.json(&next).await;
        events.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("{path}&cursor={cursor}"),
            None => break,
        }
    }
    events.reverse();
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn ndjson_has_every_event_as_the_api_has_it_with_its_hash() {
    let world = World::new().await;
    assert_eq!(ndjson(&world, "/api/v1/audit/export").await, Vec::<Value>::new());
    many_events(&world).await;
    for (export, list) in [
        ("/api/v1/audit/export", "/api/v1/audit?limit=200"),
        ("/api/v1/audit/export?format=ndjson&pipeline=2", "/api/v1/audit?pipeline=2&limit=200"),
        ("/api/v1/pipelines/2/audit/export?format=ndjson", "/api/v1/pipelines/2/audit?limit=200"),
        ("/api/v1/audit/export?pipeline=99", "/api/v1/audit?pipeline=99&limit=200"),
    ] {
        let mut exported = ndjson(&world, export).await;
        for event in &mut exported {
            let hash = event.as_object_mut().unwrap().remove("hash").unwrap();
            assert!(hash.as_str().unwrap().len() == 64, "{event}");
        }
        assert_eq!(exported, paged(&world, list).await, "{export}");
    }
    world.close().await;
}

/// As somebody would who has nothing but the documentation and the file.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_csv_of_the_whole_log_can_verify_it() {
    let world = World::new().await;
    many_events(&world).await;
    let rows = csv(&world, "/api/v1/audit/export?format=csv").await;
    assert!(rows.len() > 120, "{}", rows.len());
    let mut before = vec![0; 32];
    for row in &rows {
        let mut bytes = before.clone();
        for name in ["id", "pipeline_id", "step_id", "event_type", "payload_json", "created_at"] {
            let field = row[name].as_str().unwrap().as_bytes();
            bytes.extend((field.len() as u64).to_be_bytes());
            bytes.extend(field);
        }
        before = Sha256::digest(bytes).to_vec();
        let hex: String = before.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(row["hash"], hex, "{row}");
    }
    assert_eq!(world.json("/api/v1/audit/verification").await["head"], rows.last().unwrap()["hash"]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_says_who_acted_and_carries_nothing_out() {
    let world = World::new().await;
    many_events(&world).await;
    let rows = csv(&world, "/api/v1/pipelines/2/audit/export?format=csv").await;
    assert!(rows.iter().all(|row| row["pipeline_id"] == "2"));
    let cancelled = rows.iter().find(|row| row["event_type"] == "pipeline_cancelled").unwrap();
    assert_eq!(cancelled["actor"], "'=HYPERLINK(\"x\")");
    assert_eq!(cancelled["summary"], "'=HYPERLINK(\"x\") cancelled it.");
    assert_eq!(cancelled["payload_json"], "{\"by\":\"=HYPERLINK(\\\"x\\\")\"}");
    assert_eq!((&rows[0]["actor"], &rows[0]["step_id"]), (&json!(""), &json!("")));
    let of_one = csv(&world, "/api/v1/audit/export?format=csv&pipeline=1").await;
    let handoff = of_one.iter().find(|row| row["event_type"] == "handoff_recorded").unwrap();
    assert!(handoff["payload_json"].as_str().unwrap().contains("Line \\\"two\\\", and more."), "{handoff}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_says_whose_log_it_is() {
    let world = World::new().await;
    world.quick_fix().await;
    for (path, name) in [
        ("/api/v1/audit/export", "agency-audit.ndjson"),
        ("/api/v1/audit/export?format=csv", "agency-audit.csv"),
        ("/api/v1/audit/export?format=csv&pipeline=1", "pipeline-1-audit.csv"),
        ("/api/v1/pipelines/1/audit/export?format=ndjson", "pipeline-1-audit.ndjson"),
        ("/api/v1/pipelines/1/audit/export", "pipeline-1-audit.json"),
    ] {
        let response = world.get(path).await;
        assert_eq!(response.headers()["content-disposition"], format!("attachment; filename=\"{name}\""), "{path}");
    }
    problem(world.get("/api/v1/pipelines/9/audit/export?format=csv").await, 404, "not_found").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_read_breaks_the_export_off() {
    let world = World::new().await;
    many_events(&world).await;
    world.meddle("UPDATE audit_events SET hash = x'00' WHERE id = (SELECT max(id) FROM audit_events)").await;
    let response = world.get("/api/v1/audit/export").await;
    assert!(response.text().await.is_err(), "half a log was taken for a whole one");
    world.close().await;
}
