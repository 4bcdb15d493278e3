//! Against a server of a few lines that misbehaves on request.

use super::*;
use agency_domain::agents::AgentEvents;
use serde_json::json;
use std::path::Path;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

const PATIENCE: Duration = Duration::from_secs(20);

/// What the event stream does next.
enum Act {
    Say(Value),
    BreakOff,
}

struct Fake {
    acts: mpsc::Sender<Act>,
    /// Paths that were posted to.
    posted: mpsc::Receiver<String>,
    hub: Hub,
    exit: watch::Sender<bool>,
}

impl Fake {
    /// A server with one session that is busy and waits for one permission.
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (acts, script) = mpsc::channel(16);
        let (post, posted) = mpsc::channel(16);
        let script = Arc::new(tokio::sync::Mutex::new(script));
        tokio::spawn(async move {
            while let Ok((stream, _peer)) = listener.accept().await {
                let (script, post) = (Arc::clone(&script), post.clone());
                tokio::spawn(async move {
                    let _client_went_away = serve(stream, &script, &post).await;
                });
            }
        });
        let client = Arc::new(Client::new(&base, "password".into(), Path::new("/wt")).unwrap());
        let (exit, exited) = watch::channel(false);
        let hub = Hub::connect(client, exited).await.unwrap();
        Self { acts, posted, hub, exit }
    }

    async fn say(&self, kind: &str, properties: Value) {
        let frame = json!({"payload": {"type": kind, "properties": properties}});
        self.acts.send(Act::Say(frame)).await.unwrap();
    }
}

async fn serve(stream: TcpStream, script: &tokio::sync::Mutex<mpsc::Receiver<Act>>, post: &mpsc::Sender<String>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first).await?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    stream.read_exact(&mut vec![0; length]).await?;
    let target = first.split_whitespace().nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default().to_owned();
    if first.starts_with("POST") {
        post.send(path.clone()).await.unwrap();
    }
    let body = match path.as_str() {
        "/global/event" => return stream_events(stream, script).await,
        "/permission" => json!([{"id": "per_1", "sessionID": "ses_child", "permission": "bash", "patterns": ["ls"]},
            {"id": "per_left", "sessionID": "ses_resting", "permission": "bash"}]),
        "/session" => json!([{"id": "ses_child", "parentID": "ses_1"}]),
        "/session/status" => json!({"ses_child": {"type": "busy"}}),
        _ => json!([]),
    };
    let body = body.to_string();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    stream.shutdown().await
}

async fn stream_events(mut stream: BufReader<TcpStream>, script: &tokio::sync::Mutex<mpsc::Receiver<Act>>) -> std::io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let connected = json!({"payload": {"type": "server.connected", "properties": {}}});
    stream.write_all(format!("{head}data: {connected}\n\n").as_bytes()).await?;
    while let Some(Act::Say(frame)) = script.lock().await.recv().await {
        stream.write_all(format!("data: {frame}\n\n").as_bytes()).await?;
    }
    stream.shutdown().await
}

async fn next(follower: &mut Follower) -> Option<AgentEvent> {
    tokio::time::timeout(PATIENCE, follower.next()).await.unwrap()
}

fn is_request(event: Option<&AgentEvent>, wanted: &str) -> bool {
    matches!(event, Some(AgentEvent::PermissionAsked { id, .. }) if id == wanted)
}

#[tokio::test]
async fn a_broken_stream_is_read_anew_with_a_gap_and_what_waits_is_announced_again() {
    let fake = Fake::start().await;
    let mut follower = fake.hub.follow("ses_1").unwrap();
    fake.say("session.idle", json!({"sessionID": "ses_1"})).await;
    assert_eq!(next(&mut follower).await, Some(AgentEvent::Idle));
    fake.acts.send(Act::BreakOff).await.unwrap();
    assert_eq!(next(&mut follower).await, Some(AgentEvent::Gap));
    assert!(is_request(next(&mut follower).await.as_ref(), "per_1"), "the child's request reaches the parent's follower");
    fake.say("session.idle", json!({"sessionID": "ses_1"})).await;
    assert_eq!(next(&mut follower).await, Some(AgentEvent::Idle), "what waits in sessions that rest is left over");
}

#[tokio::test]
async fn a_request_whose_event_was_lost_is_found_with_the_next_heartbeat_and_told_once() {
    let fake = Fake::start().await;
    let mut follower = fake.hub.follow("ses_1").unwrap();
    for _beat in 0..2 {
        fake.say("server.heartbeat", json!({})).await;
    }
    // Its event was only late.
    fake.say("permission.asked", json!({"id": "per_1", "sessionID": "ses_child", "permission": "bash"})).await;
    fake.say("session.idle", json!({"sessionID": "ses_1"})).await;
    assert!(is_request(next(&mut follower).await.as_ref(), "per_1"));
    assert_eq!(next(&mut follower).await, Some(AgentEvent::Idle));
}

