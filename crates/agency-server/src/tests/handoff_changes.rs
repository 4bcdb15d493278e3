//! What a hand-off says otherwise than the one before it.

use super::world::{World, problem};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_later_hand_off_is_compared_with_the_one_before_it() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let first = story.work(&json!({ "summary": "Writes <b>a</b> note.", "outcome": "done" }), None).await;
    let review = story
        .work(
            &json!({ "summary": "Nearly.", "outcome": "done", "verdict": "changes_requested",
        "findings": [{ "id": "F-1", "severity": "major", "claim": "No date." }] }),
            None,
        )
        .await;
    let second = story.work(&json!({ "summary": "Writes <b>the</b> note.", "outcome": "done" }), None).await;
    let path = format!("/api/v1/pipelines/{}/handoff-changes", story.id());
    let changes = world.json(&format!("{path}?attempt={second}")).await;
    assert_eq!((&changes["since_attempt_id"], &changes["since_number"]), (&json!(first.0), &json!(1)));
    assert!(changes["diff"].as_str().unwrap().contains("-Writes <b>a</b> note."), "{changes}");
    let rows = changes["rows"].as_str().unwrap();
    assert!(rows.contains("<ins>the</ins>") && !rows.contains("<b>"), "the words that changed, and no tag of an agent's: {rows}");
    assert_eq!((&changes["additions"], &changes["deletions"]), (&json!(1), &json!(1)));
    let across = world.json(&format!("{path}?attempt={second}&since={review}")).await;
    assert_eq!(across["since_attempt_id"], review.0);
    let same = world.json(&format!("{path}?attempt={second}&since={second}")).await;
    assert_eq!((&same["diff"], &same["rows"]), (&json!(""), &json!("")));
    let none = problem(world.get(&format!("{path}?attempt={first}")).await, 404, "not_found").await;
    assert!(none["detail"].as_str().unwrap().contains("before that of attempt"), "{none}");
    problem(world.get(&format!("{path}?attempt=999")).await, 404, "not_found").await;
    problem(world.get(&path).await, 400, "invalid_input").await;
    world.close().await;
}
