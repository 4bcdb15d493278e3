//! A client of the event stream that sees every byte.

use super::world::World;
use futures::StreamExt;
use serde_json::Value;
use std::pin::Pin;
use std::time::Duration;

/// Nothing that a test waits for takes this long, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

type Bytes = Pin<Box<dyn futures::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>;

pub(super) struct Reader {
    bytes: Bytes,
    buffer: String,
    /// Whether the server ended the stream.
    pub(super) has_ended: bool,
}

/// One message as it came.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Message {
    pub(super) id: Option<i64>,
    pub(super) data: Value,
}

impl Message {
    pub(super) fn kind(&self) -> &str {
        self.data["type"].as_str().unwrap()
    }
}

impl Reader {
    pub(super) async fn open(world: &World, query: &str, last_event_id: Option<i64>) -> Self {
        let mut request = world.request("GET", &format!("/events{query}"));
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id.to_string());
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache, no-transform");
        assert_eq!(response.headers()["content-encoding"], "identity");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self { bytes: Box::pin(response.bytes_stream()), buffer: String::new(), has_ended: false }
    }

    /// The next message, heartbeats included; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((message, rest)) = self.buffer.split_once("\n\n") {
                let message = parse(message);
                self.buffer = rest.to_owned();
                return Some(message);
            }
            match tokio::time::timeout(PATIENCE, self.bytes.next()).await.expect("the stream went silent") {
                Some(Ok(bytes)) => self.buffer.push_str(std::str::from_utf8(&bytes).unwrap()),
                Some(Err(_)) | None => {
                    self.has_ended = true;
                    return None;
                }
            }
        }
    }

    /// The next message that is no heartbeat.
    pub(super) async fn event(&mut self) -> Message {
        loop {
            let message = self.next().await.expect("the stream ended");
            if message.kind() != "heartbeat" {
                return message;
            }
        }
    }

    /// Durable messages up to and with this sequence.
    pub(super) async fn durable_until(&mut self, seq: i64) -> Vec<Message> {
        let mut found = Vec::new();
        loop {
            let message = self.event().await;
            let id = message.id;
            if id.is_some() {
                found.push(message);
            }
            if id == Some(seq) {
                return found;
            }
        }
    }
}

fn parse(message: &str) -> Message {
    let mut id = None;
    let mut data = None;
    for line in message.lines() {
        match line.split_once(": ") {
            Some(("id", value)) => id = Some(value.parse().unwrap()),
            Some(("data", value)) => data = Some(serde_json::from_str(value).unwrap()),
            other => panic!("an unknown line {other:?}"),
        }
    }
    Message { id, data: data.expect("a data line") }
}

pub(super) fn ids(messages: &[Message]) -> Vec<i64> {
    messages.iter().filter_map(|message| message.id).collect()
}
