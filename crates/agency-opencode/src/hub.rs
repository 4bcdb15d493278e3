//! The one reader of a server's event stream, and those who follow it.
//!
//! The server keeps nothing for readers that were away, so after each reconnection, and whenever a follower was too slow, everybody concerned
//! is told of a gap, and requests that still wait for an answer are announced again.

mod answers;
mod conversation;
mod facts;
mod follower;

use crate::client::Client;
use crate::events::{Routed, Translator, permission_asked, question_asked};
use agency_domain::agents::AgentEvent;
use agency_domain::{MessageId, SessionId};
use answers::{Answer, Answers};
use eventsource_stream::Eventsource;
use facts::Facts;
use follower::{EVERYBODY, Follower};
use futures::StreamExt;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::Instant;

/// Events that a follower may lag behind. A burst of a provider's is tens of thousands of deltas, which nobody needs one by one.
const EVENTS_MAX: usize = 8_192;
/// The first connection is made to a server that has just answered.
const CONNECTED_WITHIN: Duration = Duration::from_secs(10);
/// Longer than the longest known stall of a server that lives (15 s); after that it is as good as gone.
const RECONNECT_WITHIN: Duration = Duration::from_secs(90);
const RECONNECT_EVERY: Duration = Duration::from_millis(250);

/// What people read about a permission that somebody else granted.
pub(crate) const TAMPERED: &str =
    "a permission was granted that theAgency had not granted: something on this machine has the server's password";

/// Where followers find the stream.
pub(crate) struct Hub {
    sender: broadcast::WeakSender<Routed>,
    answers: mpsc::UnboundedSender<Answer>,
    facts: Arc<Facts>,
}

struct Reader {
    client: Arc<Client>,
    sender: broadcast::Sender<Routed>,
    facts: Arc<Facts>,
    translator: Translator,
    /// Requests that were announced.
    announced: HashSet<String>,
    /// Prompts that were answered, as whoever waits for that tells.
    answered: mpsc::UnboundedReceiver<Answer>,
    answers: Answers,
    exited: watch::Receiver<bool>,
}

impl Hub {
    /// Connects and returns once events flow. The reader ends with the process, and so do all followers' streams.
    ///
    /// # Errors
    /// In words: no event stream within ten seconds.
    pub(crate) async fn connect(client: Arc<Client>, exited: watch::Receiver<bool>) -> Result<Self, String> {
        let (sender, _follower) = broadcast::channel(EVENTS_MAX);
        let (answers, answered) = mpsc::unbounded_channel();
        let facts = Arc::new(Facts::default());
        let hub = Self { sender: sender.downgrade(), answers, facts: Arc::clone(&facts) };
        let (translator, announced, answers) = (Translator::default(), HashSet::new(), Answers::default());
        let reader = Reader { client, sender, facts, translator, announced, answered, answers, exited };
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
        Some(Follower::new(session, self.sender.upgrade()?.subscribe(), Arc::clone(&self.facts)))
    }

    /// To be told, from wherever, that a prompt of `session` was answered, with the newest message: its run has ended.
    pub(crate) fn on_answer(&self, session: &SessionId, prompt: &MessageId) -> impl FnOnce(Value) + Send + use<> {
        let (answers, session, prompt) = (self.answers.clone(), session.to_string(), prompt.to_string());
        move |message| {
            let _nobody_reads = answers.send(Answer { session, prompt, message });
        }
    }

    /// The last error of a session since [`Hub::forget`]: name and message.
    pub(crate) fn error(&self, session: &str) -> Option<(String, String)> {
        self.facts.error(session)
    }

    /// A new prompt begins: what was known of the session's last one is of no more use. Answers whether that was tampered with.
    pub(crate) fn forget(&self, session: &str) -> bool {
        self.facts.forget(session)
    }

    /// To be called before a permission is granted, so that its event is recognised as ours.
    pub(crate) fn will_grant(&self, permission: &str) {
        self.facts.will_grant(permission);
    }

    /// Whether somebody else granted a permission of the session's run.
    pub(crate) fn was_tampered_with(&self, session: &str) -> bool {
        self.facts.was_tampered_with(session)
    }

    /// Whether the stream has told for certain that the session came to rest since [`Hub::forget`], and that it has no children. Where it is
    /// false, ask the server.
    pub(crate) fn rests_alone(&self, session: &str) -> bool {
        self.facts.rests_alone(session)
    }

    /// The session's messages since [`Hub::forget`] as the stream has told of them; `None` where they must be asked for.
    pub(crate) fn messages(&self, session: &str) -> Option<Vec<Value>> {
        self.facts.messages(session)
    }

