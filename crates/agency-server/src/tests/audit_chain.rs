//! Whether anybody has changed the audit log, as the API answers it.

use super::world::World;
use serde_json::{Value, json};

const VERIFICATION: &str = "/api/v1/audit/verification";
const WHOLE: &str = "/api/v1/audit/verification?whole=true";

/// The hash of an event, as an export has it.
async fn hash_of(world: &World, id: u64) -> Value {
    let export = world.get("/api/v1/audit/export").await.text().await.unwrap();
    let events = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.into_iter().find(|event| event["id"] == id).unwrap()["hash"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_touched_matches_and_goes_on_matching() {
    let world = World::new().await;
    let nothing = json!({ "verified_up_to": 0, "events": 0, "head": "0".repeat(64), "broken_at": null });
    assert_eq!(world.json(VERIFICATION).await, nothing);
    for pipelines in 1..=2 {
        world.quick_fix().await;
        // Created and started.
        let newest = pipelines * 2;
        let head = hash_of(&world, newest).await;
        let expected = json!({ "verified_up_to": newest, "events": newest, "head": head, "broken_at": null });
        for path in [VERIFICATION, WHOLE, VERIFICATION] {
            assert_eq!(world.json(path).await, expected, "{path}");
        }
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_verified_before_is_verified_again_only_where_somebody_asks_for_the_whole() {
    let world = World::new().await;
    for _ in 0..3 {
        world.quick_fix().await;
    }
    assert_eq!(world.json(VERIFICATION).await["verified_up_to"], 6);
    world.meddle("UPDATE audit_events SET created_at = '2020-01-01T00:00:00.000Z' WHERE id = 3").await;
    world.quick_fix().await;
    let since = world.json(VERIFICATION).await;
    assert_eq!((&since["verified_up_to"], &since["broken_at"]), (&json!(8), &Value::Null));
    let head = hash_of(&world, 2).await;
    assert_eq!(world.json(WHOLE).await, json!({ "verified_up_to": 2, "events": 2, "head": head, "broken_at": 3 }));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_after_what_was_verified_is_found_without_asking_for_the_whole() {
    let world = World::new().await;
    world.quick_fix().await;
    assert_eq!(world.json(VERIFICATION).await["verified_up_to"], 2);
    world.quick_fix().await;
    world.meddle("UPDATE audit_events SET payload_json = '{\"by\":\"sam\"}' WHERE id = 4").await;
    for _ in 0..2 {
        let found = world.json(VERIFICATION).await;
        assert_eq!((&found["verified_up_to"], &found["broken_at"]), (&json!(3), &json!(4)));
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_cut_off_behind_what_this_server_has_seen_is_broken() {
    let world = World::new().await;
    world.quick_fix().await;
    world.quick_fix().await;
    assert_eq!(world.json(VERIFICATION).await["verified_up_to"], 4);
    world.meddle("DELETE FROM audit_events WHERE id = 4").await;
    let missing = json!({ "verified_up_to": 0, "events": 0, "head": "0".repeat(64), "broken_at": 4 });
    for path in [VERIFICATION, WHOLE] {
        assert_eq!(world.json(path).await, missing, "{path}");
    }
    world.close().await;
}
