//! The scripted model over real HTTP: one test per class of scenario.
#![expect(clippy::unwrap_used, reason = "a helper that fails ends its test")]

use agency_scripted_model::{Ending, Fault, Match, Options, Rule, Script, ScriptedModel, Step, scenario_names};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// Far longer than anything here takes; only a test that fails waits for it.
const LIMIT: Duration = Duration::from_secs(20);

fn started(script: Script) -> ScriptedModel {
    ScriptedModel::start(Options { script, ..Options::default() }).unwrap()
}

fn client() -> Client {
    Client::builder().no_proxy().timeout(LIMIT).build().unwrap()
}

async fn ask(model: &ScriptedModel, body: Value) -> reqwest::Result<Response> {
    client().post(format!("{}/chat/completions", model.base_url())).header("x-session-id", "ses_1").json(&body).send().await
}

fn request(model: &str, stream: bool) -> Value {
    json!({ "model": model, "stream": stream, "messages": [{ "role": "user", "content": "go" }] })
}

async fn streamed(model: &ScriptedModel, scenario: &str) -> (StatusCode, reqwest::Result<String>) {
    let response = ask(model, request(scenario, true)).await.unwrap();
    (response.status(), response.text().await)
}

/// What a stream says, and why it says it stopped.
fn said(stream: &str) -> (String, Option<String>) {
    let chunks = stream.lines().filter_map(|line| line.strip_prefix("data: ")).filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let mut text = String::new();
    let mut finish = None;
    for choice in chunks.map(|chunk| chunk["choices"][0].clone()) {
        text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
        finish = finish.or(choice["finish_reason"].as_str().map(str::to_owned));
    }
    (text, finish)
}

#[actix_web::test]
async fn a_stream_ends_with_a_reason_usage_and_done_and_the_model_remembers_what_it_was_asked() {
    let model = started(Script::default());
    let (status, stream) = streamed(&model, "usage_cached").await;
    let stream = stream.unwrap();
    assert_eq!((status, said(&stream)), (StatusCode::OK, ("ok".into(), Some("stop".into()))));
    assert!(stream.contains("\"cached_tokens\":600") && stream.ends_with("data: [DONE]\n\n"), "{stream}");
    let requests = model.requests();
    let asked = &requests[0];
    assert_eq!((asked.model.as_str(), asked.session.as_deref(), asked.user.as_str()), ("usage_cached", Some("ses_1"), "go"));
    assert_eq!((asked.scenario.as_str(), asked.ending), ("usage_cached", Ending::Answered));
}

#[actix_web::test]
async fn without_stream_the_answer_is_one_json_object() {
    let model = started(Script::always(vec![Step::text("plain")]));
    let whole: Value = ask(&model, request("x", false)).await.unwrap().json().await.unwrap();
    assert_eq!(whole["choices"][0]["message"]["content"], "plain");
    assert_eq!(whole["object"], "chat.completion");
}

#[actix_web::test]
async fn the_models_are_the_scenarios() {
    let model = started(Script::default());
    let list: Value = client().get(format!("{}/models", model.base_url())).send().await.unwrap().json().await.unwrap();
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert_eq!(ids, scenario_names());
    assert!(["demo", "m1", "slow-developer", "hang_mid", "handoff_twice"].iter().all(|id| ids.contains(id)));
}

#[actix_web::test]
async fn http_failures_have_their_status_and_body() {
    let model = started(Script::default());
    for (scenario, status, contains) in [
        ("err400", 400, "refuses"),
        ("err401", 401, "invalid_api_key"),
        ("err429", 429, "rate_limit_exceeded"),
        ("quota", 429, "insufficient_quota"),
        ("err500", 500, "server_error"),
        ("err503html", 503, "<html>"),
        ("html200", 200, "<html>"),
        ("overflow", 400, "context_length_exceeded"),
    ] {
        let response = ask(&model, request(scenario, true)).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{scenario}");
        assert_eq!(response.headers().contains_key("retry-after"), scenario == "err429", "{scenario}");
        let html = response.headers()["content-type"].to_str().unwrap().starts_with("text/html");
        assert_eq!(html, contains == "<html>", "{scenario}");
        assert!(response.text().await.unwrap().contains(contains), "{scenario}");
    }
}

