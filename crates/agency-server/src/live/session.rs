//! One reader of the stream: replays from the log until it has caught up, then hands on what happens.
//!
//! Nothing is queued for a reader but one fact's frames: a slow one makes its broadcast lag, and then replays from the log again.
//! The subscription is older than the first page of the replay, so that nothing falls between the two; what comes twice is dropped by `seq`.

use crate::http::mapping;
use crate::http::mapping::events::Surroundings;
use crate::state::State;
use actix_web::web;
use agency_contract::{StreamEvent, StreamPayload};
use agency_domain::pipelines::{Fact, Recorded, StoreError};
use agency_domain::transcripts::PartState;
use agency_domain::{AttemptId, CredentialId, PipelineId};
use agency_engine::{LiveEvent, TextDelta};
use bytes::Bytes;
use std::collections::{HashSet, VecDeque};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Interval, MissedTickBehavior};

/// How often a reader hears that the server lives. Clients count three of them as silence.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Facts of one page of the replay.
const PAGE: u32 = 200;

/// A reader.
pub(super) struct Session {
    state: web::Data<State>,
    /// By what its reader was let in.
    caller: Option<CredentialId>,
    revocations: watch::Receiver<u64>,
    pipeline: Option<PipelineId>,
    /// Everything up to here was sent, or lies before what was asked for. `None`: the stream begins now.
    last: Option<i64>,
    phase: Phase,
    /// Frames that wait to be written: those of one page at most.
    frames: VecDeque<Bytes>,
    heartbeat: Interval,
    /// Counts it as long as it lives.
    _counted: Counted,
}

/// One reader among those that `/metrics` tells of.
struct Counted(web::Data<State>);

impl Counted {
    fn new(state: web::Data<State>) -> Self {
        state.metrics.streams_changed(1);
        Self(state)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.metrics.streams_changed(-1);
    }
}

enum Phase {
    Beginning,
    Replaying(Subscription),
    Live(Subscription),
    Over,
}

struct Subscription {
    events: broadcast::Receiver<LiveEvent>,
    open_parts: Vec<TextDelta>,
    /// Parts whose end the replay has sent: deltas of theirs that still wait in `events` are older than that end.
    ended: HashSet<(AttemptId, String)>,
}

impl Session {
    pub(super) fn new(state: web::Data<State>, caller: Option<CredentialId>, pipeline: Option<PipelineId>, after: Option<i64>) -> Self {
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let revocations = state.access.revocations();
        let counted = Counted::new(state.clone());
        Self {
            state,
            caller,
            revocations,
            pipeline,
            last: after,
            phase: Phase::Beginning,
            frames: VecDeque::new(),
            heartbeat,
            _counted: counted,
        }
    }

