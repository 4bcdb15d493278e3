//! The chain of the audit log: each event is kept with a hash over itself and over the hash of the event before it, so that no event can be
//! changed, removed or moved without the hashes behind it saying so.
//!
//! The order is that of the log, by `id`, over all pipelines. Whoever wants to verify it with a program of their own needs no more than this:
//!
//! ```text
//! hash = SHA-256( before ‖ field(id) ‖ field(pipeline_id) ‖ field(step_id) ‖ field(event_type) ‖ field(payload_json) ‖ field(created_at) )
//! field(text) = the number of the text's bytes, as eight bytes, the most significant one first ‖ the text's bytes
//! ```
//!
//! `before` are the 32 bytes of the hash of the event before it, or 32 zero bytes where it is the first one. Ids are decimal numbers in ASCII. An
//! event without a step has the empty text as its `step_id`. The texts are UTF-8, to the letter as the database keeps them; the CSV export has
//! them so too. The length in front of each field keeps any two events from having the same bytes.
//!
//! Pure: stores call it when they append and when they verify. The migration that gave the hashes to older databases has a copy of its own, as
//! migrations do, and so this encoding never changes.

use sha2::{Digest, Sha256};
use std::fmt;

/// The hash of an event of the log. Displays as lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash(pub [u8; 32]);

impl ChainHash {
    /// What stands before the first event.
    pub const NONE: Self = Self([0; 32]);

    /// `None` where these are not 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainHash({self})")
    }
}

/// An event to the letter, as a store keeps it: what is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredEvent<'a> {
    /// Its sequence in the whole log.
    pub id: i64,
    pub pipeline_id: i64,
    pub step_id: Option<i64>,
    pub event_type: &'a str,
    pub payload_json: &'a str,
    /// RFC 3339.
    pub created_at: &'a str,
}

impl StoredEvent<'_> {
    /// Its hash, where `before` is that of the event before it. The module says over which bytes.
    pub fn hash_after(&self, before: ChainHash) -> ChainHash {
        let mut hash = Sha256::new();
        hash.update(before.0);
        let step_id = self.step_id.map(|id| id.to_string()).unwrap_or_default();
        let ids = [self.id.to_string(), self.pipeline_id.to_string(), step_id];
        for field in ids.iter().map(String::as_str).chain([self.event_type, self.payload_json, self.created_at]) {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        ChainHash(hash.finalize().into())
    }
}

/// A place in the log up to which the chain matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Of the last event that matches; 0 before the first one.
    pub id: i64,
    /// Of that event.
    pub hash: ChainHash,
    /// How many events the log has up to there.
    pub events: u64,
}

impl Checkpoint {
    /// Before the first event.
    pub const START: Self = Self { id: 0, hash: ChainHash::NONE, events: 0 };

    /// The place behind `event`, the next one of the log; `None` where the hash that is stored with it is not the one that it must have.
    pub fn behind(&self, event: &StoredEvent<'_>, stored: &[u8]) -> Option<Self> {
        let hash = event.hash_after(self.hash);
        (hash.0 == *stored).then_some(Self { id: event.id, hash, events: self.events + 1 })
    }
}

/// What came of verifying the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification {
    pub up_to: Checkpoint,
    /// The first event that does not match: it was changed, or something before it was changed, removed or put in.
    pub broken_at: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: StoredEvent<'_> = StoredEvent {
        id: 7,
        pipeline_id: 3,
        step_id: None,
        event_type: "pipeline_cancelled",
        payload_json: r#"{"by":"kim"}"#,
        created_at: "2026-11-30T07:00:00.000Z",
    };

    #[test]
    fn the_hash_is_over_the_bytes_that_are_documented() {
        let mut bytes = vec![0; 32];
        for field in ["7", "3", "", "pipeline_cancelled", r#"{"by":"kim"}"#, "2026-11-30T07:00:00.000Z"] {
            bytes.extend([0, 0, 0, 0, 0, 0, 0, u8::try_from(field.len()).unwrap()]);
            bytes.extend(field.as_bytes());
        }
        assert_eq!(EVENT.hash_after(ChainHash::NONE), ChainHash(Sha256::digest(bytes).into()));
    }

    /// Worked out with another program; it must be the same in ten years.
    #[test]
    fn the_hash_of_an_event_never_changes() {
        let expected = "bec0d75ed219df1b2783179ca61ad1247ce5b7758b06d4ec316657f174d9f416";
        assert_eq!(EVENT.hash_after(ChainHash::NONE).to_string(), expected);
    }

    #[test]
    fn whatever_changes_in_an_event_changes_its_hash() {
        let others = [
            StoredEvent { id: 8, ..EVENT },
            StoredEvent { pipeline_id: 4, ..EVENT },
            StoredEvent { step_id: Some(0), ..EVENT },
            StoredEvent { event_type: "pipeline_resumed", ..EVENT },
            StoredEvent { payload_json: r#"{"by":"sam"}"#, ..EVENT },
            StoredEvent { created_at: "2026-11-30T07:00:00.001Z", ..EVENT },
            // The same letters, divided elsewhere.
            StoredEvent { id: 73, pipeline_id: 3, ..EVENT },
            StoredEvent { id: 7, pipeline_id: 33, ..EVENT },
            StoredEvent { event_type: "pipeline_cancelled{", payload_json: r#""by":"kim"}"#, ..EVENT },
        ];
        let hash = EVENT.hash_after(ChainHash::NONE);
        for other in others {
            assert_ne!(other.hash_after(ChainHash::NONE), hash, "{other:?}");
        }
        assert_ne!(EVENT.hash_after(hash), hash);
    }

    #[test]
    fn a_place_moves_on_where_the_hash_fits_and_only_there() {
        let hash = EVENT.hash_after(ChainHash::NONE);
        assert_eq!(Checkpoint::START.behind(&EVENT, &hash.0), Some(Checkpoint { id: 7, hash, events: 1 }));
        for stored in [&ChainHash::NONE.0[..], &hash.0[..31], &[]] {
            assert_eq!(Checkpoint::START.behind(&EVENT, stored), None);
        }
    }
}
