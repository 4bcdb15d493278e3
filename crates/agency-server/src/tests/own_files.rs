//! Templates and agents of the user's own, over HTTP.

use super::world::{World, fields, problem};
use serde_json::{Value, json};

const TEMPLATE: &str = "description: Mine\nsteps:\n  - agent: developer\n";
const AGENT: &str = "---\ndescription: D\n---\nYou are the one.\n";

async fn put(world: &World, path: &str, content: &str, version: Option<&str>) -> reqwest::Response {
    let mut request = world.request("PUT", path).json(&json!({ "content": content }));
    if let Some(version) = version {
        request = request.header("If-Match", version);
    }
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_of_ones_own_is_written_changed_and_removed() {
    let world = World::new().await;
    let path = "/api/v1/templates/mine";
    let made = put(&world, path, TEMPLATE, None).await;
    assert_eq!(made.status(), 201);
    let first = made.headers()["etag"].to_str().unwrap().to_owned();
    let made: Value = made.json().await.unwrap();
    assert_eq!((&made["content"], &made["source"], &made["description"]), (&json!(TEMPLATE), &json!("user"), &json!("Mine")));
    assert_eq!(first, format!("\"{}\"", made["sha256"].as_str().unwrap()));
    assert_eq!((&made["shadows"], &made["warnings"]), (&json!([]), &json!([])));

    problem(put(&world, path, TEMPLATE, None).await, 409, "catalog_stale").await;
    let changed = put(&world, path, &TEMPLATE.replace("Mine", "Theirs"), Some(&first)).await;
    assert_eq!(changed.status(), 200);
    let stale = problem(put(&world, path, TEMPLATE, Some(&first)).await, 409, "catalog_stale").await;
    let now = world.json(path).await;
    assert!(stale["detail"].as_str().unwrap().contains(now["sha256"].as_str().unwrap()), "{stale}");
    assert_eq!(now["description"], "Theirs");
    problem(world.request("DELETE", path).header("If-Match", &first).send().await.unwrap(), 409, "catalog_stale").await;
    assert_eq!(world.request("DELETE", path).send().await.unwrap().status(), 204);
    problem(world.get(path).await, 404, "not_found").await;
    problem(world.request("DELETE", path).send().await.unwrap(), 404, "not_found").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_built_in_agent_is_overridden_and_taken_back_and_never_removed() {
    let world = World::new().await;
    let path = "/api/v1/agents/developer";
    let built_in = world.json(path).await;
    assert!(built_in["content"].as_str().unwrap().starts_with("---\n"));
    problem(world.request("DELETE", path).send().await.unwrap(), 409, "state_conflict").await;
    assert_eq!(put(&world, path, AGENT, None).await.status(), 201);
    let mine = world.json(path).await;
    assert_eq!((&mine["source"], &mine["prompt"]), (&json!("user"), &json!("You are the one.")));
    assert_eq!((&mine["shadows"][0]["source"], &mine["shadows"][0]["sha256"]), (&json!("built_in"), &built_in["sha256"]));
    assert_eq!(world.request("DELETE", path).send().await.unwrap().status(), 204);
    assert_eq!(world.json(path).await, built_in);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_repository_has_hides_what_is_ones_own() {
    let world = World::new().await;
    let repository = world.repository();
    std::fs::create_dir_all(repository.join(".agency/templates")).unwrap();
    std::fs::write(repository.join(".agency/templates/quick_fix.yaml"), TEMPLATE.replace("Mine", "Ours")).unwrap();
    assert_eq!(put(&world, "/api/v1/templates/quick_fix", TEMPLATE, None).await.status(), 201);
    let found = world.json(&format!("/api/v1/templates/quick_fix?repo={}", repository.display())).await;
    assert_eq!((&found["source"], &found["description"]), (&json!("repository"), &json!("Ours")));
    let hidden: Vec<_> = found["shadows"].as_array().unwrap().iter().map(|file| file["source"].as_str().unwrap()).collect();
    assert_eq!(hidden, ["user", "built_in"]);
    assert_eq!(found["shadows"][0]["content"], TEMPLATE);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_with_faults_is_refused_with_each_place_and_nothing_is_written() {
    let world = World::new().await;
    let text = "description: D\nsteps:\n  - agent: developer\n    modle: x\n    retry: { attempts: 99 }\n";
    let refused = problem(put(&world, "/api/v1/templates/mine", text, None).await, 422, "catalog_broken").await;
    assert_eq!(fields(&refused), ["steps[0].modle", "steps[0].retry.attempts"], "{refused}");
    assert_eq!((&refused["errors"][0]["line"], &refused["errors"][0]["column"]), (&json!(4), &json!(5)));
    let no_yaml = problem(put(&world, "/api/v1/templates/mine", "steps: [", None).await, 422, "catalog_broken").await;
    assert_eq!(fields(&no_yaml), ["content"]);
    problem(world.get("/api/v1/templates/mine").await, 404, "not_found").await;
    for (path, status, code) in [
        ("/api/v1/templates/Mine", 400, "invalid_input"),
        ("/api/v1/templates/..%2Fevil", 400, "invalid_input"),
        ("/api/v1/agents/a.md", 400, "invalid_input"),
    ] {
        problem(put(&world, path, TEMPLATE, None).await, status, code).await;
    }
    problem(put(&world, "/api/v1/agents/a", &format!("{AGENT}{}", "x".repeat(300_000)), None).await, 413, "too_large").await;
    problem(put(&world, "/api/v1/agents/a", AGENT, Some("\"yesterday's\"")).await, 400, "invalid_input").await;
    let unknown = world.request("PUT", "/api/v1/agents/a").json(&json!({ "text": AGENT })).send().await.unwrap();
    assert_eq!(fields(&problem(unknown, 400, "invalid_input").await), ["text"]);
    assert!(!world.directory.path().join("own").exists());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_checked_while_somebody_writes_it() {
    let world = World::new().await;
    let check = |path: &'static str, body: Value| {
        let world = &world;
        async move {
            let answer = world.post(path, &body).await;
            assert_eq!(answer.status(), 200);
            answer.json::<Value>().await.unwrap()
        }
    };
    let fine = check("/api/v1/templates/validate", json!({ "content": TEMPLATE, "name": "mine" })).await;
    assert_eq!(fine, json!({ "valid": true, "errors": [], "steps": [{ "agent": "developer" }] }));
    let broken = check("/api/v1/templates/validate", json!({ "content": "description: D\nsteps:\n  - agent: nobody\n" })).await;
    assert_eq!((&broken["valid"], &broken["errors"][0]["field"]), (&json!(false), &json!("steps[0].agent")));
    assert_eq!((&broken["errors"][0]["line"], &broken["errors"][0]["column"]), (&json!(3), &json!(5)));
    let agent = check("/api/v1/agents/validate", json!({ "content": "You are" })).await;
    assert_eq!((&agent["valid"], &agent["errors"][0]["field"], &agent["errors"][0]["line"]), (&json!(false), &json!("content"), &json!(1)));
    let name = world.post("/api/v1/agents/validate", &json!({ "content": AGENT, "name": "../x" })).await;
    assert_eq!(fields(&problem(name, 400, "invalid_input").await), ["name"]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_a_template_names_is_not_removed() {
    let world = World::new().await;
    assert_eq!(put(&world, "/api/v1/agents/translator", AGENT, None).await.status(), 201);
    let naming = "description: D\nsteps:\n  - agent: translator\n    permissions: { bash: allow }\n";
    assert_eq!(put(&world, "/api/v1/templates/mine", naming, None).await.status(), 201);
    let refused = world.request("DELETE", "/api/v1/agents/translator").send().await.unwrap();
    let refused = problem(refused, 409, "state_conflict").await;
    assert!(refused["detail"].as_str().unwrap().contains("the template mine"), "{refused}");
    let reading = AGENT.replace("description: D\n", "description: D\nagency: { access: read_only }\n");
    let changed: Value = put(&world, "/api/v1/agents/translator", &reading, Some("*")).await.json().await.unwrap();
    assert!(changed["warnings"][0].as_str().unwrap().starts_with("The template mine cannot be used any more"), "{changed}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_cannot_be_written_says_so() {
    let world = World::with(|settings| settings.catalog.dir = Some("/proc/nothing".into())).await;
    let refused = problem(put(&world, "/api/v1/agents/a", AGENT, None).await, 503, "catalog_unwritable").await;
    assert!(refused["detail"].as_str().unwrap().contains("/proc/nothing"), "{refused}");
    world.close().await;
}
