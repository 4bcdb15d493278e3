//! What the stream has told of sessions since their last prompts, and which permissions we granted. Written by the stream's reader, read
//! by the gateway, which asks the server itself wherever this does not answer.

use super::answers::Answer;
use super::conversation::Conversation;
use crate::recent::Recent;
use agency_domain::MessageId;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Sessions whose last error is remembered.
const ERRORS_MAX: usize = 256;
/// Prompts that are remembered as kept. Whoever waits for one is told within milliseconds.
const KEPT_MAX: usize = 64;

#[derive(Default)]
pub(super) struct Facts {
    told: Mutex<Told>,
    /// Wakes those who wait for a prompt to be kept.
    kept: Notify,
    /// Asks the reader to announce open requests again.
    pub(super) announce: Notify,
}

#[derive(Default)]
struct Told {
    /// Name and message.
    errors: HashMap<String, (String, String)>,
    /// Permissions that we granted. A few per run.
    granted: HashSet<String>,
    /// Sessions in whose run somebody else granted one.
    tampered: HashSet<String>,
    /// Sessions that came to rest and never had a child.
    rested: HashSet<String>,
    /// Messages of the user's that the server has.
    kept: Recent<KEPT_MAX>,
    /// The stream broke off once: a child may have been missed.
    gapped: bool,
    /// The messages of the session that was prompted last.
    conversation: Conversation,
}

impl Facts {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn error(&self, session: &str) -> Option<(String, String)> {
        self.told().errors.get(session).cloned()
    }

    pub(super) fn note_error(&self, session: &str, name: &str, message: &str) {
        let mut told = self.told();
        if told.errors.len() >= ERRORS_MAX {
            told.errors.clear();
        }
        told.errors.insert(session.to_owned(), (name.to_owned(), message.to_owned()));
    }

    /// Whether the session's run was tampered with.
    pub(super) fn forget(&self, session: &str) -> bool {
        let mut told = self.told();
        told.conversation.begin(session);
        told.errors.remove(session);
        told.rested.remove(session);
        told.tampered.remove(session)
    }

    pub(super) fn will_grant(&self, permission: &str) {
        self.told().granted.insert(permission.to_owned());
    }

    pub(super) fn granted(&self, permission: &str) -> bool {
        self.told().granted.contains(permission)
    }

    pub(super) fn note_tampering(&self, session: &str) {
        self.told().tampered.insert(session.to_owned());
    }

    pub(super) fn was_tampered_with(&self, session: &str) -> bool {
        self.told().tampered.contains(session)
    }

    pub(super) fn note_gap(&self) {
        let mut told = self.told();
        told.gapped = true;
        told.rested.clear();
        told.conversation.tear();
    }

    /// The session came to rest, and has had no child.
    pub(super) fn note_rest(&self, session: &str) {
        let mut told = self.told();
        if !told.gapped {
            told.rested.insert(session.to_owned());
        }
    }

    pub(super) fn note_message(&self, kind: &str, properties: &Value) {
        self.told().conversation.note(kind, properties);
    }

    pub(super) fn messages(&self, session: &str) -> Option<Vec<Value>> {
        self.told().conversation.messages(session)
    }

    /// Whether the stream has told of all that an answered run came to before the message that the answer has, and it ended without a fault.
    pub(super) fn is_told(&self, answer: &Answer) -> bool {
        let told = self.told();
        let is_sound = !told.gapped && !told.errors.contains_key(&answer.session) && !told.tampered.contains(&answer.session);
        is_sound && told.conversation.ends_with(&answer.session, &answer.prompt, &answer.message)
    }

    /// Whether a part is not told yet as it stands here.
    pub(super) fn is_news(&self, part: &Value) -> bool {
        self.told().conversation.is_news(part)
    }

    pub(super) fn rests_alone(&self, session: &str) -> bool {
        self.told().rested.contains(session)
    }

    pub(super) fn note_kept(&self, message: &str) {
        self.told().kept.note(message);
        self.kept.notify_waiters();
    }

    fn is_kept(&self, message: &str) -> bool {
        self.told().kept.has(message)
    }

    pub(super) async fn until_kept(&self, message: &MessageId, patience: Duration) -> bool {
        let wait = async {
            loop {
                let changed = self.kept.notified();
                if self.is_kept(message.as_str()) {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(patience, wait).await.is_ok()
    }
}
