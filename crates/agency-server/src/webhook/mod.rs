//! Tells another program what happened: a chat, a pager, a build server. One POST of JSON for each event that the settings name, signed by the rules of
//! Standard Webhooks (standardwebhooks.com).
//!
//! Events are taken from the log, in its order and one at a time, and how far they were told is kept in a file: what happened while the receiver or this
//! server was away is told later. An event is told at least once; its id says which one it is. A receiver that says no, or does not answer for a quarter of
//! an hour, misses that event, and the server's log says so.

mod delivered;
mod message;
mod post;

use crate::settings::WebhookSettings;
use crate::state::State;
use actix_web::web;
use agency_domain::pipelines::{EventFilter, Fact, StoreError};
use agency_engine::LiveEvent;
use delivered::Delivered;
use message::Message;
use post::{Post, Refusal};
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

/// Events that are read at once.
const PAGE: u32 = 100;
/// How long to wait before each further attempt: some thirteen minutes together.
const AGAIN_AFTER: [Duration; 5] =
    [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30), Duration::from_mins(2), Duration::from_mins(10)];
/// How long the log is left alone after it could not be read.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// One receiver.
pub(crate) struct Webhook {
    state: web::Data<State>,
    events: Vec<String>,
    page_url: String,
    post: Post,
    delivered: Delivered,
    again_after: Vec<Duration>,
}

impl Webhook {
    /// `None` where the settings name no receiver. `base_url` is where this machine reaches the page.
    pub(crate) fn new(settings: &WebhookSettings, state: web::Data<State>, base_url: &str) -> Option<Self> {
        let url = settings.url.clone()?;
        let delivered = Delivered::at(&state.data_dir);
        let page_url = settings.page_url.as_deref().unwrap_or(base_url).trim_end_matches('/').to_owned();
        let post = Post::new(url, settings.secret.as_ref());
        Some(Self { state, events: settings.events.clone(), page_url, post, delivered, again_after: AGAIN_AFTER.to_vec() })
    }

    /// Tells events until `stop`. What happened before the first start with a receiver is not told.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(self.tell()).await;
    }

    async fn tell(&mut self) {
        // Older than the first page that is read, so that nothing falls between the two.
        let mut news = self.state.engine.live().subscribe().events;
        loop {
            match self.tell_what_is_new().await {
                Ok(()) => wait(&mut news).await,
                Err(error) => {
                    tracing::error!(%error, "the webhook's events cannot be read");
                    tokio::time::sleep(READ_AGAIN_AFTER).await;
                }
            }
        }
    }

    async fn tell_what_is_new(&mut self) -> Result<(), StoreError> {
        let head = self.state.log.head().await?;
        let mut last = self.delivered.last_below(head).await;
        loop {
            let page = self.state.log.logged(last, &EventFilter::default(), PAGE).await?;
            let Some(newest) = page.last().map(|event| event.recorded.seq) else { return Ok(()) };
            for event in &page {
                match Message::of(&self.state, &self.events, &self.page_url, &event.recorded).await {
                    Ok(Some(message)) => self.deliver(&message).await,
                    Ok(None) => continue,
                    Err(error @ StoreError::Unavailable(_)) => return Err(error),
                    // It would keep all others back for ever.
                    Err(error) => tracing::error!(event = event.recorded.seq, %error, "an event cannot be told to the webhook"),
                }
                self.delivered.note(event.recorded.seq).await;
            }
            last = newest;
            self.delivered.pass(newest);
        }
    }

    /// Until it has arrived, or is given up.
    async fn deliver(&self, message: &Message) {
        let mut waits = self.again_after.iter();
        loop {
            let Err(refusal) = self.post.send(message).await else { return };
            let wait = waits.next().filter(|_| matches!(refusal, Refusal::ForNow(_)));
            let Some(wait) = wait else {
                tracing::error!(event = message.id, kind = message.kind, %refusal, "the webhook did not take an event; it is not told again");
                return;
            };
            tracing::warn!(event = message.id, %refusal, again_after = ?wait, "the webhook did not take an event");
            tokio::time::sleep(*wait).await;
        }
    }
}

/// Until an event was written into the log. Parts of transcripts come far more often, and none is told.
async fn wait(news: &mut Receiver<LiveEvent>) {
    loop {
        match news.recv().await {
            Ok(LiveEvent::Durable(recorded)) if matches!(recorded.fact, Fact::Event(_)) => return,
            Err(RecvError::Lagged(_)) => return,
            Ok(LiveEvent::Durable(_) | LiveEvent::Delta(_)) => {}
            // The server is about to end.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests;