#[actix_web::test]
async fn what_fails_first_recovers() {
    let model = started(Script::default());
    assert_eq!(streamed(&model, "err500once").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    let (_status, stream) = streamed(&model, "err500once").await;
    assert_eq!(said(&stream.unwrap()).0, "Recovered.");
    assert!(streamed(&model, "drop_once").await.1.is_err());
    assert_eq!(said(&streamed(&model, "drop_once").await.1.unwrap()).0, "Recovered after the drop.");
}

#[actix_web::test]
async fn a_drop_resets_the_connection_after_what_was_sent_has_arrived() {
    let model = started(Script::default());
    for (scenario, arrives) in [("drop", "three "), ("drop_tool", "\"name\":\"write\"")] {
        let mut response = ask(&model, request(scenario, true)).await.unwrap();
        let mut received = Vec::new();
        let error = loop {
            match response.chunk().await {
                Ok(Some(bytes)) => received.extend_from_slice(&bytes),
                Ok(None) => panic!("{scenario} ended politely"),
                Err(error) => break format!("{error:?}"),
            }
        };
        assert!(String::from_utf8(received).unwrap().contains(arrives), "{scenario}");
        assert!(error.contains("ConnectionReset"), "{scenario}: {error}");
        assert_eq!(model.requests().last().unwrap().ending, Ending::Reset);
    }
}

#[actix_web::test]
async fn a_stream_can_end_politely_without_a_reason() {
    let model = started(Script::default());
    for (scenario, text) in [("drop_clean", "one two three "), ("no_done", "one two three four five six")] {
        let stream = streamed(&model, scenario).await.1.unwrap();
        assert_eq!(said(&stream), (text.to_owned(), None), "{scenario}");
        assert!(!stream.contains("[DONE]"), "{scenario}");
    }
}

#[actix_web::test]
async fn a_stream_can_hold_an_error_or_nonsense() {
    let model = started(Script::default());
    for (scenario, contains) in [("sse_error", "\"upstream exploded\""), ("garbage", "no event stream"), ("garbage_json", "{not json}")] {
        let (status, stream) = streamed(&model, scenario).await;
        let stream = stream.unwrap();
        assert!(status == StatusCode::OK && stream.contains(contains) && !stream.contains("[DONE]"), "{scenario}: {stream}");
    }
}

#[actix_web::test]
async fn the_reason_for_stopping_is_the_scripts() {
    let model = started(Script::default());
    for (scenario, finish) in
        [("length", "length"), ("content_filter", "content_filter"), ("unknown_finish", "tired"), ("empty", "stop"), ("bash", "tool_calls")]
    {
        let stream = streamed(&model, scenario).await.1.unwrap();
        assert_eq!(said(&stream).1.as_deref(), Some(finish), "{scenario}");
    }
}

#[actix_web::test]
async fn a_client_that_leaves_a_silent_model_is_recorded() {
    for (scenario, with_headers) in [("hang_headers", false), ("hang", true), ("hang_mid", true)] {
        let model = started(Script::default());
        let asking = tokio::spawn({
            let url = format!("{}/chat/completions", model.base_url());
            async move {
                let mut response = client().post(url).json(&request(scenario, true)).send().await.unwrap();
                while response.chunk().await.unwrap().is_some() {}
            }
        });
        model.wait_for(LIMIT, |requests| requests.iter().any(|request| request.ending == Ending::Open)).await.unwrap();
        if with_headers {
            let mut response = ask(&model, request(scenario, true)).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            if scenario == "hang_mid" {
                assert!(response.chunk().await.unwrap().unwrap().starts_with(b"data: "));
            }
        }
        asking.abort();
        model.wait_for(LIMIT, |requests| requests.iter().all(agency_scripted_model::RecordedRequest::client_closed)).await.unwrap();
    }
}

#[actix_web::test]
async fn a_slow_answer_that_is_cancelled_is_recorded_too() {
    let model = started(Script::always(vec![Step::text("word ".repeat(10_000)).paced(5)]));
    let mut response = ask(&model, request("x", true)).await.unwrap();
    response.chunk().await.unwrap();
    drop(response);
    model.wait_for(LIMIT, |requests| requests[0].client_closed()).await.unwrap();
}

#[actix_web::test]
async fn a_huge_burst_arrives_whole() {
    let model = started(Script::default());
    let stream = streamed(&model, "huge").await.1.unwrap();
    assert_eq!(said(&stream).0.split_whitespace().count(), 40_000);
}

#[actix_web::test]
async fn the_script_is_exchanged_while_it_plays() {
    let model = started(Script { rules: vec![Rule::new("first", Match::default(), vec![Step::text("first")])] });
    assert_eq!(said(&streamed(&model, "x").await.1.unwrap()).0, "first");
    model.set_script(Script::always(vec![Step::text("second")]));
    assert_eq!(said(&streamed(&model, "x").await.1.unwrap()).0, "second");
}

#[actix_web::test]
async fn the_control_endpoints_tell_reset_and_take_a_script() {
    let model = started(Script::default());
    let url = |path: &str| format!("{}/{path}", model.control_url());
    let json = |response: Response| async move { response.json::<Value>().await.unwrap() };
    let script = json!({ "rules": [{ "name": "given", "steps": [{ "text": "given" }] }] });
    assert_eq!(json(client().post(url("script")).json(&script).send().await.unwrap()).await["rules"], 1);
    assert_eq!(said(&streamed(&model, "x").await.1.unwrap()).0, "given");
    let requests = json(client().get(url("requests")).send().await.unwrap()).await;
    assert_eq!((&requests[0]["scenario"], &requests[0]["ending"]), (&json!("given"), &json!("answered")));
    assert_eq!(json(client().get(url("health")).send().await.unwrap()).await, json!({ "status": "ok", "open": 0 }));
    client().post(url("reset")).send().await.unwrap();
    assert!(model.requests().is_empty());
    let refused = client().post(url("script")).body("{\"rules\":3}").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert!(refused.text().await.unwrap().contains("not a script"));
}

#[actix_web::test]
async fn a_body_that_is_no_chat_request_is_refused_in_words() {
    let model = started(Script::default());
    let response = client().post(format!("{}/chat/completions", model.base_url())).body("hello").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.text().await.unwrap().contains("not a chat request"));
}

