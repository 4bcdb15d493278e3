//! Dry runs, forecasts, forks, clean-up.

use super::world::{World, fields, problem};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_every_step_and_creates_nothing() {
    let world = World::new().await;
    let body =
        json!({ "description": "Let it shout.", "repo": world.repository(), "template": "quick_fix", "budget": { "tokens": 5_000 } });
    let response = world.post("/api/v1/pipelines/dry-run", &body).await;
    assert_eq!(response.status(), 200);
    let run: serde_json::Value = response.json().await.unwrap();
    let command =
        format!("agency run --repo {} --template quick_fix --tokens 5000 --watch -- 'Let it shout.'", world.repository().display());
    assert_eq!(run["command"], json!(command));
    assert_eq!((&run["budget"]["tokens"], &run["steps"][1]["back"]["back_to"]), (&json!(5_000), &json!("developer")));
    for step in run["steps"].as_array().unwrap() {
        let prompt = step["prompt"].as_str().unwrap();
        assert!(prompt.contains("Let it shout.") && step["prompt_bytes"] == prompt.len(), "{step}");
    }
    assert_eq!(world.json("/api/v1/pipelines").await["items"], json!([]));
    let broken = json!({ "description": " ", "repo": "/nowhere", "template": "quick_fix" });
    let found = problem(world.post("/api/v1/pipelines/dry-run", &broken).await, 400, "invalid_input").await;
    assert!(fields(&found).contains(&"description"), "{found}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_leaves_steps_of_its_template_out_and_asks_between_others() {
    let world = World::new().await;
    let body = |more: serde_json::Value| {
        let mut body = json!({ "description": "Let it shout.", "repo": world.repository(), "template": "full_feature" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let tailored = body(json!({ "skip": [0, 2], "ask_after": [3] }));
    let made: serde_json::Value = world.post("/api/v1/pipelines", &tailored).await.json().await.unwrap();
    let steps: Vec<_> = made["steps"].as_array().unwrap().iter().map(|step| step["agent_name"].as_str().unwrap()).collect();
    assert_eq!(steps, ["architect", "developer", "approval", "senior-reviewer"]);
    assert_eq!(made["template"], "full_feature");
    let run: serde_json::Value = world.post("/api/v1/pipelines/dry-run", &tailored).await.json().await.unwrap();
    assert!(run["command"].as_str().unwrap().contains("--skip '1,3' --ask-after 4 --watch"), "{run}");

    for (more, field) in [
        (json!({ "skip": [7] }), "skip[0]"),
        (json!({ "ask_after": [0, 5] }), "ask_after[1]"),
        (json!({ "skip": [3] }), "skip"),
        (json!({ "template": null, "steps": [{ "agent": "developer" }], "skip": [0] }), "skip"),
    ] {
        let found = problem(world.post("/api/v1/pipelines", &body(more)).await, 400, "invalid_input").await;
        assert_eq!(fields(&found), [field], "{found}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_says_how_it_stands_before_a_pipeline_starts_there() {
    let world = World::new().await;
    let path = |repo: &std::path::Path| format!("/api/v1/repository?repo={}", repo.display());
    let clean = world.json(&path(&world.repository())).await;
    assert_eq!((&clean["branch"], &clean["uncommitted"]), (&json!("main"), &json!(0)));
    std::fs::write(world.repository().join("draft.txt"), "not committed").unwrap();
    assert_eq!(world.json(&path(&world.repository())).await["uncommitted"], 1);
    for repo in ["/nowhere", "relative"] {
        let found = problem(world.get(&path(repo.as_ref())).await, 400, "invalid_input").await;
        assert_eq!(fields(&found), ["repo"], "{found}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forecast_says_nothing_until_there_are_runs_enough() {
    let world = World::new().await;
    let path = "/api/v1/templates/quick_fix/forecast";
    assert_eq!(world.json(path).await, json!({ "runs": 0, "tokens": null, "money": null, "minutes": null }));
    for _ in 0..3 {
        let mut story = world.quick_fix().await;
        story.work(&json!({ "summary": "x", "outcome": "done" }), Some('b')).await;
        story.work(&json!({ "summary": "x", "outcome": "done", "verdict": "approved" }), None).await;
    }
    let forecast = world.json(path).await;
    assert_eq!((&forecast["runs"], &forecast["money"]["median"]), (&json!(3), &json!(0.5)));
    let record = world.json("/api/v1/templates/quick_fix/record").await;
    assert_eq!((&record["succeeded"], &record["failed"], &record["money"]), (&json!(3), &json!(0), &json!(0.5)));
    let ids: Vec<i64> = record["runs"].as_array().unwrap().iter().map(|run| run["pipeline_id"].as_i64().unwrap()).collect();
    assert!(ids.is_sorted_by(|newer, older| newer > older) && ids.len() == 3, "{record}");
    assert!(record["summary"].as_str().unwrap().starts_with("The last 3 succeeded. Usually"), "{record}");
    assert_eq!(world.json("/api/v1/templates/nothing/record").await["summary"], json!("No run of it has ended yet."));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_takes_over_what_is_done_and_nothing_that_is_not() {
    let world = World::new().await;
    let original =
        world.post("/api/v1/pipelines", &json!({ "description": "Shout.", "repo": world.repository(), "template": "quick_fix" })).await;
    let original: serde_json::Value = original.json().await.unwrap();
    let path = format!("/api/v1/pipelines/{}/fork", original["id"]);
    problem(world.post(&path, &json!({})).await, 409, "state_conflict").await;
    problem(world.post("/api/v1/pipelines/99/fork", &json!({})).await, 404, "not_found").await;
    let found = problem(world.post(&path, &json!({ "budget": { "tokens": 0 } })).await, 400, "invalid_input").await;
    assert_eq!(fields(&found), ["budget.tokens"]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_up_of_nothing_lists_nothing() {
    let world = World::new().await;
    world.quick_fix().await;
    let response = world.post("/api/v1/clean-up", &json!({ "dry_run": true })).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.json::<serde_json::Value>().await.unwrap(), json!({ "items": [] }));
    world.close().await;
}
