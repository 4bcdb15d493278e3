//! What was rendered, by the hash of what it was rendered from: two generations, of which the older one is dropped when the younger is full.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) type Key = [u8; 32];

/// Texts by content hash, of bounded number and size.
pub(crate) struct Remembered {
    /// Texts of a generation.
    generation_max: usize,
    /// A longer one is not kept.
    bytes_max: usize,
    generations: Mutex<Generations>,
}

/// What was asked for lately, and what was before that.
#[derive(Default)]
struct Generations {
    young: HashMap<Key, Arc<str>>,
    old: HashMap<Key, Arc<str>>,
}

impl Remembered {
    pub(crate) fn new(generation_max: usize, bytes_max: usize) -> Self {
        Self { generation_max, bytes_max, generations: Mutex::default() }
    }

    /// The text under `key`, made where it is not known. Two who ask at once may both make it.
    pub(crate) fn get(&self, key: Key, make: impl FnOnce() -> String) -> Arc<str> {
        if let Some(known) = self.known(&key) {
            return known;
        }
        let made: Arc<str> = make().into();
        if made.len() <= self.bytes_max {
            self.put(key, Arc::clone(&made));
        }
        made
    }

    fn known(&self, key: &Key) -> Option<Arc<str>> {
        let mut generations = self.lock();
        if let Some(text) = generations.young.get(key) {
            return Some(Arc::clone(text));
        }
        let text = generations.old.remove(key)?;
        drop(generations);
        self.put(*key, Arc::clone(&text));
        Some(text)
    }

    fn put(&self, key: Key, text: Arc<str>) {
        let mut generations = self.lock();
        if generations.young.len() >= self.generation_max {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(key, text);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> Key {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_le_bytes());
        key
    }

    #[test]
    fn it_answers_what_was_made_first_and_stays_small() {
        let remembered = Remembered::new(4, 10);
        for number in 0..20 {
            remembered.get(key(number), || format!("text {number}"));
            assert_eq!(&*remembered.get(key(0), || "made anew".to_owned()), "text 0", "what is asked for again and again is kept");
        }
        let generations = remembered.lock();
        assert!(generations.young.len() + generations.old.len() <= 8);
    }

    #[test]
    fn what_is_too_long_is_made_each_time() {
        let remembered = Remembered::new(4, 10);
        remembered.get(key(1), || "x".repeat(11));
        assert_eq!(&*remembered.get(key(1), || "short".to_owned()), "short");
    }
}
