//! Two pipelines side by side.

use super::world::{World, fields, git, problem};
use agency_domain::criteria::BranchFacts;
use agency_domain::pipelines::{AttemptResult, Command, Finished};
use agency_domain::testing::{Story, builders};
use agency_domain::{BranchName, CommitId, Cost, Timestamp, Usage};
use serde_json::{Value, json};
use std::path::Path;

/// A pipeline whose developer wrote these files on a branch of its own, at a cost.
async fn worked(world: &World, repo: &Path, branch: &str, files: &[(&str, &str)], cost: Cost) -> Story {
    let ports = world.state.engine.ports();
    let mut new = builders::quick_fix(ports.ids.as_ref());
    new.repo = repo.display().to_string();
    git(repo, &["checkout", "--quiet", "main"]);
    new.base_commit = CommitId::parse(&git(repo, &["rev-parse", "HEAD"])).unwrap();
    new.branch = BranchName::parse(branch).unwrap();
    let mut story = Story::started(ports.store.clone(), ports.ids.clone(), new).await;
    git(repo, &["checkout", "--quiet", "-b", branch]);
    for (file, text) in files {
        std::fs::write(repo.join(file), text).unwrap();
    }
    git(repo, &["add", "--all"]);
    git(repo, &["commit", "--quiet", "--message", branch]);
    let head = CommitId::parse(&git(repo, &["rev-parse", "HEAD"])).unwrap();
    let attempt = story.attempt().await;
    story.act(Command::MarkRunning(attempt)).await;
    story.act(Command::MarkFinishing { attempt, usage: Usage::default() }).await;
    let record = builders::record(&json!({ "summary": "Done.", "outcome": "done" }));
    let handoff = builders::handoff(ports.ids.handoff(), record, Timestamp::now());
    let finished = Finished { handoff, head_commit: Some(head), verdict_required: false, branch: BranchFacts::default() };
    story.finish_for(attempt, AttemptResult::Succeeded(Box::new(finished)), cost).await;
    git(repo, &["checkout", "--quiet", "main"]);
    story
}

async fn two(world: &World, costs: [Cost; 2]) -> (i64, i64) {
    let repo = world.repository();
    let [left, right] = costs;
    let left = worked(world, &repo, "agency/left", &[("file.txt", "one\nzwei\n"), ("same.txt", "x\n"), ("only.txt", "1\n2\n")], left).await;
    let right = worked(world, &repo, "agency/right", &[("file.txt", "one\ndeux\ntrois\n"), ("same.txt", "x\n")], right).await;
    (left.id().0, right.id().0)
}

