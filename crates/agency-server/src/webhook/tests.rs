//! A receiver that is really there, and what it is told.

use super::*;
use crate::settings::Secret;
use crate::tests::world::World;
use serde_json::Value;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What came: the headers, and the body.
type Received = (Vec<(String, String)>, Value);

/// Answers each call with the next status, and 204 when there is none left.
struct Receiver {
    url: String,
    received: watch::Receiver<Vec<Received>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    fn new(answers: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (keep, received) = watch::channel(Vec::new());
        let answers = Arc::new(Mutex::new(answers.iter().copied().collect::<VecDeque<_>>()));
        let next = answers.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let call = read(&stream);
                let status = next.lock().unwrap().pop_front().unwrap_or(204);
                keep.send_modify(|received: &mut Vec<Received>| received.push(call));
                write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            }
        });
        Self { url, received, answers }
    }

    fn settings(&self) -> WebhookSettings {
        WebhookSettings { url: Some(self.url.clone()), secret: Some(Secret("s3cret".into())), ..WebhookSettings::default() }
    }

    /// Waits until so many calls have come.
    async fn calls(&self, count: usize) -> Vec<Received> {
        self.received.clone().wait_for(|received| received.len() >= count).await.unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Received {
    let mut reader = BufReader::new(stream);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
            None if line.trim_end().is_empty() => break,
            None => {}
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (headers, serde_json::from_slice(&body).unwrap())
}

struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// Tells the receiver from here on; what is in the log when this returns is behind it.
async fn start(world: &World, settings: &WebhookSettings) -> Running {
    let mut webhook = Webhook::new(settings, world.state.clone(), &world.base).unwrap();
    webhook.again_after = vec![Duration::from_millis(1); 3];
    webhook.tell_what_is_new().await.unwrap();
    let stop = CancellationToken::new();
    let task = tokio::spawn(webhook.run(stop.clone()));
    Running { stop, task }
}

fn kinds(received: &[Received]) -> Vec<&str> {
    received.iter().map(|(_, body)| body["type"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_and_what_ends_is_told_with_a_link_and_nothing_from_before() {
    let world = World::new().await;
    world.quick_fix().await;
    let receiver = Receiver::new(&[]);
    let running = start(&world, &receiver.settings()).await;
    let (story, _) = world.waiting().await;
    let received = receiver.calls(1).await;
    let (headers, body) = &received[0];
    assert_eq!(body["type"], "approval_requested");
    let data = &body["data"];
    assert_eq!((&data["pipeline"]["id"], &data["pipeline"]["status"]), (&story.id().0.into(), &"waiting_for_approval".into()));
    assert_eq!(data["link"], format!("{}/pipelines/{}", world.base, story.id()));
    let text = body["text"].as_str().unwrap();
    assert!(text.contains(data["pipeline"]["title"].as_str().unwrap()) && text.contains(data["summary"].as_str().unwrap()), "{text}");
    let header = |name: &str| headers.iter().find(|(known, _)| known == name).unwrap().1.clone();
    assert_eq!(header("webhook-id"), format!("event-{}", data["event_id"]));
    assert!(header("webhook-signature").starts_with("v1,") && header("content-type") == "application/json");
    running.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_while_the_server_was_away_is_told_once_and_in_order() {
    let world = World::new().await;
    let receiver = Receiver::new(&[]);
    let settings = WebhookSettings { events: vec!["pipeline_created".into(), "approval_requested".into()], ..receiver.settings() };
    start(&world, &settings).await.stop().await;
    for _ in 0..2 {
        world.waiting().await;
    }
    // Whoever is stopped in the middle of an event tells it again; here all are told, and that they are is noted.
    start(&world, &settings).await.stop().await;
    let running = start(&world, &settings).await;
    assert_eq!(receiver.calls(4).await.len(), 4, "a restart tells nothing twice");
    world.quick_fix().await;
    let received = receiver.calls(5).await;
    let expected = ["pipeline_created", "approval_requested", "pipeline_created", "approval_requested", "pipeline_created"];
    assert_eq!(kinds(&received), expected);
    running.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_busy_is_told_again_and_one_that_says_no_is_not() {
    let world = World::new().await;
    // The first event at the third attempt; the second never; the third at once; the fourth not at all, after four attempts.
    let receiver = Receiver::new(&[503, 429, 204, 404, 200, 500, 500, 500, 500]);
    let settings = WebhookSettings { events: vec!["pipeline_created".into()], ..receiver.settings() };
    let running = start(&world, &settings).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(world.quick_fix().await.id().0);
    }
    let received = receiver.calls(10).await;
    let told: Vec<_> = received.iter().map(|(_, body)| body["data"]["pipeline"]["id"].as_i64().unwrap()).collect();
    let [first, second, third, fourth, fifth] = ids[..] else { unreachable!() };
    assert_eq!(told, [first, first, first, second, third, fourth, fourth, fourth, fourth, fifth]);
    assert!(receiver.answers.lock().unwrap().is_empty());
    running.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_listens_work_goes_on_and_stopping_does_not_wait() {
    let world = World::new().await;
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = WebhookSettings { url: Some(format!("http://{nowhere}/")), ..WebhookSettings::default() };
    let mut webhook = Webhook::new(&settings, world.state.clone(), &world.base).unwrap();
    webhook.tell_what_is_new().await.unwrap();
    let stop = CancellationToken::new();
    let task = tokio::spawn(webhook.run(stop.clone()));
    world.waiting().await;
    stop.cancel();
    task.await.unwrap();
    // What was not told is told by the next one.
    let receiver = Receiver::new(&[]);
    let running = start(&world, &receiver.settings()).await;
    assert_eq!(kinds(&receiver.calls(1).await), ["approval_requested"]);
    running.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_be_read_keeps_no_other_back() {
    let world = World::new().await;
    let receiver = Receiver::new(&[]);
    let settings = WebhookSettings { events: vec!["pipeline_created".into()], ..receiver.settings() };
    start(&world, &settings).await.stop().await;
    let broken = world.quick_fix().await.id();
    world.meddle(&format!("UPDATE pipelines SET status = 'nowhere' WHERE id = {broken}")).await;
    let next = world.quick_fix().await.id();
    let running = start(&world, &settings).await;
    assert_eq!(receiver.calls(1).await[0].1["data"]["pipeline"]["id"], next.0);
    running.stop().await;
    world.close().await;
}
