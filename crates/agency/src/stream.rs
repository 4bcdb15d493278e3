//! A pipeline's events, over as many connections as it takes.

use crate::client::Client;
use agency_contract::{StreamEvent, StreamPayload};
use anyhow::bail;
use eventsource_stream::{EventStream, Eventsource};
use futures::{Stream, StreamExt};
use std::pin::Pin;
use std::time::Duration;

/// Three heartbeats: a connection that is silent for longer is dead.
const SILENCE_MAX: Duration = Duration::from_secs(15);
/// Between two tries to connect.
const PAUSE: Duration = Duration::from_secs(1);
/// A server that is started again is back long before that many pauses.
const TRIES_MAX: u32 = 60;

type Frames = Pin<Box<dyn Stream<Item = Option<String>> + Send>>;

/// Events from the beginning of a pipeline, each once.
pub(crate) struct Events {
    client: Client,
    pipeline: i64,
    after: i64,
    connection: Option<Frames>,
}

impl Events {
    pub(crate) fn new(client: &Client, pipeline: i64) -> Self {
        Self::after(client, pipeline, 0)
    }

    /// Only what comes after this sequence.
    pub(crate) fn after(client: &Client, pipeline: i64, after: i64) -> Self {
        Self { client: client.clone(), pipeline, after, connection: None }
    }

    /// The next event that is not about the stream itself.
    ///
    /// # Errors
    /// Where the server cannot be reached for a minute.
    pub(crate) async fn next(&mut self) -> anyhow::Result<StreamEvent> {
        loop {
            let frames = self.connected().await?;
            let Ok(Some(Some(json))) = tokio::time::timeout(SILENCE_MAX, frames.next()).await else {
                self.connection = None;
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            // What a newer server says that we do not understand is not for us.
            let Ok(event) = serde_json::from_str::<StreamEvent>(&json) else { continue };
            if let Some(seq) = event.seq {
                self.after = seq;
            }
            match event.payload {
                StreamPayload::Heartbeat { .. } | StreamPayload::Closing | StreamPayload::Reset => {}
                _ => return Ok(event),
            }
        }
    }

    async fn connected(&mut self) -> anyhow::Result<&mut Frames> {
        let mut tries = 0;
        while self.connection.is_none() {
            match self.client.events(self.pipeline, self.after).await {
                Ok(response) => self.connection = Some(frames(response.bytes_stream().eventsource())),
                Err(error) if tries >= TRIES_MAX => bail!(error.context("the events cannot be followed any more")),
                Err(_) => {
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        Ok(self.connection.as_mut().expect("made just now"))
    }
}

/// The data of each event; `None` where the connection broke.
fn frames<S, B, E>(events: EventStream<S>) -> Frames
where
    S: Stream<Item = Result<B, E>> + Send + 'static,
    B: AsRef<[u8]> + Send + 'static,
    E: Send + 'static,
    EventStream<S>: Stream<Item = Result<eventsource_stream::Event, eventsource_stream::EventStreamError<E>>>,
{
    Box::pin(events.map(|event| event.ok().map(|event| event.data)))
}