#[actix_web::test]
async fn the_request_log_has_a_line_when_asked_and_one_when_ended() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("requests.jsonl");
    let options = Options { request_log: Some(path.clone()), ..Options::default() };
    let model = ScriptedModel::start(options).unwrap();
    streamed(&model, "text").await.1.unwrap();
    let log = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["event"], &lines[0]["request"]["user"]), (&json!("asked"), &json!("go")));
    assert_eq!((&lines[1]["event"], &lines[1]["ending"]), (&json!("ended"), &json!("answered")));
}

#[actix_web::test]
async fn stopping_ends_open_connections_and_frees_the_port() {
    let mut model = started(Script::always(vec![Step::text("one two").with_fault(Fault::HangAfter(1))]));
    let mut response = ask(&model, request("x", true)).await.unwrap();
    response.chunk().await.unwrap();
    model.stop();
    model.stop();
    assert_eq!(model.requests()[0].ending, Ending::Stopped);
    assert!(response.chunk().await.is_err());
    let port = model.base_url().rsplit_once(':').unwrap().1.trim_end_matches("/v1").parse().unwrap();
    let next = ScriptedModel::start(Options { port, ..Options::default() }).unwrap();
    assert_eq!(streamed(&next, "text").await.0, StatusCode::OK);
    let error = ScriptedModel::start(Options { port, ..Options::default() }).err().unwrap();
    assert!(format!("{error:#}").contains(&port.to_string()));
}
