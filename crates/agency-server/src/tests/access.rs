//! A server that asks who calls: who is answered, how one signs in and out, and what the log calls them.

use super::world::{World, problem};
use crate::http::docs::all_routes;
use futures::StreamExt;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

pub(super) async fn asking() -> World {
    World::with(|settings| settings.server.login = true).await
}

/// A token and its secret.
async fn token(world: &World, name: &str) -> (i64, String) {
    let code = world.state.access.new_code().unwrap();
    let created = world.post("/api/v1/access/tokens", &json!({ "name": name, "code": code })).await;
    assert_eq!(created.status(), 201);
    let created: Value = created.json().await.unwrap();
    (created["credential"]["id"].as_i64().unwrap(), created["secret"].as_str().unwrap().to_owned())
}

/// The cookie that an answer sets, as it is sent back.
fn cookie_of(response: &Response) -> (String, String) {
    let whole = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    (whole.split(';').next().unwrap().to_owned(), whole)
}

async fn signed_in(world: &World) -> String {
    let code = world.state.access.new_code().unwrap();
    let response = world.post("/api/v1/session", &json!({ "secret": code })).await;
    assert_eq!(response.status(), 204);
    cookie_of(&response).0
}

fn with_cookie(request: RequestBuilder, cookie: &str) -> RequestBuilder {
    request.header("Cookie", cookie)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_but_the_open_ones_asks() {
    let world = asking().await;
    let open = ["/health", "/mcp/{id}", "/api/v1/session"];
    let mut asked = 0;
    for route in all_routes().iter().filter(|route| !open.contains(&route.path.as_str())) {
        let plain = route.path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/");
        // The same address in other letters leads to the same place.
        let spelled = plain.replacen("/api/v1/p", "/api/v1/%70", 1).replacen("/events", "/%65vents", 1).replacen("/docs", "/d%6Fcs", 1);
        for (method, path) in route.methods.iter().flat_map(|method| [(method, &plain), (method, &spelled)]) {
            let response = world.request(method, path).json(&json!({ "name": "x" })).send().await.unwrap();
            problem(response, 401, "sign_in_required").await;
            let wrong = world.request(method, path).json(&json!({ "name": "x" })).bearer_auth("agency_wrong").send().await.unwrap();
            assert_eq!(wrong.status(), 401, "{method} {path}");
            asked += 1;
        }
    }
    assert!(asked > 80, "the table of routes is not whole: {asked}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_its_files_and_the_health_are_for_everybody() {
    let world = asking().await;
    for (path, status) in [("/health", 200), ("/robots.txt", 200), ("/nothing.txt", 404)] {
        assert_eq!(world.get(path).await.status(), status, "{path}");
    }
    for path in ["/", "/pipelines/1", "/settings"] {
        let page = world.request("GET", path).header("Accept", "text/html").send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hand_off_endpoint_goes_by_its_own_secret() {
    let world = asking().await;
    let (_, secret) = token(&world, "ci").await;
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let response = world.request("POST", "/mcp/1").bearer_auth(secret).json(&call).send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.json::<Value>().await.unwrap()["error"], "unknown pipeline or wrong secret");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lets_a_script_in_until_it_is_revoked() {
    let world = asking().await;
    let (id, secret) = token(&world, "ci").await;
    let get = |path: &str| world.request("GET", path).bearer_auth(&secret);
    let access: Value = get("/api/v1/access").send().await.unwrap().json().await.unwrap();
    assert_eq!((&access["login"], &access["credentials"][0]["name"]), (&json!(true), &json!("ci")));
    assert_eq!((&access["credentials"][0]["kind"], &access["credentials"][0]["current"]), (&json!("token"), &json!(true)));
    assert!(!access.to_string().contains(&secret) && !access.to_string().contains("sha256"), "{access}");
    let gone = world.request("DELETE", &format!("/api/v1/access/{id}")).bearer_auth(&secret).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    problem(get("/api/v1/pipelines").send().await.unwrap(), 401, "sign_in_required").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_and_out_by_a_cookie_that_scripts_do_not_see() {
    let world = asking().await;
    let code = world.state.access.new_code().unwrap();
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let begin = world.request("POST", "/api/v1/session").header("User-Agent", agent).json(&json!({ "secret": format!(" {code}\n") }));
    let (cookie, whole) = cookie_of(&begin.send().await.unwrap());
    let port = world.host.rsplit(':').next().unwrap();
    assert!(whole.starts_with(&format!("agency_session_{port}=agency_")), "{whole}");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"] {
        assert!(whole.contains(part), "{whole}");
    }
    assert!(!whole.contains("Secure") && !whole.contains("Domain"), "{whole}");

    let access: Value = with_cookie(world.request("GET", "/api/v1/access"), &cookie).send().await.unwrap().json().await.unwrap();
    assert_eq!((&access["credentials"][0]["kind"], &access["credentials"][0]["name"]), (&json!("session"), &json!("Firefox on Linux")));
    // A token that is none is not made good by a cookie.
    let both = with_cookie(world.request("GET", "/api/v1/access"), &cookie).bearer_auth("agency_wrong").send().await.unwrap();
    assert_eq!(both.status(), 401);

    let end = with_cookie(world.request("DELETE", "/api/v1/session"), &cookie).send().await.unwrap();
    assert_eq!(end.status(), 204);
    assert!(cookie_of(&end).1.contains("Max-Age=0"));
    problem(with_cookie(world.request("GET", "/api/v1/access"), &cookie).send().await.unwrap(), 401, "sign_in_required").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_cookie_goes_over_tls_alone() {
    let world = World::with(|settings| {
        settings.server.login = true;
        settings.server.allowed_hosts = vec!["agency.example".into()];
    })
    .await;
    let code = world.state.access.new_code().unwrap();
    let begin = world.request("POST", "/api/v1/session").header("Origin", "https://agency.example").json(&json!({ "secret": code }));
    let (cookie, whole) = cookie_of(&begin.send().await.unwrap());
    assert!(whole.starts_with("__Host-agency_session=") && whole.contains("Secure"), "{whole}");
    assert_eq!(with_cookie(world.request("GET", "/api/v1/access"), &cookie).send().await.unwrap().status(), 200);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_secret_signs_nobody_in() {
    let world = asking().await;
    let code = world.state.access.new_code().unwrap();
    for secret in ["", "agency_", "x", &code[..code.len() - 1], &code.to_uppercase()] {
        let response = world.post("/api/v1/session", &json!({ "secret": secret })).await;
        assert!(!response.headers().contains_key("set-cookie"));
        problem(response, 401, "sign_in_required").await;
    }
    let cross = world.request("POST", "/api/v1/session").header("Origin", "http://evil.example").json(&json!({ "secret": code }));
    problem(cross.send().await.unwrap(), 403, "foreign_origin").await;
    assert_eq!(world.post("/api/v1/session", &json!({ "secret": code })).await.status(), 204, "the code is good still");
    problem(world.post("/api/v1/session", &json!({ "secret": code })).await, 401, "sign_in_required").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_reader_is_signed_out() {
    let world = asking().await;
    let cookie = signed_in(&world).await;
    let other = signed_in(&world).await;
    let mut streams = Vec::new();
    for cookie in [&cookie, &other] {
        let response = with_cookie(world.request("GET", "/events"), cookie).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let mut bytes = Box::pin(response.bytes_stream());
        assert!(bytes.next().await.unwrap().unwrap().starts_with(b"data: {\"type\":\"heartbeat\""));
        streams.push(bytes);
    }
    with_cookie(world.request("DELETE", "/api/v1/session"), &cookie).send().await.unwrap();
    while streams[0].next().await.is_some() {}
    // The other one goes on.
    world.quick_fix().await;
    assert!(streams[1].next().await.unwrap().unwrap().starts_with(b"id: "));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_names_who_acts_by_what_they_are_known_by() {
    let world = asking().await;
    let (_, secret) = token(&world, "ci").await;
    let story = world.full_feature().await;
    let cases = [(json!({}), "ci"), (json!({ "by": "kim" }), "kim, by ci")];
    for (body, by) in cases {
        let path = format!("/api/v1/pipelines/{}/budget", story.id());
        let mut body = body;
        body["tokens"] = json!(9_000_000);
        let changed = world.request("POST", &path).bearer_auth(&secret).json(&body).send().await.unwrap();
        assert_eq!(changed.status(), 202);
        let audit: Value = world
            .request("GET", &format!("/api/v1/pipelines/{}/audit", story.id()))
            .bearer_auth(&secret)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(audit["items"][0]["payload"]["by"], by, "{}", audit["items"][0]);
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_ask_takes_tokens_all_the_same() {
    let world = World::new().await;
    let created = world.post("/api/v1/access/tokens", &json!({ "name": "ci", "days": 30 })).await;
    assert_eq!(created.status(), 201);
    let created: Value = created.json().await.unwrap();
    assert!(created["credential"]["expires_at"].is_string());
    let access = world.json("/api/v1/access").await;
    assert_eq!((&access["login"], &access["credentials"][0]["current"]), (&json!(false), &json!(false)));
    let known = world.request("GET", "/api/v1/access").bearer_auth(created["secret"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(known.json::<Value>().await.unwrap()["credentials"][0]["current"], true);
    for (body, field) in [(json!({ "name": "" }), "name"), (json!({ "name": "x", "days": 0 }), "days")] {
        let refused = problem(world.post("/api/v1/access/tokens", &body).await, 400, "invalid_input").await;
        assert_eq!(refused["errors"][0]["field"], field);
    }
    problem(world.request("DELETE", "/api/v1/access/999").send().await.unwrap(), 404, "not_found").await;
    world.close().await;
}
