//! The one reader of a server's event stream, and those who follow it.
//!
//! The server keeps nothing for readers that were away, so after each reconnection, and whenever a follower was too slow, everybody concerned
//! is told of a gap, and requests that still wait for an answer are announced again.

use crate::client::Client;
use crate::events::{Routed, Translator, permission_asked, question_asked};
use agency_domain::SessionId;
use agency_domain::agents::{AgentEvent, AgentEvents};
use async_trait::async_trait;
use eventsource_stream::Eventsource;
use futures::StreamExt;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, broadcast, oneshot, watch};
use tokio::time::Instant;

/// Events that a follower may lag behind. A burst of a provider's is tens of thousands of deltas, which nobody needs one by one.
const EVENTS_MAX: usize = 8_192;
/// The first connection is made to a server that has just answered.
const CONNECTED_WITHIN: Duration = Duration::from_secs(10);
/// Longer than the longest known stall of a server that lives (15 s); after that it is as good as gone.
const RECONNECT_WITHIN: Duration = Duration::from_secs(90);
const RECONNECT_EVERY: Duration = Duration::from_millis(250);
/// Sessions whose last error is remembered.
const ERRORS_MAX: usize = 256;

/// What people read about a permission that somebody else granted.
pub(crate) const TAMPERED: &str =
    "a permission was granted that theAgency had not granted: something on this machine has the server's password";

/// Where followers find the stream.
pub(crate) struct Hub {
    sender: broadcast::WeakSender<Routed>,
    shared: Arc<Shared>,
}

/// What reader, followers and the gateway share.
#[derive(Default)]
struct Shared {
    /// The last error of each session since its last prompt: name and message.
    errors: Mutex<HashMap<String, (String, String)>>,
    /// Permissions that we granted. A few per run.
    granted: Mutex<HashSet<String>>,
    /// Sessions in whose run somebody else granted one.
    tampered: Mutex<HashSet<String>>,
    /// Asks the reader to announce open requests again.
    announce: Notify,
}

struct Reader {
    client: Arc<Client>,
    sender: broadcast::Sender<Routed>,
    shared: Arc<Shared>,
    translator: Translator,
    /// Requests that were announced.
    announced: HashSet<String>,
    exited: watch::Receiver<bool>,
}

impl Hub {
    /// Connects and returns once events flow. The reader ends with the process, and so do all followers' streams.
    ///
    /// # Errors
    /// In words: no event stream within ten seconds.
    pub(crate) async fn connect(client: Arc<Client>, exited: watch::Receiver<bool>) -> Result<Self, String> {
        let (sender, _follower) = broadcast::channel(EVENTS_MAX);
        let shared = Arc::new(Shared::default());
        let hub = Self { sender: sender.downgrade(), shared: Arc::clone(&shared) };
        let reader = Reader { client, sender, shared, translator: Translator::default(), announced: HashSet::new(), exited };
        let (connected, connecting) = oneshot::channel();
        tokio::spawn(reader.run(connected));
        match tokio::time::timeout(CONNECTED_WITHIN, connecting).await {
            Ok(Ok(())) => Ok(hub),
            Ok(Err(_)) => Err("its event stream cannot be read".into()),
            Err(_) => Err(format!("its event stream did not open within {} seconds", CONNECTED_WITHIN.as_secs())),
        }
    }

    /// Events of `session` and its children from now on; `None` once the server is gone.
    pub(crate) fn follow(&self, session: &str) -> Option<Follower> {
        Some(Follower { session: session.to_owned(), receiver: self.sender.upgrade()?.subscribe(), shared: Arc::clone(&self.shared) })
    }

    /// The last error of a session since [`Hub::forget_error`]: name and message.
    pub(crate) fn error(&self, session: &str) -> Option<(String, String)> {
        self.shared.errors().get(session).cloned()
    }

    /// A new prompt begins: what was known of the session's last one is of no more use. Answers whether that was tampered with.
    pub(crate) fn forget(&self, session: &str) -> bool {
        self.shared.errors().remove(session);
        self.shared.tampered().remove(session)
    }

    /// To be called before a permission is granted, so that its event is recognised as ours.
    pub(crate) fn will_grant(&self, permission: &str) {
        self.shared.granted().insert(permission.to_owned());
    }

    /// Whether somebody else granted a permission of the session's run.
    pub(crate) fn was_tampered_with(&self, session: &str) -> bool {
        self.shared.tampered().contains(session)
    }
}

