//! Which tool call wrote the lines of a hunk.

use super::world::{World, fields, git, problem};
use agency_domain::criteria::BranchFacts;
use agency_domain::pipelines::{AttemptResult, Command, Finished};
use agency_domain::testing::{Story, builders};
use agency_domain::transcripts::{PartKind, PartState, TranscriptPart};
use agency_domain::{AttemptId, BranchName, CommitId, Timestamp, Usage};
use serde_json::{Value, json};

/// A pipeline whose developer changed `file.txt` with a tool, which its reviewer changed again, and made `made.txt` with a command.
async fn worked(world: &World) -> (Story, [AttemptId; 2]) {
    let repo = world.repository();
    let ports = world.state.engine.ports();
    let mut new = builders::quick_fix(ports.ids.as_ref());
    new.repo = repo.display().to_string();
    new.base_commit = CommitId::parse(&git(&repo, &["rev-parse", "HEAD"])).unwrap();
    new.branch = BranchName::parse("agency/work").unwrap();
    let mut story = Story::started(ports.store.clone(), ports.ids.clone(), new).await;
    git(&repo, &["checkout", "--quiet", "-b", "agency/work"]);
    let first = story.attempt().await;
    std::fs::write(repo.join("file.txt"), "one\nzwei\n").unwrap();
    std::fs::write(repo.join("made.txt"), "made\n").unwrap();
    end(world, &mut story, first, &["file.txt", "made.txt"]).await;
    let second = story.attempt().await;
    std::fs::write(repo.join("file.txt"), "one\nzwei\ndrei\n").unwrap();
    end(world, &mut story, second, &["file.txt"]).await;
    (story, [first, second])
}

/// Commits what stands in the repository, and ends the attempt with it.
async fn end(world: &World, story: &mut Story, attempt: AttemptId, files: &[&str]) {
    let repo = world.repository();
    git(&repo, &["add", "--all"]);
    git(&repo, &["commit", "--quiet", "--message", "work"]);
    let head = CommitId::parse(&git(&repo, &["rev-parse", "HEAD"])).unwrap();
    let mut record = builders::record(&json!({ "summary": "Done.", "outcome": "done", "verdict": "approved" }));
    record.engine.files_changed = files.iter().map(|&file| file.to_owned()).collect();
    let handoff = builders::handoff(world.state.engine.ports().ids.handoff(), record, Timestamp::now());
    let finished = Finished { handoff, head_commit: Some(head), verdict_required: false, branch: BranchFacts::default() };
    story.act(Command::MarkRunning(attempt)).await;
    story.act(Command::MarkFinishing { attempt, usage: Usage::default() }).await;
    story.finish(attempt, AttemptResult::Succeeded(Box::new(finished))).await;
}

/// A finished call of a tool.
fn call(story: &Story, attempt: AttemptId, ordinal: u32, tool: &str, input: Value) -> TranscriptPart {
    TranscriptPart {
        kind: PartKind::Tool,
        tool: Some(tool.into()),
        input: Some(input),
        ..builders::text_part(story.place_of(attempt), ordinal, "file.txt", Timestamp::now())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_leads_to_the_call_that_wrote_its_hunk() {
    let world = World::new().await;
    let (story, [first, second]) = worked(&world).await;
    let path = format!("{}/file.txt", world.state.engine.worktree_of(&story.pipeline).display());
    let edit = |old: &str, new: &str| json!({ "filePath": path, "oldString": old, "newString": new });
    let parts = vec![
        call(&story, first, 0, "bash", json!({ "command": "cat file.txt" })),
        call(&story, first, 4, "edit", edit("two", "zwei")),
        TranscriptPart { state: PartState::Error, ..call(&story, first, 5, "edit", edit("two", "zwei")) },
        call(&story, second, 2, "edit", edit("zwei", "zwei\ndrei")),
    ];
    let at = parts[1].at;
    world.state.engine.ports().transcripts.put(parts).await.unwrap();
    let path = format!("/api/v1/pipelines/{}/blame?file=file.txt&line=2", story.id());
    let (_, step, _) = story.place_of(first);
    let expected = json!({ "step_id": step.0, "attempt_id": first.0, "step_number": 1, "attempt_number": 1, "ordinal": 4,
        "title": "edit file.txt", "at": format!("{at:.3}") });
    assert_eq!(world.json(&path).await, expected, "it removed a line and added one, and the later call one alone");
    assert_eq!(world.json(&format!("{path}&side=old")).await, expected);
    let later = world.json(&format!("{path}&attempt={second}")).await;
    assert_eq!((&later["attempt_id"], &later["step_number"], &later["ordinal"]), (&json!(second.0), &json!(2), &json!(2)));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_calls_than_a_page_are_all_looked_at() {
    let world = World::new().await;
    let (story, [first, _]) = worked(&world).await;
    let edit = |ordinal: u32| call(&story, first, ordinal, "write", json!({ "filePath": "file.txt", "content": format!("{ordinal}\n") }));
    let mut parts: Vec<_> = (1..150).map(edit).collect();
    parts.push(call(&story, first, 0, "write", json!({ "filePath": "file.txt", "content": "one\nzwei\n" })));
    world.state.engine.ports().transcripts.put(parts).await.unwrap();
    let found = world.json(&format!("/api/v1/pipelines/{}/blame?file=file.txt&line=1", story.id())).await;
    assert_eq!((&found["ordinal"], &found["title"]), (&json!(0), &json!("write file.txt")));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_call_wrote_says_where_to_look() {
    let world = World::new().await;
    let (story, [_, second]) = worked(&world).await;
    let path = format!("/api/v1/pipelines/{}/blame", story.id());
    let detail = async |query: &str| {
        let answer = problem(world.get(&format!("{path}?{query}")).await, 404, "not_found").await;
        answer["detail"].as_str().unwrap().to_owned()
    };
    let start = "No recorded edit wrote these lines. A command may have: the transcript of";
    assert_eq!(detail("file=made.txt&line=1").await, format!("{start} step 1 (developer), attempt 1, shows what ran."));
    assert_eq!(detail("file=file.txt&line=2").await, format!("{start} each attempt shows what ran."));
    let of_attempt = format!("file=file.txt&line=3&attempt={second}");
    assert_eq!(detail(&of_attempt).await, format!("{start} step 2 (senior-reviewer), attempt 1, shows what ran."));
    assert_eq!(detail("file=file.txt&line=2&attempt=999").await, format!("There is no attempt 999 in pipeline {}.", story.id()));
    problem(world.get("/api/v1/pipelines/99/blame?file=a&line=1").await, 404, "not_found").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_named() {
    let world = World::new().await;
    let (story, _) = worked(&world).await;
    for (query, field) in [
        ("line=1", "file"),
        ("file=&line=1", "file"),
        ("file=file.txt", "line"),
        ("file=file.txt&line=0", "line"),
        ("file=file.txt&line=x", "line"),
        ("file=file.txt&line=1&side=left", "side"),
        ("file=file.txt&line=1&attempt=x", "attempt"),
        ("file=file.txt&line=1&view=split", "view"),
        ("file=other.txt&line=1", "file"),
        ("file=file.txt&line=9", "line"),
        ("file=file.txt&line=3&side=old", "line"),
    ] {
        let answer = problem(world.get(&format!("/api/v1/pipelines/{}/blame?{query}", story.id())).await, 400, "invalid_input").await;
        assert_eq!(fields(&answer), [field], "{query}: {answer}");
    }
    world.close().await;
}
