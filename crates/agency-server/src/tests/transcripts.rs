//! Transcripts, receipts, diffs.

use super::reader::Reader;
use super::world::{World, git, problem};
use agency_domain::testing::builders;
use agency_domain::transcripts::{PartKind, TranscriptPart};
use agency_domain::{AttemptId, BranchName, CommitId, Timestamp};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_is_read_page_by_page_and_by_step_or_attempt() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let first = story.work(&json!({ "summary": "Done.", "outcome": "done" }), Some('b')).await;
    let second = story.attempt().await;
    let transcripts = &world.state.engine.ports().transcripts;
    for attempt in [first, second] {
        let parts = (0..3).map(|ordinal| builders::text_part(story.place_of(attempt), ordinal, "**Hello**", Timestamp::now())).collect();
        transcripts.put(parts).await.unwrap();
    }
    let path = format!("/api/v1/pipelines/{}/transcript", story.id());
    let mut seen = Vec::new();
    let mut next = format!("{path}?limit=4");
    loop {
        let page = world.json(&next).await;
        for part in page["items"].as_array().unwrap() {
            assert_eq!(part["html"], "<p><strong>Hello</strong></p>\n");
            seen.push((part["attempt_id"].as_i64().unwrap(), part["ordinal"].as_i64().unwrap()));
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("{path}?limit=4&after={cursor}"),
            None => break,
        }
    }
    let expected: Vec<_> = [first.0, second.0].iter().flat_map(|id| (0..3).map(|ordinal| (*id, ordinal))).collect();
    assert_eq!(seen, expected);
    let (_, step, _) = story.place_of(second);
    for query in [format!("attempt={second}"), format!("step={step}")] {
        let page = world.json(&format!("{path}?{query}")).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() == 3 && items.iter().all(|part| part["attempt_id"] == second.0));
    }
    let page = world.json(&format!("{path}?limit=4&newest=true")).await;
    let places = |page: &Value| -> Vec<_> {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| (part["attempt_id"].as_i64().unwrap(), part["ordinal"].as_i64().unwrap()))
            .collect()
    };
    assert_eq!(places(&page), expected[2..]);
    let page = world.json(&format!("{path}?limit=4&newest=true&after={}", page["next_cursor"].as_str().unwrap())).await;
    assert_eq!(places(&page), expected[..2]);
    assert_eq!(page["next_cursor"], Value::Null);
    problem(world.get(&format!("{path}?after=nonsense")).await, 400, "invalid_input").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tool_changed_and_how_long_it_took_come_from_the_transcript_and_from_the_stream() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let attempt = story.attempt().await;
    let part = |ordinal: u32, diff: Option<&str>| TranscriptPart {
        kind: PartKind::Tool,
        tool: Some("edit".into()),
        diff: diff.map(str::to_owned),
        took_ms: diff.map(|_| 12_430),
        ..builders::text_part(story.place_of(attempt), ordinal, "src/a.rs", Timestamp::now())
    };
    let edit = "Index: /w/src/a.rs\n===\n--- /w/src/a.rs\n+++ /w/src/a.rs\n@@ -7,2 +7,3 @@\n one\n-let two = 2;\n+let two = 3;\n+<b>\n";
    let parts = vec![part(0, Some(edit)), part(1, Some("no <i>diff</i>")), part(2, None)];
    world.state.engine.ports().transcripts.put(parts).await.unwrap();
    let page = world.json(&format!("/api/v1/pipelines/{}/transcript", story.id())).await;
    let items = page["items"].as_array().unwrap();
    assert_eq!((&items[0]["additions"], &items[0]["deletions"], &items[0]["diff"]), (&json!(2), &json!(1), &json!(edit)));
    let rows = items[0]["rows"].as_str().unwrap();
    assert!(
        rows.contains("<td class=\"line-number\">9</td>") && rows.contains("<ins><i class=\"n\">3</i></ins>") && rows.contains("&lt;b&gt;"),
        "{rows}"
    );
    assert!(!rows.contains("tabindex") && !rows.contains("data-"), "{rows}");
    let rows = items[1]["rows"].as_str().unwrap();
    assert!(rows.starts_with("<tr class=\"context\">") && rows.contains(">no &lt;i&gt;diff&lt;/i&gt;<"), "{rows}");
    assert_eq!((&items[1]["additions"], &items[1]["deletions"]), (&json!(0), &json!(0)));
    assert_eq!((&items[0]["took_ms"], &items[1]["took_ms"]), (&json!(12_430), &json!(12_430)));
    assert!(["rows", "additions", "deletions", "took_ms"].iter().all(|field| items[2].get(field).is_none()), "{}", items[2]);
    let mut reader = Reader::open(&world, "?after=0", None).await;
    let messages = reader.durable_until(world.state.log.head().await.unwrap()).await;
    let told: Vec<&Value> =
        messages.iter().filter(|message| message.kind() == "transcript_part").map(|message| &message.data["part"]).collect();
    assert_eq!(told, items.iter().collect::<Vec<_>>());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_printed_is_shown_without_its_colours() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let attempt = story.attempt().await;
    let printed = "\u{1b}[1mrunning\u{1b}[0m\n\u{1b}[31mone test \u{1b}[1mFAILED\u{1b}[0m\n";
    let part = TranscriptPart {
        kind: PartKind::Tool,
        tool: Some("bash".into()),
        output: Some(printed.into()),
        ..builders::text_part(story.place_of(attempt), 0, "make test", Timestamp::now())
    };
    world.state.engine.ports().transcripts.put(vec![part]).await.unwrap();
    let path = format!("/api/v1/pipelines/{}/transcript", story.id());
    assert_eq!(world.json(&path).await["items"][0]["output"], "running\none test FAILED\n");
    let found = world.json(&format!("{path}/search?q=failed")).await;
    assert_eq!((&found["total"], &found["items"][0]["excerpt"]), (&json!(1), &json!("one test FAILED")));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_the_prompt_to_the_letter() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let attempt = story.attempt().await;
    let receipt = world.json(&format!("/api/v1/attempts/{attempt}/receipt")).await;
    let prompt = receipt["prompt"].as_str().unwrap();
    assert!(prompt.contains(&story.pipeline.description));
    assert_eq!(receipt["size"], prompt.len());
    assert_eq!((&receipt["attempt_id"], &receipt["ids"]), (&json!(attempt.0), &json!(["AC-1", "F-3"])));
    world.close().await;
}