#[tokio::test]
async fn a_follower_that_is_too_slow_is_told_of_the_gap() {
    let fake = Fake::start().await;
    let mut follower = fake.hub.follow("ses_1").unwrap();
    let mut quick = fake.hub.follow("ses_1").unwrap();
    for _event in 0..=EVENTS_MAX {
        fake.say("session.idle", json!({"sessionID": "ses_1"})).await;
        assert_eq!(next(&mut quick).await, Some(AgentEvent::Idle));
    }
    assert_eq!(next(&mut follower).await, Some(AgentEvent::Gap));
    assert_eq!(next(&mut follower).await, Some(AgentEvent::Idle));
}

#[tokio::test]
async fn a_permission_that_somebody_else_granted_stops_the_run() {
    let mut fake = Fake::start().await;
    let mut follower = fake.hub.follow("ses_1").unwrap();
    fake.hub.will_grant("per_ours");
    for (id, reply) in [("per_ours", "once"), ("per_2", "reject"), ("per_3", "once")] {
        fake.say("permission.replied", json!({"sessionID": "ses_child", "requestID": id, "reply": reply})).await;
    }
    assert!(matches!(next(&mut follower).await, Some(AgentEvent::SessionError { name, .. }) if name == "PermissionTampered"));
    assert_eq!(fake.posted.recv().await.as_deref(), Some("/session/ses_1/abort"));
    assert!(fake.hub.was_tampered_with("ses_1"));
}

#[tokio::test]
async fn when_the_process_ends_the_streams_end() {
    let fake = Fake::start().await;
    let mut follower = fake.hub.follow("ses_1").unwrap();
    fake.exit.send_replace(true);
    assert_eq!(next(&mut follower).await, None);
    assert!(fake.hub.follow("ses_1").is_none());
}

#[tokio::test]
async fn what_rests_alone_is_known_until_the_next_prompt_and_never_behind_a_gap() {
    let fake = Fake::start().await;
    let mut follower = fake.hub.follow("ses_2").unwrap();
    let rest = async |follower: &mut Follower| {
        for session in ["ses_1", "ses_2"] {
            fake.say("session.idle", json!({"sessionID": session})).await;
        }
        while next(follower).await != Some(AgentEvent::Idle) {}
    };
    rest(&mut follower).await;
    assert!(fake.hub.rests_alone("ses_2"));
    assert!(!fake.hub.rests_alone("ses_1"), "it has a child");
    fake.hub.forget("ses_2");
    assert!(!fake.hub.rests_alone("ses_2"));
    fake.acts.send(Act::BreakOff).await.unwrap();
    rest(&mut follower).await;
    assert!(!fake.hub.rests_alone("ses_2"), "a child may have been missed");
}

#[tokio::test]
async fn whoever_sent_a_prompt_is_told_once_the_server_has_it() {
    let fake = Fake::start().await;
    let [mine, other] = ["msg_1", "msg_2"].map(|id| MessageId::parse(id).unwrap());
    fake.say("message.updated", json!({"sessionID": "ses_1", "info": {"id": "msg_1", "role": "user"}})).await;
    fake.say("message.updated", json!({"sessionID": "ses_1", "info": {"id": "msg_2", "role": "assistant"}})).await;
    fake.say("session.idle", json!({"sessionID": "ses_1"})).await;
    assert!(fake.hub.until_kept(&mine, PATIENCE).await);
    assert!(!fake.hub.until_kept(&other, Duration::from_millis(1)).await, "it is not a prompt");
}

/// What the stream says last of the words of [`newest`].
fn words(session: &str) -> Value {
    let time = json!({"start": 1, "end": 2});
    json!({"id": "prt_1", "messageID": "msg_2", "sessionID": session, "type": "text", "text": "All of it.", "time": time})
}

fn end_of_call(session: &str) -> Value {
    json!({"id": "prt_2", "messageID": "msg_2", "sessionID": session, "type": "step-finish", "reason": "stop"})
}

/// The newest message of a run that ends well, as the call's answer has it.
fn newest(session: &str) -> Value {
    let time = json!({"created": 1, "completed": 2});
    let info = json!({"id": "msg_2", "sessionID": session, "role": "assistant", "parentID": "msg_1", "finish": "stop", "time": time});
    json!({"info": info, "parts": [words(session), end_of_call(session)]})
}

/// The messages of such a run begin.
async fn begin_a_run(fake: &Fake, session: &str) {
    let prompt = json!({"id": "msg_1", "sessionID": session, "role": "user"});
    let answer = json!({"id": "msg_2", "sessionID": session, "role": "assistant", "parentID": "msg_1"});
    for info in [&prompt, &answer] {
        fake.say("message.updated", json!({"sessionID": session, "info": info})).await;
    }
}

