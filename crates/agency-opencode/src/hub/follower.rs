//! Who follows a session's events.

use super::facts::Facts;
use crate::events::Routed;
use agency_domain::agents::{AgentEvent, AgentEvents};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Stands for all sessions; no session's id is empty.
pub(super) const EVERYBODY: &str = "";

/// One who follows a session.
pub(crate) struct Follower {
    session: String,
    receiver: broadcast::Receiver<Routed>,
    facts: Arc<Facts>,
}

impl Follower {
    pub(super) fn new(session: &str, receiver: broadcast::Receiver<Routed>, facts: Arc<Facts>) -> Self {
        Self { session: session.to_owned(), receiver, facts }
    }
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
                    self.facts.announce.notify_one();
                    return Some(AgentEvent::Gap);
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