/// A pipeline on a real repository, whose developer made a real commit.
async fn changed(world: &World) -> (i64, AttemptId) {
    changed_with(world, || {}).await
}

/// The same, with what else `also` changes in the checkout.
async fn changed_with(world: &World, also: impl FnOnce()) -> (i64, AttemptId) {
    let root = world.repository();
    let base = git(&root, &["rev-parse", "HEAD"]);
    let ports = world.state.engine.ports();
    let mut new = builders::quick_fix(ports.ids.as_ref());
    new.repo = root.display().to_string();
    new.base_commit = CommitId::parse(&base).unwrap();
    new.branch = BranchName::parse("agency/work").unwrap();
    let mut story = agency_domain::testing::Story::started(ports.store.clone(), ports.ids.clone(), new).await;
    std::fs::write(root.join("file.txt"), "one\nzwei\n").unwrap();
    also();
    git(&root, &["checkout", "--quiet", "-b", "agency/work"]);
    git(&root, &["commit", "--quiet", "--all", "--message", "second"]);
    let head = CommitId::parse(&git(&root, &["rev-parse", "HEAD"])).unwrap();
    let attempt = story.attempt().await;
    let record = builders::record(&json!({ "summary": "Done.", "outcome": "done" }));
    let finished = agency_domain::pipelines::Finished {
        handoff: builders::handoff(ports.ids.handoff(), record, Timestamp::now()),
        head_commit: Some(head),
        verdict_required: false,
        branch: agency_domain::criteria::BranchFacts::default(),
    };
    story.act(agency_domain::pipelines::Command::MarkRunning(attempt)).await;
    story.act(agency_domain::pipelines::Command::MarkFinishing { attempt, usage: agency_domain::Usage::default() }).await;
    story.finish(attempt, agency_domain::pipelines::AttemptResult::Succeeded(Box::new(finished))).await;
    (story.id().0, attempt)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diff_is_text_or_files_and_hunks() {
    let world = World::new().await;
    let (id, attempt) = changed(&world).await;
    let path = format!("/api/v1/pipelines/{id}/diff");
    let text = world.get(&path).await;
    assert_eq!(text.headers()["content-type"], "text/x-diff; charset=utf-8");
    let text = text.text().await.unwrap();
    assert!(text.contains("-two\n+zwei\n"), "{text}");
    assert_eq!(world.get(&format!("{path}?attempt={attempt}")).await.text().await.unwrap(), text);
    let json: Value = world.request("GET", &path).header("Accept", "application/json").send().await.unwrap().json().await.unwrap();
    assert_eq!(json["files"][0]["path"], "file.txt");
    assert_eq!((&json["files"][0]["additions"], &json["files"][0]["deletions"]), (&json!(1), &json!(1)));
    let lines = json["files"][0]["hunks"][0]["lines"].as_array().unwrap();
    assert_eq!(lines[2], json!({ "kind": "added", "old_line": null, "new_line": 2, "text": "zwei" }));
    problem(world.get(&format!("{path}?attempt=999")).await, 404, "not_found").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diff_shows_more_around_a_change_and_leaves_white_space_out() {
    let world = World::new().await;
    let root = world.repository();
    let lines = |changed: &str| {
        (1..=40).map(|number| if number == 20 { changed.to_owned() } else { format!("line {number}\n") }).collect::<String>()
    };
    let write = |changed: &str, indent: &str| {
        std::fs::write(root.join("long.txt"), lines(changed)).unwrap();
        std::fs::write(root.join("space.txt"), format!("{indent}indented\n")).unwrap();
    };
    write("before\n", "");
    git(&root, &["add", "--all"]);
    git(&root, &["commit", "--quiet", "--message", "more files"]);
    // What is changed goes into the developer's commit.
    let (id, _) = changed_with(&world, || write("after\n", "    ")).await;
    let read = async |query: &str| world.get(&format!("/api/v1/pipelines/{id}/diff{query}")).await.text().await.unwrap();
    let as_it_is = read("").await;
    assert!(as_it_is.contains("\n line 17\n") && !as_it_is.contains("\n line 16\n") && as_it_is.contains("b/space.txt"), "{as_it_is}");
    let more = read("?context=15&ignore_space=true").await;
    assert!(more.contains("\n line 5\n") && !more.contains("\n line 4\n") && !more.contains("space.txt"), "{more}");
    problem(world.get(&format!("/api/v1/pipelines/{id}/diff?context=100001")).await, 400, "invalid_input").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_has_rows_in_the_place_of_hunks() {
    let world = World::new().await;
    let (id, attempt) = changed(&world).await;
    let path = format!("/api/v1/pipelines/{id}/diff?attempt={attempt}");
    let read = async |query: &str| -> Value {
        world.request("GET", &format!("{path}{query}")).header("Accept", "application/json").send().await.unwrap().json().await.unwrap()
    };
    for (view, mark) in
        [("unified", "<td class=\"line-mark\" aria-label=\"added line\">+</td>"), ("split", "<td class=\"line-text added\">")]
    {
        let file = read(&format!("&view={view}")).await["files"][0].take();
        assert!(file["rows"].as_str().unwrap().contains(mark), "{view}: {file}");
        assert_eq!(file["hunks"], json!([]), "{view}");
    }
    assert_eq!(read("&view=unified&path=file.txt").await["files"][0]["path"], "file.txt");
    assert_eq!(read("&view=unified&path=other.txt").await["files"], json!([]));
    problem(world.get(&format!("{path}&view=sideways")).await, 400, "invalid_input").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_changed_is_an_empty_diff_and_a_lost_repository_a_conflict() {
    let world = World::new().await;
    let story = world.quick_fix().await;
    let path = format!("/api/v1/pipelines/{}/diff", story.id());
    assert_eq!(world.get(&path).await.text().await.unwrap(), "");
    let mut story = story;
    story.work(&json!({ "summary": "Done.", "outcome": "done" }), Some('b')).await;
    problem(world.get(&path).await, 409, "state_conflict").await;
    world.close().await;
}