async fn end_the_run(fake: &Fake, session: &str) {
    for part in [words(session), end_of_call(session)] {
        fake.say("message.part.updated", json!({"sessionID": session, "part": part})).await;
    }
}

/// What a follower hears of its end, from wherever it is told.
async fn hear_of_the_end(follower: &mut Follower) {
    let words = AgentEvent::TextDone { part: "prt_1".into(), reasoning: false, text: "All of it.".into(), took_ms: Some(1) };
    assert_eq!(next(follower).await, Some(words));
    assert!(matches!(next(follower).await, Some(AgentEvent::ModelCallFinished { .. })));
}

fn ids(session: &str) -> (SessionId, MessageId) {
    (SessionId::parse(session).unwrap(), MessageId::parse("msg_1").unwrap())
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comes {
    BeforeAll,
    BeforeItsWords,
    Last,
}

#[tokio::test]
async fn a_session_rests_once_its_prompt_is_answered_and_what_came_before_is_told_and_all_is_said_once() {
    let (session, prompt) = ids("ses_2");
    for answer in [Comes::BeforeAll, Comes::BeforeItsWords, Comes::Last] {
        let fake = &Fake::start().await;
        let mut follower = fake.hub.follow("ses_2").unwrap();
        fake.hub.forget("ses_2");
        let answered = fake.hub.on_answer(&session, &prompt);
        match answer {
            Comes::BeforeAll => {
                answered(newest("ses_2"));
                assert_eq!(next(&mut follower).await, Some(AgentEvent::Answered));
                assert!(!fake.hub.rests_alone("ses_2"), "the answer was faster than that it is one");
                begin_a_run(fake, "ses_2").await;
                assert_eq!(next(&mut follower).await, Some(AgentEvent::Alive));
                hear_of_the_end(&mut follower).await;
            }
            Comes::BeforeItsWords => {
                begin_a_run(fake, "ses_2").await;
                assert_eq!(next(&mut follower).await, Some(AgentEvent::Alive));
                answered(newest("ses_2"));
                assert_eq!(next(&mut follower).await, Some(AgentEvent::Answered));
                hear_of_the_end(&mut follower).await;
            }
            Comes::Last => {
                begin_a_run(fake, "ses_2").await;
                assert_eq!(next(&mut follower).await, Some(AgentEvent::Alive));
                end_the_run(fake, "ses_2").await;
                hear_of_the_end(&mut follower).await;
                answered(newest("ses_2"));
                assert_eq!(next(&mut follower).await, Some(AgentEvent::Answered));
            }
        }
        assert_eq!(next(&mut follower).await, Some(AgentEvent::Alive), "the message is whole");
        assert_eq!(next(&mut follower).await, Some(AgentEvent::Idle), "{answer:?}");
        assert!(fake.hub.rests_alone("ses_2"));
        assert_eq!(fake.hub.messages("ses_2").unwrap()[1]["info"]["time"]["completed"], 2);
        assert_eq!(fake.hub.messages("ses_2").unwrap()[1]["parts"][0]["text"], "All of it.");
        if answer != Comes::Last {
            fake.say(
                "message.part.delta",
                json!({"sessionID": "ses_2", "messageID": "msg_2", "partID": "prt_1", "field": "text", "delta": "it."}),
            )
            .await;
            end_the_run(fake, "ses_2").await;
        }
        fake.say("message.updated", json!({"sessionID": "ses_2", "info": newest("ses_2")["info"]})).await;
        fake.say("session.idle", json!({"sessionID": "ses_2"})).await;
        fake.say("session.status", json!({"sessionID": "ses_2", "status": {"type": "retry", "message": "next"}})).await;
        let after = next(&mut follower).await;
        assert!(matches!(after, Some(AgentEvent::Retrying { .. })), "what the stream repeats is no news: {after:?}");
    }
}

#[tokio::test]
async fn an_answer_says_nothing_of_a_session_with_children_or_of_one_that_rests_already() {
    let fake = Fake::start().await;
    for (name, is_at_rest) in [("ses_1", false), ("ses_2", true)] {
        let (session, prompt) = ids(name);
        let mut follower = fake.hub.follow(name).unwrap();
        fake.hub.forget(name);
        begin_a_run(&fake, name).await;
        assert_eq!(next(&mut follower).await, Some(AgentEvent::Alive));
        end_the_run(&fake, name).await;
        hear_of_the_end(&mut follower).await;
        if is_at_rest {
            fake.say("session.idle", json!({"sessionID": name})).await;
            assert_eq!(next(&mut follower).await, Some(AgentEvent::Idle));
        }
        fake.hub.on_answer(&session, &prompt)(newest(name));
        assert_eq!(next(&mut follower).await, Some(AgentEvent::Answered));
        fake.say("session.status", json!({"sessionID": name, "status": {"type": "busy"}})).await;
        assert_eq!(next(&mut follower).await, Some(AgentEvent::Alive), "{name}");
    }
}
