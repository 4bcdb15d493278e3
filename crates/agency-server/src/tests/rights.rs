//! Callers who may read and nothing else, or read one pipeline alone.

use super::access::asking;
use super::world::{World, problem};
use crate::http::docs::all_routes;
use agency_contract::CreatedToken;
use futures::StreamExt;
use reqwest::Response;
use serde_json::{Value, json};

/// A token of these rights, made by whoever may make them.
async fn token(world: &World, rights: &Value) -> CreatedToken {
    let code = world.state.access.new_code().unwrap();
    let mut body = json!({ "name": "visitor", "code": code });
    body.as_object_mut().unwrap().extend(rights.as_object().unwrap().clone());
    let created = world.post("/api/v1/access/tokens", &body).await;
    assert_eq!(created.status(), 201);
    created.json().await.unwrap()
}

async fn call(world: &World, secret: &str, method: &str, path: &str) -> Response {
    let body = if path.ends_with("/tokens") { json!({ "name": "x" }) } else { json!({}) };
    world.request(method, path).bearer_auth(secret).json(&body).send().await.unwrap()
}

/// What this secret is refused of all that there is, each place in two spellings. `id` stands for whatever has one.
async fn refused(world: &World, secret: &str, id: &str) -> Vec<String> {
    let mut refused = Vec::new();
    for route in all_routes().iter().filter(|route| !["/health", "/mcp/{id}", "/api/v1/session", "/events"].contains(&route.path.as_str()))
    {
        let plain = route.path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect::<Vec<_>>().join("/");
        let spelled = plain.replacen("/api/v1/p", "/api/v1/%70", 1).replacen("/compare", "/%63ompare", 1);
        for method in &route.methods {
            let answers = [call(world, secret, method, &plain).await, call(world, secret, method, &spelled).await];
            let [is_refused, is_refused_spelled] = answers.map(|answer| answer.status() == 403);
            assert!(is_refused_spelled || !is_refused, "{method} {spelled} is answered, and {plain} is not");
            if is_refused {
                problem(call(world, secret, method, &plain).await, 403, "not_allowed").await;
                refused.push(format!("{method} {}", route.path));
            }
        }
    }
    refused.sort_unstable();
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_read_is_answered_every_question_and_changes_nothing() {
    let world = asking().await;
    let secret = token(&world, &json!({ "rights": "read" })).await.secret;
    let refused = refused(&world, &secret, "1").await;
    let changes: Vec<String> = {
        let all = all_routes();
        let all = all.iter().flat_map(|route| route.methods.iter().map(|method| format!("{method} {}", route.path)));
        let mut changes: Vec<_> = all.filter(|route| !route.starts_with("GET ")).collect();
        changes.retain(|route| {
            !["POST /mcp/{id}", "POST /api/v1/page-errors", "POST /api/v1/markdown"].contains(&route.as_str())
                && !route.ends_with("/api/v1/session")
        });
        changes.sort_unstable();
        changes
    };
    assert_eq!(refused, changes);
    assert!(changes.len() > 20, "the table of routes is not whole");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_read_one_pipeline_reads_that_one_and_nothing_besides() {
    let world = asking().await;
    let (own, other) = (world.full_feature().await.id(), world.full_feature().await.id());
    let secret = token(&world, &json!({ "rights": "read", "pipeline_id": own.0 })).await.secret;
    let is_read = |route: &str| {
        let below = [
            "",
            "/attachments/{place}",
            "/audit",
            "/audit/export",
            "/blame",
            "/diff",
            "/handoff-changes",
            "/questions",
            "/timeline",
            "/transcript",
            "/transcript/search",
        ];
        let of_one = below.map(|below| format!("GET /api/v1/pipelines/{{id}}{below}"));
        let narrowed = [
            "GET /api/v1/approvals",
            "GET /api/v1/requests",
            "GET /api/v1/attempts/{id}/receipt",
            "GET /ready",
            "POST /api/v1/page-errors",
            "POST /api/v1/markdown",
        ];
        of_one.iter().any(|one| one == route) || narrowed.contains(&route)
    };
    let of_own = refused(&world, &secret, &own.to_string()).await;
    let of_other = refused(&world, &secret, &other.to_string()).await;
    for route in all_routes().iter().flat_map(|route| route.methods.iter().map(move |method| format!("{method} {}", route.path))) {
        if route.contains("/mcp/") || route.ends_with("/session") || ["GET /health", "GET /events"].contains(&route.as_str()) {
            continue;
        }
        assert_eq!(!of_own.contains(&route), is_read(&route), "{route}");
        let is_anothers = route.contains("/pipelines/{id}");
        assert_eq!(!of_other.contains(&route), is_read(&route) && !is_anothers, "{route} of another pipeline");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_receipts_diffs_and_streams_leave_other_pipelines_out() {
    let world = asking().await;
    let (own, other) = (world.full_feature().await, world.full_feature().await);
    let secret = token(&world, &json!({ "rights": "read", "pipeline_id": own.id().0 })).await.secret;
    let all = token(&world, &json!({ "rights": "read" })).await.secret;
    let get = async |secret: &str, path: &str| call(&world, secret, "GET", path).await;
    let attempts = |detail: &Value| -> Vec<i64> {
        let steps = detail["steps"].as_array().unwrap();
        steps.iter().flat_map(|step| step["attempts"].as_array().unwrap()).map(|attempt| attempt["id"].as_i64().unwrap()).collect()
    };
    let detail = |id: i64| format!("/api/v1/pipelines/{id}");
    let of_other: Value = get(&all, &detail(other.id().0)).await.json().await.unwrap();
    for attempt in attempts(&of_other) {
        let path = format!("/api/v1/attempts/{attempt}/receipt");
        assert_eq!(get(&secret, &path).await.status(), 404, "the receipt of another's attempt {attempt}");
        let transcript = format!("/api/v1/pipelines/{}/transcript?attempt={attempt}", own.id());
        let answer = get(&secret, &transcript).await;
        assert!(answer.status() == 404 || answer.json::<Value>().await.unwrap()["items"] == json!([]), "{transcript}");
    }
    problem(get(&secret, &format!("/api/v1/pipelines/{}/diff?against={}", own.id(), other.id())).await, 403, "not_allowed").await;
    problem(get(&secret, &format!("/events?pipeline={}", other.id())).await, 403, "not_allowed").await;

    let stream = get(&secret, "/events?after=0").await;
    assert_eq!(stream.status(), 200);
    let mut stream = Box::pin(stream.bytes_stream());
    world.quick_fix().await;
    let admin = token(&world, &json!({})).await.secret;
    let cancelled = call(&world, &admin, "POST", &format!("/api/v1/pipelines/{}/cancel", own.id())).await;
    assert_eq!(cancelled.status(), 202);
    let mut heard = String::new();
    while !heard.contains("cancelled") {
        heard.push_str(std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap());
    }
    let pipelines = heard.lines().filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
    let pipelines: Vec<_> = pipelines.filter_map(|event| event["pipeline_id"].as_i64()).collect();
    assert!(!pipelines.is_empty() && pipelines.iter().all(|id| *id == own.id().0), "{pipelines:?}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_signs_in_to_its_pipeline_and_the_page_says_what_its_reader_may_do() {
    let world = asking().await;
    let id = world.full_feature().await.id();
    let created = token(&world, &json!({ "rights": "read", "pipeline_id": id.0, "days": 7 })).await;
    assert_eq!(created.link, format!("/pipelines/{id}#sign-in={}", created.secret));
    assert_eq!((created.credential.rights, created.credential.pipeline_id), (agency_contract::Rights::Read, Some(id.0)));
    let begun = world.post("/api/v1/session", &json!({ "secret": created.secret })).await;
    let cookie = begun.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = async |cookie: &str| {
        let asked = world.request("GET", "/pipelines/1").header("Accept", "text/html").header("Cookie", cookie);
        asked.send().await.unwrap().text().await.unwrap()
    };
    assert!(page(&cookie).await.contains("<html data-rights=\"read one\""));
    assert!(!page("").await.contains("data-rights"));
    for (path, status) in [(format!("/api/v1/pipelines/{id}"), 200), ("/api/v1/pipelines".into(), 403)] {
        assert_eq!(world.request("GET", &path).header("Cookie", &cookie).send().await.unwrap().status(), status, "{path}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_that_do_not_fit_make_no_token() {
    let world = asking().await;
    let admin = token(&world, &json!({})).await.secret;
    let make = async |body: Value| world.request("POST", "/api/v1/access/tokens").bearer_auth(&admin).json(&body).send().await.unwrap();
    for (body, field) in [
        (json!({ "name": "x", "pipeline_id": 1 }), "rights"),
        (json!({ "name": "x", "rights": "all", "pipeline_id": 1 }), "rights"),
        (json!({ "name": "x", "rights": "read", "pipeline_id": 99 }), "pipeline_id"),
    ] {
        let refused = problem(make(body).await, 400, "invalid_input").await;
        assert_eq!(refused["errors"][0]["field"], field);
    }
    world.close().await;

    let open = World::new().await;
    let refused = problem(open.post("/api/v1/access/tokens", &json!({ "name": "x", "rights": "read" })).await, 409, "state_conflict").await;
    assert!(refused["detail"].as_str().unwrap().contains("AGENCY_SERVER__LOGIN=true"), "{refused}");
    open.close().await;
}
