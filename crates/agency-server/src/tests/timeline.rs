//! The timeline of a pipeline.

use super::world::{World, problem};
use agency_domain::approvals::Decision;
use agency_domain::budgets::Budget;
use agency_domain::criteria::BranchFacts;
use agency_domain::pipelines::{AnsweredBy, AskKind, AttemptResult, Command, Finished};
use agency_domain::testing::{Story, builders};
use agency_domain::transcripts::{PartKind, PartState, TranscriptPart};
use agency_domain::{AttemptId, Clock, Usage};
use serde_json::{Value, json};
use std::time::Duration;

/// Parts of an attempt, which end one after the other.
async fn say(world: &World, story: &Story, attempt: AttemptId, seconds: &[(PartKind, u64)]) {
    let parts = seconds.iter().enumerate().map(|(index, (kind, seconds))| TranscriptPart {
        kind: *kind,
        tool: (*kind == PartKind::Tool).then(|| "bash".to_owned()),
        state: if index == 1 { PartState::Error } else { PartState::Done },
        ..builders::text_part(
            story.place_of(attempt),
            u32::try_from(index).unwrap(),
            "cargo test",
            story.clock.advance(Duration::from_secs(*seconds)),
        )
    });
    world.state.engine.ports().transcripts.put(parts.collect()).await.unwrap();
}

