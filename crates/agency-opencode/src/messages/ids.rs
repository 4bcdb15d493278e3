//! Message ids in OpenCode's own format, so that ours sort among the server's by time.
//!
//! `msg_`, 12 hex digits of `(milliseconds << 12 | counter)` modulo 2^48, 14 characters of base 62.

use agency_domain::MessageId;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

const COUNTER_BITS: u32 = 12;
const TIME_MASK: u64 = (1 << 48) - 1;
const RANDOM_CHARS: usize = 14;
const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Gives out ids, each after the one before, even within a millisecond or when the clock is set back.
#[derive(Default)]
pub(crate) struct MessageIds {
    given: Mutex<Given>,
}

#[derive(Default)]
struct Given {
    /// The newest `milliseconds << 12 | counter`.
    newest: u64,
    /// Ids that were given out and not used yet; one or two.
    unused: HashSet<MessageId>,
}

impl MessageIds {
    /// An id for a message that is sent at `unix_ms`.
    ///
    /// # Panics
    /// The system has no randomness to give.
    pub(crate) fn next(&self, unix_ms: u64) -> MessageId {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        // Counters begin at 1, as the server's do.
        given.newest = ((unix_ms << COUNTER_BITS) + 1).max(given.newest + 1);
        let mut random = [0; RANDOM_CHARS];
        getrandom::fill(&mut random).expect("the system gives random bytes");
        let suffix: String = random.iter().map(|byte| char::from(BASE_62[usize::from(*byte) % BASE_62.len()])).collect();
        let id = format!("msg_{:012x}{suffix}", given.newest & TIME_MASK);
        let id = MessageId::parse(&id).expect("hex and base 62 fit a message id");
        given.unused.insert(id.clone());
        id
    }

    /// Whether this is the first use of an id that was given out here: then no server can have a message with it.
    pub(crate) fn use_first(&self, id: &MessageId) -> bool {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).unused.remove(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_servers_format() {
        let id = MessageIds::default().next(1_795_372_578_770);
        let (prefix, rest) = id.as_str().split_at(4);
        assert_eq!((prefix, rest.len()), ("msg_", 26));
        // A message of the server's at that time was msg_2048b7f0c001…
        let stamp = u64::from_str_radix(&rest[..12], 16).unwrap();
        assert_eq!(stamp, ((1_795_372_578_770 << 12) + 1) & TIME_MASK);
        assert!(rest.chars().all(|c| c.is_ascii_alphanumeric()));
    }

    #[test]
    fn only_an_id_of_ours_has_a_first_use_and_one_only() {
        let ids = MessageIds::default();
        let id = ids.next(1_795_372_578_770);
        assert!(!MessageIds::default().use_first(&id));
        assert!(ids.use_first(&id));
        assert!(!ids.use_first(&id));
    }

    #[test]
    fn ids_sort_by_the_order_in_which_they_were_given_out() {
        let ids = MessageIds::default();
        let times = [5_000, 5_000, 5_001, 4_000, 4_000, 9_000];
        let given: Vec<MessageId> = times.iter().map(|at| ids.next(1_795_372_578_770 + at)).collect();
        assert!(given.is_sorted_by(|a, b| a < b), "{given:?}");
    }
}
