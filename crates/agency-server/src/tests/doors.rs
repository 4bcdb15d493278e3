//! Who is let in: checked on every route that there is, from the same table that the server serves.

use super::world::{World, problem};
use crate::http::docs::{Route, all_routes};
use serde_json::json;

/// Every route with every method, and places of the page.
fn doors() -> Vec<(&'static str, String)> {
    let filled = |route: &Route| {
        let segments = route.path.split('/').map(|segment| if segment.starts_with('{') { "1" } else { segment });
        segments.collect::<Vec<_>>().join("/")
    };
    let routes = all_routes().iter().flat_map(|route| route.methods.iter().map(move |method| (*method, filled(route))));
    let page = ["/", "/pipelines/1", "/robots.txt", "/api/v1/nothing"].map(|path| ("GET", path.to_owned()));
    routes.chain(page).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_host_is_refused_on_every_route() {
    let world = World::new().await;
    assert!(doors().len() > 25, "the table of routes is not whole");
    for (method, path) in doors() {
        for host in ["evil.example", "localhost", "localhost:1", "127.0.0.1.evil.example:80"] {
            let response =
                world.request(method, &path).header("Host", host).header("Content-Type", "application/json").send().await.unwrap();
            problem(response, 421, "foreign_host").await;
        }
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_changes_nothing_on_any_route() {
    let world = World::new().await;
    let changes: Vec<_> = doors().into_iter().filter(|(method, _)| *method != "GET").collect();
    assert!(changes.len() >= 5);
    for (method, path) in changes {
        let foreign = [
            vec![("Origin", "http://evil.example")],
            vec![("Origin", "null")],
            vec![("Origin", "http://localhost:1")],
            vec![("Sec-Fetch-Site", "cross-site")],
            vec![("Sec-Fetch-Site", "same-site")],
            vec![("Origin", "http://localhost:3000"), ("Origin", "x"), ("Sec-Fetch-Site", "x")],
        ];
        for headers in &foreign[..5] {
            let mut request = world.request(method, &path).json(&json!({}));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            problem(request.send().await.unwrap(), 403, "foreign_origin").await;
        }
        let form = world.request(method, &path).header("Content-Type", "text/plain").body("{}");
        problem(form.send().await.unwrap(), 415, "not_json").await;
        let bare = world.request(method, &path).body("{}");
        problem(bare.send().await.unwrap(), 415, "not_json").await;
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_page_and_the_configured_one_may_change_things() {
    let world = World::new().await;
    let own = format!("http://{}", world.host);
    for (origin, site) in [(own.as_str(), "same-origin"), ("http://localhost:3000", "same-site"), ("http://localhost:3000", "cross-site")] {
        let request = world.request("POST", "/api/v1/pipelines/1/cancel").header("Origin", origin).header("Sec-Fetch-Site", site);
        problem(request.send().await.unwrap(), 404, "not_found").await;
    }
    let typed = world.request("POST", "/api/v1/pipelines/1/cancel").header("Sec-Fetch-Site", "none");
    problem(typed.send().await.unwrap(), 404, "not_found").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_configured_origins_are_told_that_they_may_read() {
    let world = World::new().await;
    let allowed = |origin: &'static str| world.request("GET", "/health").header("Origin", origin).send();
    let ours = allowed("http://localhost:3000").await.unwrap();
    assert_eq!(ours.headers()["access-control-allow-origin"], "http://localhost:3000");
    let foreign = allowed("http://evil.example").await.unwrap();
    assert!(!foreign.headers().contains_key("access-control-allow-origin"));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handoff_endpoint_wants_a_secret_and_takes_post_alone() {
    let world = World::new().await;
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    assert_eq!(world.post("/mcp/1", &call).await.status(), 401);
    let wrong = world.request("POST", "/mcp/1").bearer_auth("wrong").json(&call).send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    problem(world.get("/mcp/1").await, 405, "method_not_allowed").await;
    problem(world.request("DELETE", "/mcp/1").send().await.unwrap(), 405, "method_not_allowed").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_a_request_id_and_the_headers_that_browsers_go_by() {
    let world = World::new().await;
    for path in ["/health", "/", "/docs", "/api/v1/nothing", "/api/v1/pipelines"] {
        let response = world.get(path).await;
        for name in ["x-request-id", "content-security-policy", "cache-control"] {
            assert!(response.headers().contains_key(name), "{path} {name}");
        }
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert_eq!(response.headers()["referrer-policy"], "no-referrer");
        assert!(response.headers()["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    }
    let given = world.request("GET", "/health").header("X-Request-Id", "abc-1").send().await.unwrap();
    assert_eq!(given.headers()["x-request-id"], "abc-1");
    let unfit = world.request("GET", "/health").header("X-Request-Id", "a b").send().await.unwrap();
    assert_ne!(unfit.headers()["x-request-id"], "a b");
    world.close().await;
}