impl Shared {
    fn errors(&self) -> MutexGuard<'_, HashMap<String, (String, String)>> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn granted(&self) -> MutexGuard<'_, HashSet<String>> {
        self.granted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tampered(&self) -> MutexGuard<'_, HashSet<String>> {
        self.tampered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    async fn run(mut self, connected: oneshot::Sender<()>) {
        let mut exited = self.exited.clone();
        tokio::select! {
            biased;
            // An error means that whoever watches the process is gone, with the process.
            _ = exited.wait_for(|exited| *exited) => {}
            () = self.read_for_ever(connected) => {}
        }
    }

    /// Reads, connecting again where the stream breaks; returns when that fails for too long.
    async fn read_for_ever(&mut self, connected: oneshot::Sender<()>) {
        let mut connected = Some(connected);
        let mut last_read = Instant::now();
        while last_read.elapsed() < RECONNECT_WITHIN {
            match self.client.events().await {
                Ok(response) => {
                    self.read(response, &mut connected).await;
                    last_read = Instant::now();
                    tracing::debug!("an OpenCode event stream broke off");
                }
                Err(error) => tracing::debug!(%error, "an OpenCode event stream does not open"),
            }
            tokio::time::sleep(RECONNECT_EVERY).await;
        }
        tracing::warn!("an OpenCode server gives no events any more");
    }

    async fn read(&mut self, response: reqwest::Response, connected: &mut Option<oneshot::Sender<()>>) {
        let mut frames = response.bytes_stream().eventsource();
        let shared = Arc::clone(&self.shared);
        loop {
            tokio::select! {
                // Silence beyond the heartbeat's is an error of the stream.
                frame = frames.next() => match frame {
                    Some(Ok(frame)) => self.take_in(&frame.data, connected).await,
                    Some(Err(_)) | None => return,
                },
                () = shared.announce.notified() => self.announce_open_requests(true).await,
            }
        }
    }

    async fn take_in(&mut self, data: &str, connected: &mut Option<oneshot::Sender<()>>) {
        let Ok(data) = serde_json::from_str::<Value>(data) else { return };
        match data["payload"]["type"].as_str() {
            Some("server.connected") => self.begin(connected).await,
            Some("server.heartbeat") => self.announce_open_requests(false).await,
            Some("permission.replied") => self.check_reply(&data["payload"]["properties"]).await,
            Some(_) | None => {
                if let Some(routed) = self.translator.translate(&data)
                    && self.is_news(&routed)
                {
                    self.send(routed);
                }
            }
        }
    }

    /// A permission that was granted, and not by us, was granted by whoever got hold of the server's password: the run is stopped.
    async fn check_reply(&mut self, reply: &Value) {
        let granted = reply["reply"] == "once" || reply["reply"] == "always";
        let (Some(id), Some(session)) = (reply["requestID"].as_str(), reply["sessionID"].as_str()) else { return };
        if !granted || self.shared.granted().contains(id) {
            return;
        }
        let root = self.translator.root(session).to_owned();
        tracing::error!(session = %root, "a permission was granted that theAgency had not granted: its run is stopped");
        self.shared.tampered().insert(root.clone());
        self.send(Routed {
            session: root.clone(),
            event: AgentEvent::SessionError { name: "PermissionTampered".into(), message: TAMPERED.into() },
        });
        if let Ok(session) = SessionId::parse(&root) {
            let _the_report_tells = self.client.abort(&session).await;
        }
    }

    /// The stream stands: what happened before it must be asked for.
    async fn begin(&mut self, connected: &mut Option<oneshot::Sender<()>>) {
        for session in self.client.sessions().await.unwrap_or_default() {
            self.translator.learn_session(&session);
        }
        match connected.take() {
            Some(connected) => {
                let _nobody_waits = connected.send(());
            }
            None => {
                self.send(Routed { session: EVERYBODY.into(), event: AgentEvent::Gap });
                self.announce_open_requests(true).await;
            }
        }
    }

    /// Remembers errors, and drops requests that were found open before their event came.
    fn is_news(&mut self, routed: &Routed) -> bool {
        match &routed.event {
            AgentEvent::SessionError { name, message } => {
                let mut errors = self.shared.errors();
                if errors.len() >= ERRORS_MAX {
                    errors.clear();
                }
                errors.insert(routed.session.clone(), (name.clone(), message.clone()));
                true
            }
            AgentEvent::PermissionAsked { id, .. } | AgentEvent::QuestionAsked { id, .. } => self.announced.insert(id.clone()),
            AgentEvent::Text { .. }
            | AgentEvent::TextDone { .. }
            | AgentEvent::Tool { .. }
            | AgentEvent::ModelCallFinished { .. }
            | AgentEvent::Retrying { .. }
            | AgentEvent::Idle
            | AgentEvent::Gap
            | AgentEvent::Alive => true,
        }
    }

    /// Asks for requests that wait, because a lost event of that kind would let its run wait for ever. Those of sessions that rest are left
    /// over from runs that were stopped.
    async fn announce_open_requests(&mut self, again: bool) {
        let (permissions, questions, status) = futures::join!(self.client.permissions(), self.client.questions(), self.client.status());
        let Ok(status) = status else { return };
        let (permissions, questions) = (permissions.unwrap_or_default(), questions.unwrap_or_default());
        let asked = permissions.iter().map(|request| (request, permission_asked(request)));
        let asked: Vec<_> = asked.chain(questions.iter().map(|request| (request, question_asked(request)))).collect();
        let open: HashSet<String> = asked.iter().filter_map(|(request, _event)| request["id"].as_str().map(str::to_owned)).collect();
        self.announced.retain(|id| open.contains(id));
        for (request, event) in asked {
            let (Some(session), Some(id), Some(event)) = (request["sessionID"].as_str(), request["id"].as_str(), event) else { continue };
            let is_new = self.announced.insert(id.to_owned());
            if status.get(session).is_some() && (is_new || again) {
                let session = self.translator.root(session).to_owned();
                self.send(Routed { session, event });
            }
        }
    }

    fn send(&self, routed: Routed) {
        let _nobody_follows = self.sender.send(routed);
    }
}

/// Stands for all sessions; no session's id is empty.
const EVERYBODY: &str = "";

/// One who follows a session.
pub(crate) struct Follower {
    session: String,
    receiver: broadcast::Receiver<Routed>,
    shared: Arc<Shared>,
}

#[async_trait]
impl AgentEvents for Follower {
    async fn next(&mut self) -> Option<AgentEvent> {
        loop {
            match self.receiver.recv().await {
                Ok(routed) if routed.session == self.session || routed.session == EVERYBODY => return Some(routed.event),
                Ok(_of_others) => {}
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::debug!(missed, "a follower of OpenCode's events was too slow");
                    self.shared.announce.notify_one();
                    return Some(AgentEvent::Gap);
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests;
