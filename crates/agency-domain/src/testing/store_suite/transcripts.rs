//! Transcripts.

use super::StorePorts;
use crate::AttemptId;
use crate::budgets::Budget;
use crate::pipelines::{AttemptResult, Command, Fact, StoreError};
use crate::testing::{Story, builders};
use crate::transcripts::{CallsQuery, FinishedCall, PartKind, PartSearch, PartSort, PartState, PartsQuery, TranscriptPart};
use serde_json::json;

fn all_of(story: &Story) -> PartsQuery {
    PartsQuery { pipeline: story.id(), step: None, attempt: None, after: None, backwards: false, limit: u32::MAX }
}

async fn parts(ports: &StorePorts, query: PartsQuery) -> Vec<TranscriptPart> {
    ports.transcripts.parts(query).await.unwrap().into_iter().map(|stored| stored.part).collect()
}

fn tool_part(story: &Story, attempt: AttemptId, ordinal: u32) -> TranscriptPart {
    TranscriptPart {
        kind: PartKind::Tool,
        tool: Some("edit".into()),
        input: Some(json!({ "path": "src/main.rs", "cost": 0.1, "deep": [null, { "x": 18_446_744_073_709_551_615_u64 }] })),
        output: Some("ok\u{0}\u{1b}[31m".into()),
        diff: Some("@@ -1 +1 @@\n-a\n+b\n".into()),
        took_ms: Some(12_430),
        ..builders::text_part(story.place_of(attempt), ordinal, "Edit src/main.rs", story.pipeline.updated_at)
    }
}

pub async fn parts_come_back_by_attempt_and_place(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    let first = story.work(&json!({ "summary": "Done.", "outcome": "done" }), None).await;
    let second = story.attempt().await;
    let other = ports.start(builders::quick_fix).await;
    let text = |attempt, ordinal| builders::text_part(story.place_of(attempt), ordinal, "…", story.pipeline.updated_at);
    let all = [text(first, 0), tool_part(&story, first, 1), text(first, 2), text(second, 0), text(second, 1)];
    ports.transcripts.put(vec![all[4].clone(), all[1].clone(), all[0].clone()]).await.unwrap();
    ports.transcripts.put(vec![all[3].clone(), all[2].clone()]).await.unwrap();
    ports.transcripts.put(Vec::new()).await.unwrap();

    let query = all_of(&story);
    assert_eq!(parts(ports, query).await, all);
    assert_eq!(parts(ports, PartsQuery { attempt: Some(first), ..query }).await, all[..3]);
    let (step, _) = story.pipeline.attempt(second).unwrap();
    assert_eq!(parts(ports, PartsQuery { step: Some(step.id), ..query }).await, all[3..]);
    assert_eq!(parts(ports, PartsQuery { after: Some((first, 1)), limit: 2, ..query }).await, all[2..4]);
    assert_eq!(parts(ports, PartsQuery { after: Some((second, 1)), ..query }).await, []);
    assert_eq!(parts(ports, all_of(&other)).await, []);

    let backwards = PartsQuery { backwards: true, ..query };
    let reversed: Vec<_> = all.iter().rev().cloned().collect();
    assert_eq!(parts(ports, backwards).await, reversed);
    assert_eq!(parts(ports, PartsQuery { after: Some((second, 0)), limit: 2, ..backwards }).await, reversed[2..4]);
    assert_eq!(parts(ports, PartsQuery { after: Some((first, 0)), ..backwards }).await, []);
}

