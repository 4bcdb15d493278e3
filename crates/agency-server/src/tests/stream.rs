//! `GET /events`: everything once and in order, whatever the reader does.

use super::reader::{Message, Reader, ids};
use super::world::{World, problem};
use crate::http::mapping::events::Surroundings;
use agency_domain::approvals::Decision;
use agency_domain::testing::{Story, builders};
use agency_domain::transcripts::{PartKind, PartState};
use agency_domain::{AttemptId, PipelineId, StepId, Timestamp};
use agency_engine::TextDelta;
use serde_json::json;

/// A run with a round of review, a gate that sends back, and parts of transcripts.
async fn eventful(world: &World) -> Story {
    let mut story = world.full_feature().await;
    let done = json!({ "summary": "Done.", "outcome": "done" });
    let attempt = story.work(&done, None).await;
    let place = story.place_of(attempt);
    let parts = (0..3).map(|ordinal| builders::text_part(place, ordinal, "*text*", Timestamp::now())).collect();
    world.state.engine.ports().transcripts.put(parts).await.unwrap();
    story.work(&done, None).await;
    let gate = story.gate().await;
    story.decide(gate, Decision::RequestChanges, Some("Smaller.")).await;
    story.work(&done, None).await;
    let gate = story.gate().await;
    story.decide(gate, Decision::Approve, None).await;
    story.work(&done, Some('b')).await;
    story
        .work(
            &json!({ "summary": "No test.", "outcome": "done", "verdict": "changes_requested",
                "findings": [{ "id": "F-1", "severity": "major", "claim": "No test." }] }),
            None,
        )
        .await;
    story
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_begins_with_a_heartbeat_of_two_keys_and_has_another_within_five_seconds() {
    let world = World::new().await;
    let mut reader = Reader::open(&world, "", None).await;
    let first = reader.next().await.unwrap();
    assert_eq!((first.id, first.data.as_object().unwrap().len()), (None, 2));
    assert_eq!(first.kind(), "heartbeat");
    let second = reader.next().await.unwrap();
    let (first, second) = (first.data["ts"].as_i64().unwrap(), second.data["ts"].as_i64().unwrap());
    assert!((4..=20).contains(&(second - first)), "{first} and {second}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fact_comes_once_and_in_order_from_wherever_a_reader_begins() {
    let world = World::new().await;
    eventful(&world).await;
    let head = world.state.log.head().await.unwrap();
    let all = Reader::open(&world, "?after=0", None).await.durable_until(last_shown(&world).await).await;
    assert!(ids(&all).is_sorted_by(|a, b| a < b));
    assert_eq!(ids(&all)[0], 1);
    assert!(
        all.iter().all(|message| message.data["seq"].as_i64() == message.id
            && message.data["pipeline_id"] == 1
            && message.data["at"].is_string())
    );
    for place in [1, head / 3, head / 2, head - 3] {
        let expected: Vec<i64> = ids(&all).into_iter().filter(|id| *id > place).collect();
        let end = *expected.last().unwrap();
        for (query, last) in [(format!("?after={place}"), None), (String::new(), Some(place)), ("?after=0".into(), Some(place))] {
            let rest = Reader::open(&world, &query, last).await.durable_until(end).await;
            assert_eq!(ids(&rest), expected, "{query} {last:?}");
        }
    }
    world.close().await;
}

/// The newest sequence that the stream shows: the audit log has more.
async fn last_shown(world: &World) -> i64 {
    let facts = world.state.log.replay(0, None, 10_000).await.unwrap();
    let shown = |fact: &&agency_domain::pipelines::Recorded| {
        let around = Surroundings { begin_again: vec![StepId(1)], ..Surroundings::default() };
        !crate::http::mapping::events::events(fact, &around, &world.state).is_empty()
    };
    facts.iter().rfind(shown).unwrap().seq
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_come_while_things_happen_all_see_the_same() {
    let world = World::new().await;
    let readers: Vec<_> = (0..8)
        .map(|number| {
            let query = if number % 2 == 0 { "?after=0" } else { "?after=0&pipeline=1" };
            async { Reader::open(&world, query, None).await }
        })
        .collect();
    // Half of the readers are there before the first fact, the others come in the middle.
    let mut readers = futures::future::join_all(readers).await;
    let story = eventful(&world).await;
    assert_eq!(story.id(), PipelineId(1));
    for _ in 0..8 {
        readers.push(Reader::open(&world, "?after=0", None).await);
    }
    let end = last_shown(&world).await;
    let mut seen: Vec<Vec<Message>> = Vec::new();
    for reader in &mut readers {
        seen.push(reader.durable_until(end).await);
    }
    assert!(seen.iter().all(|messages| *messages == seen[0]));
    assert!(ids(&seen[0]).is_sorted_by(|a, b| a < b));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_a_fact_comes_before_it_and_without_an_id() {
    let world = World::new().await;
    let story = eventful(&world).await;
    let mut reader = Reader::open(&world, "?after=0", None).await;
    let end = last_shown(&world).await;
    let mut all = Vec::new();
    loop {
        all.push(reader.event().await);
        if all.last().unwrap().id == Some(end) {
            break;
        }
    }
    let at = |kind: &str| all.iter().position(|message| message.kind() == kind).unwrap();
    let requested = at("approval_requested");
    assert_eq!(all[requested - 1].data["status"], "waiting_for_approval");
    assert_eq!((all[requested - 1].id, &all[requested - 1].data["seq"]), (None, &serde_json::Value::Null));
    assert_eq!(all[at("approval_decided") - 1].data["status"], "running");
    // The first gate sent the architect and itself back; each is pending again, in the order of the chain.
    let pending: Vec<i64> = all
        .iter()
        .filter(|message| message.kind() == "step_finished" && message.data["status"] == "pending")
        .map(|message| message.data["step_id"].as_i64().unwrap())
        .collect();
    let steps: Vec<i64> = story.pipeline.steps.iter().map(|step| step.id.0).collect();
    assert_eq!(pending, [steps[1], steps[2], steps[3], steps[4]]);
    let part = all.iter().find(|message| message.kind() == "transcript_part").unwrap();
    assert_eq!(part.data["part"]["html"], "<p><em>text</em></p>\n");
    assert_eq!(part.data["part"]["seq"], part.data["seq"]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_without_a_cursor_hears_what_comes_and_nothing_before() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let mut reader = Reader::open(&world, "", None).await;
    assert_eq!(reader.next().await.unwrap().kind(), "heartbeat");
    story.attempt().await;
    let kinds = [reader.event().await, reader.event().await].map(|message| message.kind().to_owned());
    assert_eq!(kinds, ["step_started", "attempt_started"]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrow_stream_is_about_one_pipeline() {
    let world = World::new().await;
    let (_first, second) = (world.quick_fix().await, world.quick_fix().await);
    let mut reader = Reader::open(&world, &format!("?after=0&pipeline={}", second.id()), None).await;
    for kind in ["pipeline_created", "pipeline_updated"] {
        let message = reader.event().await;
        assert_eq!((message.kind(), &message.data["pipeline_id"]), (kind, &json!(second.id().0)));
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_from_another_life_is_answered_with_reset_and_the_place_to_go_on_from() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let head = world.state.log.head().await.unwrap();
    let mut reader = Reader::open(&world, "?after=99999", None).await;
    let reset = reader.event().await;
    assert_eq!((reset.kind(), reset.id, &reset.data["seq"]), ("reset", Some(head), &json!(head)));
    story.attempt().await;
    assert_eq!(reader.event().await.id, Some(head + 1));
    world.close().await;
}

fn delta(story: &Story, attempt: AttemptId, part: &str, text: &str) -> TextDelta {
    let (pipeline_id, step_id, attempt_id) = story.place_of(attempt);
    TextDelta { pipeline_id, step_id, attempt_id, part_id: part.into(), ordinal: 0, kind: PartKind::Text, offset: 0, text: text.into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_being_written_is_there_from_its_beginning_and_not_after_its_end() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let attempt = story.attempt().await;
    let live = world.state.engine.live();
    live.push_text(delta(&story, attempt, "prt_0", "Hel"));
    live.push_text(delta(&story, attempt, "prt_0", "lo"));
    let mut early = Reader::open(&world, "?after=0", None).await;
    loop {
        let message = early.event().await;
        if message.kind() == "transcript_delta" {
            assert_eq!((&message.data["text"], &message.data["offset"], message.id), (&json!("Hello"), &json!(0), None));
            break;
        }
    }
    live.push_text(delta(&story, attempt, "prt_0", ", you"));
    let more = early.event().await;
    assert_eq!((&more.data["text"], &more.data["offset"]), (&json!(", you"), &json!(5)));
    let part = builders::text_part(story.place_of(attempt), 0, "Hello, you", Timestamp::now());
    assert_eq!(part.state, PartState::Done);
    world.state.engine.ports().transcripts.put(vec![part]).await.unwrap();
    assert_eq!(early.event().await.kind(), "transcript_part");
    let end = world.state.log.head().await.unwrap();
    let mut late = Reader::open(&world, "?after=0", None).await;
    while late.event().await.id != Some(end) {}
    story.act(agency_domain::pipelines::Command::MarkRunning(attempt)).await;
    assert_eq!(late.event().await.kind(), "pipeline_updated");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_falls_behind_misses_no_fact() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let mut reader = Reader::open(&world, "?after=0", None).await;
    assert_eq!(reader.next().await.unwrap().kind(), "heartbeat");
    let attempt = story.attempt().await;
    // More than the sockets and the broadcast hold together, while the reader reads nothing.
    let text = "x".repeat(4_096);
    for number in 0..6_000 {
        world.state.engine.live().push_text(delta(&story, attempt, &format!("prt_{number}"), &text));
        if number % 1_000 == 0 {
            story
                .act(agency_domain::pipelines::Command::Observe {
                    step: None,
                    attempt: Some(attempt),
                    what: agency_domain::pipelines::Observation::ProcessesEnded { count: 1 },
                })
                .await;
        }
    }
    story.act(agency_domain::pipelines::Command::MarkRunning(attempt)).await;
    let seen = reader.durable_until(last_shown(&world).await).await;
    let expected = Reader::open(&world, "?after=0", None).await.durable_until(last_shown(&world).await).await;
    assert_eq!(ids(&seen), ids(&expected));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_says_so_and_does_not_wait_for_readers() {
    let world = World::new().await;
    let mut readers = Vec::new();
    for _ in 0..3 {
        let mut reader = Reader::open(&world, "", None).await;
        reader.next().await.unwrap();
        readers.push(reader);
    }
    let began = std::time::Instant::now();
    world.close().await;
    assert!(began.elapsed() < std::time::Duration::from_secs(4), "{:?}", began.elapsed());
    for reader in &mut readers {
        assert_eq!(reader.event().await.kind(), "closing");
        assert_eq!(reader.next().await, None);
        assert!(reader.has_ended);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_no_number_is_refused() {
    let world = World::new().await;
    for query in ["?after=x", "?after=-1", "?pipelin=1"] {
        problem(world.get(&format!("/events{query}")).await, 400, "invalid_input").await;
    }
    let response = world.request("GET", "/events").header("Last-Event-ID", "x").send().await.unwrap();
    problem(response, 400, "invalid_input").await;
    world.close().await;
}