fn row<'a>(shown: &'a Value, what: &str) -> &'a Value {
    shown["rows"].as_array().unwrap().iter().find(|row| row["what"] == what).unwrap_or_else(|| panic!("{what}: {shown}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pipelines_stand_side_by_side_with_their_files() {
    let world = World::new().await;
    let (left, right) = two(&world, [Cost::Known(0.5), Cost::Known(0.25)]).await;
    let shown = world.json(&format!("/api/v1/pipelines/{left}/compare/{right}")).await;
    assert_eq!((&shown["left"]["id"], &shown["right"]["branch"]), (&json!(left), &json!("agency/right")));
    assert_eq!(row(&shown, "Cost"), &json!({ "what": "Cost", "left": "$0.50", "right": "$0.25", "better": "right" }));
    assert_eq!(row(&shown, "Steps passed"), &json!({ "what": "Steps passed", "left": "1 of 2", "right": "1 of 2", "better": null }));
    assert_eq!(row(&shown, "Lines"), &json!({ "what": "Lines", "left": "+4 −1", "right": "+3 −1", "better": null }));
    assert_eq!((&row(&shown, "Commits")["left"], &row(&shown, "Files changed")["right"]), (&json!("1"), &json!("2")));
    let lines = |added: u32, removed: u32| json!({ "added": added, "removed": removed });
    assert_eq!(
        shown["files"],
        json!([
            { "path": "file.txt", "left": lines(1, 1), "right": lines(2, 1), "same": false },
            { "path": "only.txt", "left": lines(2, 0), "right": null, "same": false },
            { "path": "same.txt", "left": lines(1, 0), "right": lines(1, 0), "same": true },
        ])
    );
    assert_eq!((&shown["files_total"], &shown["files_unknown"]), (&json!(3), &Value::Null));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diff_leads_from_one_tip_to_the_other() {
    let world = World::new().await;
    let (left, right) = two(&world, [Cost::Nothing, Cost::Nothing]).await;
    let path = format!("/api/v1/pipelines/{left}/diff?against={right}");
    let text = world.get(&path).await.text().await.unwrap();
    assert!(text.contains("-zwei\n+deux\n+trois\n") && !text.contains("same.txt"), "{text}");
    let rows = world.request("GET", &format!("{path}&view=split&path=file.txt")).header("Accept", "application/json");
    let rows: Value = rows.send().await.unwrap().json().await.unwrap();
    assert!(rows["files"][0]["rows"].as_str().unwrap().contains("trois"), "{rows}");
    problem(world.get(&format!("/api/v1/pipelines/{left}/diff?against=99")).await, 404, "not_found").await;
    let both = problem(world.get(&format!("{path}&attempt=1")).await, 400, "invalid_input").await;
    assert_eq!(fields(&both), ["attempt"]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_is_said_and_is_not_better() {
    let world = World::new().await;
    let (left, right) = two(&world, [Cost::Unknown, Cost::Known(0.25)]).await;
    let repo = world.repository();
    git(&repo, &["branch", "--quiet", "-D", "agency/left"]);
    git(&repo, &["reflog", "expire", "--expire=now", "--all"]);
    git(&repo, &["gc", "--quiet", "--prune=now"]);
    let shown = world.json(&format!("/api/v1/pipelines/{left}/compare/{right}")).await;
    assert_eq!(row(&shown, "Cost"), &json!({ "what": "Cost", "left": "unknown", "right": "$0.25", "better": null }));
    assert_eq!((&shown["files"], &row(&shown, "Lines")["left"]), (&json!([]), &json!("unknown")));
    assert!(shown["files_unknown"].as_str().unwrap().contains("The branch was removed"), "{shown}");
    problem(world.get(&format!("/api/v1/pipelines/{left}/diff?against={right}")).await, 409, "state_conflict").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pipelines_of_one_repository_are_compared() {
    let world = World::new().await;
    let (left, _) = two(&world, [Cost::Nothing, Cost::Nothing]).await;
    let elsewhere = world.quick_fix().await;
    let found = problem(world.get(&format!("/api/v1/pipelines/{left}/compare/{}", elsewhere.id())).await, 400, "invalid_input").await;
    assert_eq!(fields(&found), ["other"]);
    assert!(found["detail"].as_str().unwrap().contains("name two pipelines of one repository"), "{found}");
    problem(world.get(&format!("/api/v1/pipelines/{left}/diff?against={}", elsewhere.id())).await, 400, "invalid_input").await;
    for path in [format!("{left}/compare/99"), format!("99/compare/{left}"), format!("{left}/compare/x")] {
        problem(world.get(&format!("/api/v1/pipelines/{path}")).await, 404, "not_found").await;
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_says_what_it_has_not_done_itself() {
    let world = World::new().await;
    let origin = worked(&world, &world.repository(), "agency/origin", &[("file.txt", "one\n")], Cost::Known(0.5)).await;
    let ports = world.state.engine.ports();
    let new = agency_domain::pipelines::NewPipeline { repo: origin.pipeline.repo.clone(), ..builders::quick_fix(ports.ids.as_ref()) };
    let fork = origin.pipeline.fork(origin.pipeline.steps[0].id, new, ports.ids.as_ref(), Timestamp::now()).unwrap();
    let fork = Story::forked(ports.store.clone(), ports.ids.clone(), fork).await;
    let shown = world.json(&format!("/api/v1/pipelines/{}/compare/{}", origin.id(), fork.id())).await;
    let listed = world.json(&format!("/api/v1/pipelines/{}", origin.id())).await["forks"].take();
    assert_eq!(listed, json!([{ "id": fork.id().0, "title": fork.pipeline.title, "status": fork.pipeline.status.as_str() }]));
    assert_eq!(world.json(&format!("/api/v1/pipelines/{}", fork.id())).await["forks"], json!([]));
    assert_eq!(shown["right"]["forked_from"], json!({ "pipeline_id": origin.id().0, "step": 1 }));
    assert!(shown["right"]["note"].as_str().unwrap().starts_with("The step taken over from pipeline"), "{shown}");
    assert_eq!((&shown["left"]["forked_from"], &shown["left"]["note"]), (&Value::Null, &Value::Null));
    assert_eq!((&row(&shown, "Attempts")["right"], &row(&shown, "Cost")["right"]), (&json!("0"), &json!("$0.00")));
    assert_eq!(row(&shown, "Commits"), &json!({ "what": "Commits", "left": "1", "right": "1", "better": null }));
    assert_eq!(shown["files"][0]["same"], true);
    world.close().await;
}