pub async fn the_times_of_parts_come_without_their_contents(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    let attempt = story.attempt().await;
    let text = builders::text_part(story.place_of(attempt), 0, "…", story.pipeline.updated_at);
    let tool = TranscriptPart { text: "ü".repeat(100), ..tool_part(&story, attempt, 1) };
    ports.transcripts.put(vec![tool.clone(), text.clone()]).await.unwrap();
    let times = ports.transcripts.times(story.id(), 10).await.unwrap();
    let shown: Vec<_> = times.iter().map(|time| (time.part_id.as_str(), time.kind, time.tool.as_deref(), time.title.as_str())).collect();
    let cut = "ü".repeat(80);
    assert_eq!(shown, [("prt_0", PartKind::Text, None, ""), ("prt_1", PartKind::Tool, Some("edit"), cut.as_str())]);
    assert_eq!((times[1].attempt_id, times[1].ordinal, times[1].state, times[1].at), (attempt, 1, tool.state, tool.at));
    assert_eq!(ports.transcripts.times(story.id(), 1).await.unwrap(), times[..1]);
    let other = ports.start(builders::quick_fix).await;
    assert_eq!(ports.transcripts.times(other.id(), 10).await.unwrap(), []);

    assert_eq!(ports.log.pauses(story.id(), 10).await.unwrap(), []);
    story.finish(attempt, AttemptResult::Interrupted("gone".into())).await;
    story.act(Command::Pause { by: "kim".into(), now: true }).await;
    let paused = story.pipeline.updated_at;
    story.act(Command::Resume { by: "kim".into(), budget: Budget::default() }).await;
    assert_eq!(ports.log.pauses(story.id(), 10).await.unwrap(), [(paused, true), (story.pipeline.updated_at, false)]);
}

pub async fn finished_calls_that_mention_something_come_newest_first(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    let first = story.work(&json!({ "summary": "Done.", "outcome": "done" }), None).await;
    let second = story.attempt().await;
    let with = |attempt, ordinal, input, diff: Option<&str>| TranscriptPart {
        input: Some(input),
        diff: diff.map(str::to_owned),
        ..tool_part(&story, attempt, ordinal)
    };
    let named = json!({ "filePath": "/w/a \"\u{fc}\".rs" });
    let all = [
        with(first, 0, named.clone(), None),
        with(first, 1, json!({ "command": "make" }), None),
        with(first, 2, json!({}), Some("+++ a \"\u{fc}\".rs\n+x\n")),
        TranscriptPart { state: PartState::Error, ..with(first, 3, named.clone(), None) },
        TranscriptPart { kind: PartKind::Text, ..with(first, 4, named.clone(), None) },
        with(second, 0, json!({ "edits": [named] }), Some("+y\n")),
    ];
    ports.transcripts.put(all.to_vec()).await.unwrap();
    let query = CallsQuery { pipeline: story.id(), attempt: None, mentions: "a \"\u{fc}\".rs".into(), before: None, limit: u32::MAX };
    let read = async |query: &CallsQuery| -> Vec<FinishedCall> { ports.transcripts.calls(query).await.unwrap() };
    let found = read(&query).await;
    let places: Vec<_> = found.iter().map(|call| (call.attempt_id, call.ordinal)).collect();
    assert_eq!(places, [(second, 0), (first, 2), (first, 0)]);
    assert_eq!((&found[0].input, &found[0].diff), (&all[5].input, &all[5].diff));
    assert_eq!((found[0].tool.as_deref(), found[0].at), (Some("edit"), all[5].at));
    assert_eq!(read(&CallsQuery { attempt: Some(first), ..query.clone() }).await, found[1..]);
    assert_eq!(read(&CallsQuery { before: Some((second, 0)), limit: 1, ..query.clone() }).await, found[1..2]);
    assert_eq!(read(&CallsQuery { mentions: "b.rs".into(), ..query.clone() }).await, []);
    let other = ports.start(builders::quick_fix).await;
    assert_eq!(read(&CallsQuery { pipeline: other.id(), ..query }).await, []);
}

