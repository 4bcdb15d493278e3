//! Their events in our words.
//!
//! Tolerant: an unknown type or a missing field is skipped, because the truth is read from the session anyway. Knows which sessions are
//! children, which messages are not the agent's, and which parts are thinking, as far as the events have told; called by `hub` alone.

mod asks;
mod bounded;
mod tool;

pub(crate) use asks::{permission_asked, question_asked};

use crate::client::message_of;
use crate::recent::Recent;
use agency_domain::agents::AgentEvent;
use agency_domain::{Cost, Timestamp, Tokens, Usage};
use serde_json::Value;
use std::collections::HashMap;

/// Messages remembered as not the agent's. A handful per prompt, and only the newest matter.
const OTHERS_MESSAGES_MAX: usize = 256;
/// Child of a child of a child: no agent of ours starts any, so more is a mistake in our books.
const DEPTH_MAX: usize = 8;

/// An event for those who follow `session`, which is the root of the session that it happened in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Routed {
    pub(crate) session: String,
    pub(crate) event: AgentEvent,
}

/// What has to be remembered from one event to the next.
#[derive(Default)]
pub(crate) struct Translator {
    /// Parent of each child session.
    parents: HashMap<String, String>,
    /// Open parts of text: their session, and whether they are thinking.
    open_parts: HashMap<String, (String, bool)>,
    /// Messages that the agent does not say: prompts, and summaries of the conversation so far.
    others_messages: Recent<OTHERS_MESSAGES_MAX>,
}

impl Translator {
    /// Takes in one frame's data; `None` where it says nothing to anybody.
    pub(crate) fn translate(&mut self, data: &Value) -> Option<Routed> {
        let payload = &data["payload"];
        let properties = &payload["properties"];
        let kind = payload["type"].as_str().unwrap_or_default();
        if kind == "session.created" || kind == "session.updated" {
            self.learn_session(&properties["info"]);
            return None;
        }
        // The copy of each durable event, type `sync`, has no session in this place.
        let session = properties["sessionID"].as_str().or_else(|| properties["part"]["sessionID"].as_str())?;
        let event = match kind {
            "message.updated" => self.message_updated(&properties["info"]),
            "message.part.delta" => self.delta(properties),
            "message.part.updated" => self.part_updated(session, &properties["part"]),
            "session.status" => status(&properties["status"]),
            "session.error" => Some(session_error(&properties["error"])),
            "session.idle" => {
                self.open_parts.retain(|_part, (of, _reasoning)| of != session);
                Some(AgentEvent::Idle)
            }
            "permission.asked" => permission_asked(properties),
            "question.asked" => question_asked(properties),
            _unknown_or_of_no_interest => None,
        };
        event.map(|event| self.route(session, event))
    }

    /// Remembers whose child a session is.
    pub(crate) fn learn_session(&mut self, info: &Value) {
        if let (Some(id), Some(parent)) = (info["id"].as_str(), info["parentID"].as_str()) {
            self.parents.insert(id.to_owned(), parent.to_owned());
        }
    }

    /// The session that `session` belongs to in the end.
    pub(crate) fn root<'a>(&'a self, session: &'a str) -> &'a str {
        let mut root = session;
        for _level in 0..DEPTH_MAX {
            match self.parents.get(root) {
                Some(parent) => root = parent,
                None => break,
            }
        }
        root
    }

    /// Whether sessions are known that were begun within `session`.
    pub(crate) fn has_children(&self, session: &str) -> bool {
        self.parents.values().any(|parent| parent == session)
    }

    /// Gives an event to the followers of its root. Of a child they learn what they must answer or count, and else that something happens.
    fn route(&self, session: &str, event: AgentEvent) -> Routed {
        let root = self.root(session);
        let event = match event {
            event if root == session => event,
            event @ (AgentEvent::PermissionAsked { .. }
            | AgentEvent::QuestionAsked { .. }
            | AgentEvent::ModelCallFinished { .. }
            | AgentEvent::Retrying { .. }) => event,
            AgentEvent::Text { .. }
            | AgentEvent::TextDone { .. }
            | AgentEvent::Tool { .. }
            | AgentEvent::SessionError { .. }
            | AgentEvent::Answered
            | AgentEvent::Idle
            | AgentEvent::Gap
            | AgentEvent::Alive => AgentEvent::Alive,
        };
        Routed { session: root.to_owned(), event }
    }

