//! The live view: durable facts after their commit, and text as it is written.
//!
//! One broadcast for everything. Facts arrive here from the store's writer, in the order of their sequence; deltas come from runners and
//! are never stored. A part that is being written is kept here whole, so that a new subscriber begins with what is there already.

use agency_domain::pipelines::{EventSink, Fact, Recorded};
use agency_domain::transcripts::{PartKind, PartState};
use agency_domain::{AttemptId, PipelineId, StepId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;

/// Events that a slow subscriber may lag behind before it must replay from the store.
const LAG_MAX: usize = 4096;

/// Something new.
#[derive(Debug, Clone)]
pub enum LiveEvent {
    /// On disk already.
    Durable(Arc<Recorded>),
    /// Live only.
    Delta(Arc<TextDelta>),
}

/// More text of an open part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextDelta {
    pub pipeline_id: PipelineId,
    pub step_id: StepId,
    pub attempt_id: AttemptId,
    pub part_id: String,
    pub ordinal: u32,
    pub kind: PartKind,
    /// Bytes of the part's text before this piece.
    pub offset: u64,
    pub text: String,
}

/// A subscriber's beginning: the open parts as they stand (each a delta at offset 0), and everything after.
pub struct LiveSubscription {
    pub open_parts: Vec<TextDelta>,
    pub events: broadcast::Receiver<LiveEvent>,
}

/// Cheap to clone; all clones are one hub.
#[derive(Clone)]
pub struct LiveHub {
    inner: Arc<Inner>,
}

struct Inner {
    /// Keyed by attempt and part. The lock also orders deltas against subscriptions.
    open: Mutex<BTreeMap<(AttemptId, String), TextDelta>>,
    sender: broadcast::Sender<LiveEvent>,
}

impl Default for LiveHub {
    fn default() -> Self {
        Self::new()
    }
}

impl LiveHub {
    pub fn new() -> Self {
        let (sender, _) = broadcast::channel(LAG_MAX);
        Self { inner: Arc::new(Inner { open: Mutex::default(), sender }) }
    }

    /// Subscribes without a gap between the open parts and the events.
    pub fn subscribe(&self) -> LiveSubscription {
        let open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        LiveSubscription { open_parts: open.values().cloned().collect(), events: self.inner.sender.subscribe() }
    }

    /// Adds text to an open part and tells subscribers. `at.offset` is ignored: the hub knows it.
    pub fn push_text(&self, at: TextDelta) {
        let mut open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        let whole =
            open.entry((at.attempt_id, at.part_id.clone())).or_insert_with(|| TextDelta { text: String::new(), offset: 0, ..at.clone() });
        let delta = TextDelta { offset: whole.text.len() as u64, ..at };
        whole.text.push_str(&delta.text);
        let _ = self.inner.sender.send(LiveEvent::Delta(Arc::new(delta)));
    }

    /// Forgets what is open of an attempt that has ended.
    pub fn close_attempt(&self, attempt: AttemptId) {
        self.inner.open.lock().unwrap_or_else(PoisonError::into_inner).retain(|(id, _), _| *id != attempt);
    }
}

impl EventSink for LiveHub {
    fn publish(&self, facts: &[Arc<Recorded>]) {
        let mut open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        for fact in facts {
            if let Fact::Part(part) = &fact.fact
                && part.state != PartState::Open
            {
                open.remove(&(part.attempt_id, part.part_id.clone()));
            }
            let _ = self.inner.sender.send(LiveEvent::Durable(Arc::clone(fact)));
        }
    }
}