    /// The next bytes to write; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Some(frame);
            }
            let step = match std::mem::replace(&mut self.phase, Phase::Over) {
                Phase::Beginning => self.begin().await,
                Phase::Replaying(subscription) => self.replay(subscription).await,
                Phase::Live(subscription) => Ok(self.follow(subscription).await),
                Phase::Over => return None,
            };
            match step {
                Ok(phase) => self.phase = phase,
                // The stream ends and the reader comes back by itself; it then meets a database that answers, or the same again.
                Err(error) => tracing::error!(%error, "a stream of events could not be read"),
            }
        }
    }

    async fn begin(&mut self) -> Result<Phase, StoreError> {
        // The first tick is at once: a client learns at once that it is connected.
        self.heartbeat.tick().await;
        self.send(&heartbeat(), None);
        let head = self.state.log.head().await?;
        let last = *self.last.get_or_insert(head);
        if last > head {
            // From another database, or from before a restore.
            let reset = StreamEvent { pipeline_id: None, seq: Some(head), at: None, payload: StreamPayload::Reset };
            self.send(&reset, Some(head));
            self.last = Some(head);
        }
        Ok(Phase::Replaying(self.subscribe()))
    }

    fn subscribe(&self) -> Subscription {
        let live = self.state.engine.live().subscribe();
        let mut open_parts = live.open_parts;
        open_parts.retain(|part| self.wants(part.pipeline_id));
        Subscription { events: live.events, open_parts, ended: HashSet::new() }
    }

    fn wants(&self, pipeline: PipelineId) -> bool {
        self.pipeline.is_none_or(|wanted| wanted == pipeline)
    }

    /// One page. After the last one come the parts that are being written.
    async fn replay(&mut self, mut subscription: Subscription) -> Result<Phase, StoreError> {
        let last = self.last.unwrap_or_default();
        let page = self.state.log.replay(last, self.pipeline, PAGE).await?;
        if page.is_empty() {
            for part in std::mem::take(&mut subscription.open_parts) {
                self.send(&mapping::events::delta(&part), None);
            }
            return Ok(Phase::Live(subscription));
        }
        for recorded in &page {
            if let Fact::Part(part) = &recorded.fact
                && part.state != PartState::Open
            {
                let key = (part.attempt_id, part.part_id.clone());
                subscription.open_parts.retain(|open| (open.attempt_id, &open.part_id) != (key.0, &key.1));
                subscription.ended.insert(key);
            }
            self.send_fact(recorded).await?;
        }
        Ok(Phase::Replaying(subscription))
    }

    async fn follow(&mut self, mut subscription: Subscription) -> Phase {
        let stop = self.state.stop.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => {
                self.send(&bare(StreamPayload::Closing), None);
                Phase::Over
            }
            _ = self.revocations.changed() => if self.is_shut_out() { Phase::Over } else { Phase::Live(subscription) },
            // A session may also expire.
            _ = self.heartbeat.tick() => if self.is_shut_out() {
                Phase::Over
            } else {
                self.send(&heartbeat(), None);
                Phase::Live(subscription)
            },
            received = subscription.events.recv() => match received {
                Ok(event) => self.hand_on(event, subscription).await,
                // Too slow: what was missed is in the log.
                Err(RecvError::Lagged(_)) => Phase::Replaying(self.subscribe()),
                Err(RecvError::Closed) => Phase::Over,
            }
        }
    }

    /// Signed out, revoked or expired since the stream began.
    fn is_shut_out(&self) -> bool {
        self.caller.is_some_and(|caller| !self.state.access.is_good(caller))
    }

    async fn hand_on(&mut self, event: LiveEvent, mut subscription: Subscription) -> Phase {
        match event {
            LiveEvent::Durable(recorded) => {
                if Some(recorded.seq) > self.last {
                    subscription.ended.clear();
                    if self.wants(recorded.pipeline_id)
                        && let Err(error) = self.send_fact(&recorded).await
                    {
                        tracing::error!(%error, "a stream of events could not be read");
                        return Phase::Over;
                    }
                }
            }
            LiveEvent::Delta(delta) => {
                let has_ended = !subscription.ended.is_empty() && subscription.ended.contains(&(delta.attempt_id, delta.part_id.clone()));
                if self.wants(delta.pipeline_id) && !has_ended {
                    self.send(&mapping::events::delta(&delta), None);
                }
            }
        }
        Phase::Live(subscription)
    }

    async fn send_fact(&mut self, recorded: &Recorded) -> Result<(), StoreError> {
        let around = self.surroundings(recorded).await?;
        let events = match &recorded.fact {
            Fact::Part(part) if part.diff.is_some() => self.coloured(recorded.clone(), around).await?,
            Fact::Part(_) | Fact::Event(_) => mapping::events::events(recorded, &around, &self.state),
        };
        let group: String = events.iter().map(|event| frame(event, event.seq)).collect();
        if !group.is_empty() {
            self.frames.push_back(Bytes::from(group));
        }
        self.last = Some(recorded.seq);
        Ok(())
    }

    /// On a thread that may take its time: a long diff needs it.
    async fn coloured(&self, recorded: Recorded, around: Surroundings) -> Result<Vec<StreamEvent>, StoreError> {
        let state = self.state.clone();
        let events = web::block(move || mapping::events::events(&recorded, &around, &state)).await;
        events.map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    /// What the fact does not say itself.
    async fn surroundings(&self, recorded: &Recorded) -> Result<Surroundings, StoreError> {
        let Fact::Event(event) = &recorded.fact else { return Ok(Surroundings::default()) };
        if !Surroundings::matter_to(event) {
            return Ok(Surroundings::default());
        }
        let pipeline = self.state.engine.ports().store.load(recorded.pipeline_id).await?;
        Ok(pipeline.map(|pipeline| Surroundings::of(event, &pipeline)).unwrap_or_default())
    }

    fn send(&mut self, event: &StreamEvent, id: Option<i64>) {
        self.frames.push_back(Bytes::from(frame(event, id)));
    }
}

fn bare(payload: StreamPayload) -> StreamEvent {
    StreamEvent { pipeline_id: None, seq: None, at: None, payload }
}

fn heartbeat() -> StreamEvent {
    bare(StreamPayload::Heartbeat { ts: jiff::Timestamp::now().as_second() })
}

/// One message of the stream. JSON has no line break outside its escapes, so that one `data:` line holds all of it.
fn frame(event: &StreamEvent, id: Option<i64>) -> String {
    let json = serde_json::to_string(event).expect("an event is plain data");
    match id {
        Some(id) => format!("id: {id}\ndata: {json}\n\n"),
        None => format!("data: {json}\n\n"),
    }
}