pub async fn parts_are_found_by_words_and_by_what_they_are(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    let first = story.work(&json!({ "summary": "Done.", "outcome": "done" }), None).await;
    let second = story.attempt().await;
    let text = |attempt, ordinal, text: &str| builders::text_part(story.place_of(attempt), ordinal, text, story.pipeline.updated_at);
    let bash = |ordinal, command: &str, output: &str| TranscriptPart {
        tool: Some("bash".into()),
        input: Some(json!({ "command": command })),
        output: Some(output.into()),
        diff: None,
        ..tool_part(&story, first, ordinal)
    };
    let all = [
        text(first, 0, "I read the Ünit tests, 50% of them_all."),
        TranscriptPart { state: PartState::Error, ..bash(1, "echo \"Needle\"", "1 FAILED") },
        TranscriptPart { text: "Write it".into(), diff: Some("+needle\n".into()), ..tool_part(&story, first, 2) },
        TranscriptPart { kind: PartKind::Notice, ..text(first, 3, "The model was asked once more.") },
        TranscriptPart { tool: Some("write".into()), ..bash(4, "true", "\0 behind a zero: needle") },
        text(second, 0, "A NEEDLE again."),
    ];
    ports.transcripts.put(all.to_vec()).await.unwrap();
    let everything = PartSearch { pipeline: story.id(), step: None, attempt: None, words: None, sort: None, after: None, limit: 10 };
    let find = async |search: PartSearch| {
        let found = ports.transcripts.search(&search).await.unwrap();
        assert_eq!(found.total, all.iter().filter(|part| search.finds(part)).count() as u64, "{search:?}");
        found.parts.iter().map(|part| all.iter().position(|known| known == part).expect("as it was stored")).collect::<Vec<_>>()
    };
    let words = |words: &str| PartSearch { words: Some(words.into()), ..everything.clone() };
    let sorted = |sort| PartSearch { sort: Some(sort), ..everything.clone() };

    assert_eq!(find(everything.clone()).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(find(words("needle")).await, [1, 2, 4, 5]);
    assert_eq!(find(words("\"needle\"")).await, [1]);
    assert_eq!(find(words("bash")).await, [1]);
    assert_eq!(find(words("Ünit T")).await, [0]);
    assert_eq!(find(words("ünit")).await, Vec::<usize>::new());
    assert_eq!(find(words("0%")).await, [0]);
    assert_eq!(find(words("m_a")).await, [0]);
    assert_eq!(find(words("%")).await, [0]);
    assert_eq!(find(sorted(PartSort::Errors)).await, [1]);
    assert_eq!(find(sorted(PartSort::Tools)).await, [1, 2, 4]);
    assert_eq!(find(sorted(PartSort::Edits)).await, [2, 4]);
    assert_eq!(find(sorted(PartSort::Texts)).await, [0, 5]);
    assert_eq!(find(sorted(PartSort::Notices)).await, [3]);
    assert_eq!(find(PartSearch { sort: Some(PartSort::Tools), ..words("failed") }).await, [1]);
    assert_eq!(find(PartSearch { attempt: Some(second), ..words("needle") }).await, [5]);
    assert_eq!(find(PartSearch { step: Some(all[5].step_id), ..words("again") }).await, [5]);
    assert_eq!(find(PartSearch { limit: 2, ..words("needle") }).await, [1, 2]);
    assert_eq!(find(PartSearch { after: Some((first, 2)), limit: 2, ..words("needle") }).await, [4, 5]);
    let other = ports.start(builders::quick_fix).await;
    assert_eq!(find(PartSearch { pipeline: other.id(), ..everything }).await, Vec::<usize>::new());
}

pub async fn a_part_stored_again_stands_in_place_of_the_old_one(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    let attempt = story.attempt().await;
    let done = tool_part(&story, attempt, 0);
    let open = TranscriptPart { state: PartState::Open, output: None, diff: None, took_ms: None, ..done.clone() };
    ports.transcripts.put(vec![open.clone()]).await.unwrap();
    let first = ports.log.head().await.unwrap();
    ports.transcripts.put(vec![done.clone()]).await.unwrap();
    let stored = ports.transcripts.parts(all_of(&story)).await.unwrap();
    assert_eq!(stored.iter().map(|stored| &stored.part).collect::<Vec<_>>(), [&done]);
    assert!(stored[0].seq > first);

    let replayed = ports.log.replay(first - 1, None, 10).await.unwrap();
    assert_eq!(replayed.iter().map(|fact| &fact.fact).collect::<Vec<_>>(), [&Fact::Part(done.clone())]);
    let heard = ports.heard.facts();
    let newest: Vec<_> = heard.iter().rev().take(2).map(|fact| &fact.fact).collect();
    assert_eq!(newest, [&Fact::Part(done), &Fact::Part(open)]);
}

pub async fn parts_of_an_unknown_attempt_are_refused_whole(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    let attempt = story.attempt().await;
    let known = tool_part(&story, attempt, 0);
    let unknown = TranscriptPart { attempt_id: AttemptId(attempt.0 + 1), ..known.clone() };
    assert!(matches!(ports.transcripts.put(vec![known, unknown]).await, Err(StoreError::Missing)));
    assert_eq!(parts(ports, all_of(&story)).await, []);
    ports.expect_lived(&story).await;
}
