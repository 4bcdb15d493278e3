//! What is not about pipelines: health, documentation, the catalog, the page, a whole server.

use super::world::World;
use crate::http::docs;
use crate::settings::Settings;
use crate::{Server, StartError};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn health_is_exactly_this() {
    let world = World::new().await;
    assert_eq!(world.get("/health").await.text().await.unwrap(), r#"{"status":"ok","version":"0.1.0"}"#);
    let ready = world.json("/ready").await;
    assert_eq!(ready["ready"], true, "{ready}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_opencode_is_not_ready_and_says_what_to_do() {
    let world = World::with(|settings| settings.opencode.bin = Some("/nowhere/opencode".into())).await;
    let response = world.get("/ready").await;
    assert_eq!(response.status(), 503);
    let ready: Value = response.json().await.unwrap();
    assert_eq!((&ready["ready"], &ready["opencode"]["ok"], &ready["database"]["ok"]), (&json!(false), &json!(false), &json!(true)));
    let body = json!({ "description": "x", "repo": world.repository(), "template": "quick_fix" });
    super::world::problem(world.post("/api/v1/pipelines", &body).await, 503, "opencode_unavailable").await;
    world.close().await;
}

#[test]
fn the_committed_document_is_what_the_code_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == crate::openapi_json(), "docs/openapi.json is out of date: run `npx -y rust-just openapi`");
}

#[test]
fn every_route_is_documented_with_a_tag_a_summary_and_its_answers() {
    let document: Value = serde_json::from_str(&crate::openapi_json()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 17, "{}", paths.len());
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["tags"][0].is_string() && operation["summary"].is_string(), "{method} {path}");
            assert!(!operation["responses"].as_object().unwrap().is_empty(), "{method} {path}");
        }
    }
    assert!(docs::all_routes().len() >= paths.len() + 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_is_served_with_all_that_it_loads() {
    let world = World::new().await;
    let index = world.get("/docs").await;
    assert_eq!((index.status().as_u16(), &index.headers()["content-type"]), (200, &"text/html; charset=utf-8".parse().unwrap()));
    let html = index.text().await.unwrap();
    let files = html.split(['"']).filter(|piece| piece.ends_with(".js") || piece.ends_with(".css") || piece.ends_with(".png"));
    let mut count = 0;
    for file in files {
        assert_eq!(world.get(&format!("/docs/{file}")).await.status(), 200, "{file}");
        count += 1;
    }
    assert!(count >= 4);
    assert_eq!(world.get("/docs/").await.status(), 200);
    assert!(world.get("/docs/swagger-initializer.js").await.text().await.unwrap().contains("/api/openapi.json"));
    assert_eq!(world.json("/api/openapi.json").await["info"]["title"], "theAgency");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalog_lists_what_is_built_in() {
    let world = World::new().await;
    let templates = world.json("/api/v1/templates").await;
    let names: Vec<&str> = templates["items"].as_array().unwrap().iter().filter_map(|item| item["name"].as_str()).collect();
    for name in ["full_feature", "plan_only", "quick_fix"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let template = world.json("/api/v1/templates/full_feature").await;
    assert_eq!((&template["source"], &template["error"]), (&json!("built_in"), &Value::Null));
    assert!(template["steps"].as_array().unwrap().iter().any(|step| step["approval"].is_string()));
    let agent = world.json("/api/v1/agents/senior-reviewer").await;
    assert_eq!((&agent["access"], &agent["reviews"]), (&json!("read_only"), &json!(true)));
    let opencode = world.json("/api/v1/opencode").await;
    assert_eq!((&opencode["version"], &opencode["supported"]), (&json!("1.18.33"), &json!(true)));
    assert_eq!((&opencode["demo"]["available"], &opencode["running"]), (&json!(false), &json!([])));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_place_of_the_page_is_the_page_and_a_missing_file_is_missing() {
    let world = World::new().await;
    let browse = |path: &'static str| world.request("GET", path).header("Accept", "text/html,*/*;q=0.8").send();
    for path in ["/", "/pipelines", "/pipelines/1", "/pipelines/1/changes/src/main.rs"] {
        let page = browse(path).await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
        assert_eq!(page.headers()["cache-control"], "no-cache");
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("'wasm-unsafe-eval'") && !policy.contains("unsafe-inline"), "{policy}");
    }
    for path in ["/missing.js", "/favicon.png", "/api/v1/missing", "/events/missing.txt"] {
        assert_eq!(browse(path).await.unwrap().status(), 404, "{path}");
    }
    assert_eq!(world.get("/pipelines").await.status(), 404, "a script that asks for JSON at a place of the page");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_server_starts_refuses_a_second_one_and_lets_go() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = Settings { data_dir: directory.path().join("data"), ..Settings::default() };
    settings.database.url = format!("sqlite://{}", directory.path().join("data/agency.db").display());
    settings.server.port = 0;
    let running = Server::start(settings.clone()).await.unwrap();
    let health = reqwest::get(format!("{}/health", running.base_url())).await.unwrap();
    assert_eq!(health.status(), 200);
    let second = Server::start(settings.clone()).await.unwrap_err();
    assert!(matches!(second, StartError::DataDir(_)), "{second}");
    assert!(second.to_string().contains(&std::process::id().to_string()), "{second}");
    running.stop().await.unwrap();
    Server::start(settings).await.unwrap().stop().await.unwrap();
}