/// product-owner and architect worked, a person took two hours, developer and reviewer worked.
async fn finished(world: &World) -> Story {
    let mut story = world.full_feature().await;
    story.work(&json!({ "summary": "Done.", "outcome": "done" }), None).await;
    story.work(&json!({ "summary": "Done.", "outcome": "done" }), None).await;
    let gate = story.gate().await;
    story.clock.advance(Duration::from_secs(7_800));
    story.decide(gate, Decision::Approve, None).await;
    let attempt = story.attempt().await;
    say(world, &story, attempt, &[(PartKind::Reasoning, 10), (PartKind::Tool, 40), (PartKind::Notice, 1), (PartKind::Text, 20)]).await;
    story.act(Command::MarkRunning(attempt)).await;
    story.act(Command::MarkFinishing { attempt, usage: Usage::default() }).await;
    let handoff = builders::handoff(
        world.state.engine.ports().ids.handoff(),
        builders::record(&json!({ "summary": "Done.", "outcome": "done" })),
        story.clock.now(),
    );
    let finished = Finished { handoff, head_commit: Some(builders::commit('b')), verdict_required: false, branch: BranchFacts::default() };
    story.finish(attempt, AttemptResult::Succeeded(Box::new(finished))).await;
    story.work(&json!({ "summary": "Fine.", "outcome": "done", "verdict": "approved" }), None).await;
    story
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_shows_what_ran_and_draws_a_long_wait_narrow() {
    let world = World::new().await;
    let story = finished(&world).await;
    let shown = world.json(&format!("/api/v1/pipelines/{}/timeline", story.id())).await;
    let rows = shown["rows"].as_array().unwrap();
    let labels: Vec<_> = rows.iter().map(|row| row["label"].as_str().unwrap()).collect();
    let expected =
        ["queue", "product-owner · attempt 1", "architect · attempt 1", "approval", "developer · attempt 1", "senior-reviewer · attempt 1"];
    assert_eq!(labels, expected);
    assert_eq!((&rows[0]["step_id"], &rows[3]["attempt_id"]), (&Value::Null, &Value::Null));
    assert_eq!(rows[3]["note"], "2 h 10 min · approved by kim");
    assert_eq!((&rows[3]["spans"][0]["kind"], &rows[3]["spans"][0]["title"]), (&json!("gate"), &json!("Build this?")));
    assert_eq!(rows[4]["note"], "1 min 14 s · 8,604 tokens · $0.25");
    let gaps = shown["gaps"].as_array().unwrap();
    assert_eq!((gaps.len(), &gaps[0]["label"]), (1, &json!("2 h 10 min waiting for a person")));
    assert_eq!(gaps[0]["length_permille"], 20);
    assert_eq!(shown["until"].as_str().unwrap(), format!("{:.3}", story.pipeline.finished_at.unwrap()));
    assert!(shown["busy_seconds"].as_u64().unwrap() < 100 && shown["idle_seconds"].as_u64().unwrap() >= 7_800, "{shown}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_named_after_what_was_waited_for() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    let attempt = story.attempt().await;
    let ask = world.state.engine.ports().ids.ask();
    let (kind, deadline) = (AskKind::Permission, "2030-01-01T00:00:00Z".parse().unwrap());
    story
        .act(Command::Ask { ask, attempt, kind, subject: "bash".into(), patterns: vec!["make".into()], suggested: Vec::new(), deadline })
        .await;
    story.clock.advance(hours(1));
    story.act(Command::Answer { ask, allowed: true, message: None, by: AnsweredBy::Person("kim".into()), grant: None }).await;
    story.finish(attempt, AttemptResult::Interrupted("gone".into())).await;
    story.clock.advance(hours(4));
    story.work(&json!({ "summary": "Done.", "outcome": "done" }), Some('b')).await;
    story.act(Command::Pause { by: "kim".into(), now: true }).await;
    story.clock.advance(hours(3));
    story.act(Command::Resume { by: "kim".into(), budget: Budget::default() }).await;
    story.work(&json!({ "summary": "Fine.", "outcome": "done", "verdict": "approved" }), None).await;
    let shown = world.json(&format!("/api/v1/pipelines/{}/timeline", story.id())).await;
    let labels: Vec<_> = shown["gaps"].as_array().unwrap().iter().map(|gap| gap["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["1 h 00 min waiting for an answer", "4 h 00 min after an interruption", "3 h 00 min paused"]);
    assert_eq!(shown["rows"][1]["note"], "1 h 00 min · 8,604 tokens · $0.25 · interrupted");
    assert!(
        shown["rows"]
            .as_array()
            .unwrap()
            .windows(2)
            .all(|rows| rows[0]["spans"][0]["starts_at"].as_str() <= rows[1]["spans"][0]["starts_at"].as_str())
    );
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_begins_where_the_one_before_it_ended() {
    let world = World::new().await;
    let story = finished(&world).await;
    let shown = world.json(&format!("/api/v1/pipelines/{}/timeline", story.id())).await;
    let spans: Vec<_> = shown["rows"][4]["spans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|span| {
            let place = (span["part"].clone(), span["ordinal"].clone());
            (span["kind"].clone(), span["title"].clone(), span["state"].clone(), span["seconds"].clone(), place)
        })
        .collect();
    let expected = [
        (json!("model"), json!("thinking"), json!("done"), json!(10), (json!("prt_0"), json!(0))),
        (json!("tool"), json!("bash: cargo test"), json!("failed"), json!(40), (json!("prt_1"), json!(1))),
        (json!("model"), json!("writing"), json!("done"), json!(21), (json!("prt_3"), json!(3))),
    ];
    assert_eq!(spans, expected);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_very_many_parts_is_joined_to_few() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let attempt = story.attempt().await;
    let at = story.clock.now();
    let transcripts = &world.state.engine.ports().transcripts;
    for first in (0..20_000).step_by(2_000) {
        let part = |ordinal: u32| TranscriptPart {
            kind: PartKind::Tool,
            tool: Some("read".into()),
            output: Some("x".repeat(3_000)),
            ..builders::text_part(story.place_of(attempt), ordinal, "src/a.rs", at + Duration::from_millis(u64::from(ordinal)))
        };
        transcripts.put((first..first + 2_000).map(part).collect()).await.unwrap();
    }
    let shown = world.json(&format!("/api/v1/pipelines/{}/timeline", story.id())).await;
    let spans: usize = shown["rows"].as_array().unwrap().iter().map(|row| row["spans"].as_array().unwrap().len()).sum();
    assert!((400..=1_000).contains(&spans), "{spans}");
    assert!(shown["rows"][1]["spans"].as_array().unwrap().iter().any(|span| span["title"].as_str().unwrap().ends_with(" calls")));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_of_nothing_is_not_found() {
    let world = World::new().await;
    problem(world.get("/api/v1/pipelines/99/timeline").await, 404, "not_found").await;
    world.close().await;
}