    fn message_updated(&mut self, info: &Value) -> Option<AgentEvent> {
        if info["role"] == "assistant" && !is_summary(info) {
            return Some(AgentEvent::Alive);
        }
        let id = info["id"].as_str()?;
        if !self.is_others(id) {
            self.others_messages.note(id);
        }
        None
    }

    fn is_others(&self, message: &str) -> bool {
        self.others_messages.has(message)
    }

    fn delta(&self, properties: &Value) -> Option<AgentEvent> {
        if self.is_others(properties["messageID"].as_str()?) {
            return None;
        }
        if properties["field"] != "text" {
            return Some(AgentEvent::Alive);
        }
        let part = properties["partID"].as_str()?;
        Some(AgentEvent::Text {
            part: part.to_owned(),
            reasoning: self.open_parts.get(part).is_some_and(|(_session, reasoning)| *reasoning),
            delta: properties["delta"].as_str()?.to_owned(),
        })
    }

    fn part_updated(&mut self, session: &str, part: &Value) -> Option<AgentEvent> {
        let kind = part["type"].as_str()?;
        if kind == "step-finish" {
            return Some(AgentEvent::ModelCallFinished {
                reason: part["reason"].as_str().unwrap_or("unknown").to_owned(),
                usage: usage(part),
            });
        }
        if self.is_others(part["messageID"].as_str().unwrap_or_default()) {
            return None;
        }
        match kind {
            "text" | "reasoning" => self.text_updated(session, part, kind == "reasoning"),
            "tool" => tool::changed(part),
            _others => Some(AgentEvent::Alive),
        }
    }

    fn text_updated(&mut self, session: &str, part: &Value, reasoning: bool) -> Option<AgentEvent> {
        let id = part["id"].as_str()?.to_owned();
        if part["time"]["end"].is_null() {
            self.open_parts.insert(id, (session.to_owned(), reasoning));
            return Some(AgentEvent::Alive);
        }
        self.open_parts.remove(&id);
        let text = part["text"].as_str().unwrap_or_default().to_owned();
        Some(AgentEvent::TextDone { part: id, reasoning, text, took_ms: took_ms(&part["time"]) })
    }
}

/// Milliseconds between `start` and `end` of a part's `time`; `None` while it goes on, or where the clock was set back meanwhile.
fn took_ms(time: &Value) -> Option<u64> {
    time["end"].as_u64()?.checked_sub(time["start"].as_u64()?)
}

/// Whether a message is the summary that a long conversation was replaced with.
pub(crate) fn is_summary(info: &Value) -> bool {
    info["summary"] == true || info["agent"] == "compaction" || info["mode"] == "compaction"
}

fn status(status: &Value) -> Option<AgentEvent> {
    match status["type"].as_str()? {
        "retry" => Some(AgentEvent::Retrying {
            attempt: status["attempt"].as_u64().and_then(|attempt| u32::try_from(attempt).ok()).unwrap_or(1),
            message: status["message"].as_str().unwrap_or_default().to_owned(),
            next: status["next"].as_i64().and_then(|next| Timestamp::from_millisecond(next).ok()),
        }),
        "busy" => Some(AgentEvent::Alive),
        // `session.idle` follows at once.
        _idle => None,
    }
}

fn session_error(error: &Value) -> AgentEvent {
    let name = error["name"].as_str().unwrap_or("UnknownError").to_owned();
    let message = message_of(error).unwrap_or_else(|| name.clone());
    AgentEvent::SessionError { name, message }
}

/// Tokens and cost as messages and ends of steps carry them. A model without a configured price costs 0 there, which is not known to be true.
pub(crate) fn usage(carrier: &Value) -> Usage {
    let count = |value: &Value| value.as_u64().unwrap_or(0);
    let counted = &carrier["tokens"];
    let tokens = Tokens {
        input: count(&counted["input"]),
        output: count(&counted["output"]),
        reasoning: count(&counted["reasoning"]),
        cache_read: count(&counted["cache"]["read"]),
        cache_write: count(&counted["cache"]["write"]),
    };
    let cost = match carrier["cost"].as_f64() {
        Some(cost) if cost > 0.0 => Cost::Known(cost),
        Some(_) | None if tokens.total() == 0 => Cost::Nothing,
        Some(_) | None => Cost::Unknown,
    };
    Usage { tokens, cost }
}

#[cfg(test)]
mod tests;