    /// Waits until the stream tells that the server has a prompt; false where it does not in time.
    pub(crate) async fn until_kept(&self, message: &MessageId, patience: Duration) -> bool {
        self.facts.until_kept(message, patience).await
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
        let facts = Arc::clone(&self.facts);
        loop {
            tokio::select! {
                // Silence beyond the heartbeat's is an error of the stream.
                frame = frames.next() => match frame {
                    Some(Ok(frame)) => self.take_in(&frame.data, connected).await,
                    Some(Err(_)) | None => return,
                },
                () = facts.announce.notified() => self.announce_open_requests(true).await,
                Some(answer) = self.answered.recv() => self.take_answer(answer),
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
                self.note_prompt(&data["payload"]);
                if !self.answers.repeats(&data["payload"]) {
                    self.tell(&data);
                }
                self.end_what_is_answered();
            }
        }
    }

    /// Passes an event on to whoever it concerns.
    fn tell(&mut self, data: &Value) {
        self.facts.note_message(data["payload"]["type"].as_str().unwrap_or_default(), &data["payload"]["properties"]);
        if let Some(routed) = self.translator.translate(data)
            && self.is_news(&routed)
        {
            self.send(routed);
        }
    }

    /// A prompt's call was answered, mostly some milliseconds before the stream tells that its session rests.
    fn take_answer(&mut self, answer: Answer) {
        self.send(Routed { session: answer.session.clone(), event: AgentEvent::Answered });
        if !self.facts.rests_alone(&answer.session) {
            self.answers.wait_for_the_rest(answer);
            self.end_what_is_answered();
        }
    }

    /// Tells of the rest of sessions whose run has ended, as their answer says, once all before its newest message has been told. What the stream has
    /// not told of that one is taken from the answer.
    fn end_what_is_answered(&mut self) {
        let (facts, translator) = (Arc::clone(&self.facts), &self.translator);
        let is_told = |answer: &Answer| facts.is_told(answer) && !translator.has_children(&answer.session);
        for answer in self.answers.ended(is_told) {
            for part in answer.parts().iter().filter(|part| facts.is_news(part)) {
                self.tell(&event_of("message.part.updated", &json!({ "sessionID": answer.session, "part": part })));
            }
            self.tell(&event_of("message.updated", &json!({ "sessionID": answer.session, "info": answer.info() })));
            self.facts.note_rest(&answer.session);
            self.send(Routed { session: answer.session, event: AgentEvent::Idle });
        }
    }

    /// Whoever sent a prompt waits until the server has it.
    fn note_prompt(&self, payload: &Value) {
        let info = &payload["properties"]["info"];
        if payload["type"] == "message.updated"
            && info["role"] == "user"
            && let Some(id) = info["id"].as_str()
        {
            self.facts.note_kept(id);
        }
    }

    /// A permission that was granted, and not by us, was granted by whoever got hold of the server's password: the run is stopped.
    async fn check_reply(&mut self, reply: &Value) {
        let granted = reply["reply"] == "once" || reply["reply"] == "always";
        let (Some(id), Some(session)) = (reply["requestID"].as_str(), reply["sessionID"].as_str()) else { return };
        if !granted || self.facts.granted(id) {
            return;
        }
        let root = self.translator.root(session).to_owned();
        tracing::error!(session = %root, "a permission was granted that theAgency had not granted: its run is stopped");
        self.facts.note_tampering(&root);
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
                self.facts.note_gap();
                self.answers = Answers::default();
                self.send(Routed { session: EVERYBODY.into(), event: AgentEvent::Gap });
                self.announce_open_requests(true).await;
            }
        }
    }

    /// Remembers errors, and drops requests that were found open before their event came.
    fn is_news(&mut self, routed: &Routed) -> bool {
        match &routed.event {
            AgentEvent::SessionError { name, message } => {
                self.facts.note_error(&routed.session, name, message);
                true
            }
            AgentEvent::PermissionAsked { id, .. } | AgentEvent::QuestionAsked { id, .. } => self.announced.insert(id.clone()),
            AgentEvent::Text { .. }
            | AgentEvent::TextDone { .. }
            | AgentEvent::Tool { .. }
            | AgentEvent::ModelCallFinished { .. }
            | AgentEvent::Retrying { .. }
            | AgentEvent::Answered
            | AgentEvent::Gap
            | AgentEvent::Alive => true,
            AgentEvent::Idle => {
                let is_news = self.answers.rested(&routed.session);
                if !self.translator.has_children(&routed.session) {
                    self.facts.note_rest(&routed.session);
                }
                is_news
            }
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

/// What the stream would say.
fn event_of(kind: &str, properties: &Value) -> Value {
    json!({ "payload": { "type": kind, "properties": properties } })
}

#[cfg(test)]
mod tests;
