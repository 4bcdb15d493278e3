//! What is known of a fetched value, and what of that is to be shown.
//!
//! Two rules live here: an error never removes what is on screen, and an answer that was overtaken by a newer call is dropped.

use crate::model::failure::ApiError;
use std::sync::Arc;

/// A value that is fetched, and fetched again while it is shown.
#[derive(Debug)]
pub struct Loaded<T: ?Sized> {
    pub value: Option<Arc<T>>,
    pub error: Option<ApiError>,
    /// The number of the newest call; an answer to an older one is dropped.
    call: u64,
    in_flight: bool,
    /// Something changed while a call was under way: its answer may be too old, so another one follows.
    asked_again: bool,
    /// When `value` arrived, in the browser's milliseconds.
    pub loaded_at: Option<f64>,
}

/// What a view shows in the place of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Nothing has arrived yet.
    Waiting,
    /// Nothing has arrived and the call failed.
    Failed,
    /// The value, perhaps with a note that it is stale.
    Value,
}

impl<T: ?Sized> Default for Loaded<T> {
    fn default() -> Self {
        Self { value: None, error: None, call: 0, in_flight: false, asked_again: false, loaded_at: None }
    }
}

impl<T: ?Sized> Clone for Loaded<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), error: self.error.clone(), ..*self }
    }
}

impl<T: ?Sized> Loaded<T> {
    /// A refresh is wanted. Answers the number of the call to make, or `None` where one is under way and will be followed by another.
    pub fn ask(&mut self) -> Option<u64> {
        if self.in_flight {
            self.asked_again = true;
            return None;
        }
        self.in_flight = true;
        self.call += 1;
        Some(self.call)
    }

    /// Forgets the call under way (its answer is dropped) and asks anew, because the question has changed.
    pub fn ask_anew(&mut self) -> u64 {
        self.in_flight = true;
        self.asked_again = false;
        self.call += 1;
        self.call
    }

    /// Takes an answer. Says whether another call is to follow at once.
    pub fn answer(&mut self, call: u64, answer: Result<Arc<T>, ApiError>, now_millis: f64) -> bool {
        if call != self.call {
            return false;
        }
        self.in_flight = false;
        match answer {
            Ok(value) => {
                self.value = Some(value);
                self.error = None;
                self.loaded_at = Some(now_millis);
            }
            Err(error) => self.error = Some(error),
        }
        std::mem::take(&mut self.asked_again)
    }

    /// Whether `call` is the newest one, has failed, and none has followed.
    pub fn has_failed(&self, call: u64) -> bool {
        self.call == call && !self.in_flight && self.error.is_some()
    }

    pub fn shown(&self) -> Shown {
        match (&self.value, &self.error) {
            (Some(_), _) => Shown::Value,
            (None, Some(_)) => Shown::Failed,
            (None, None) => Shown::Waiting,
        }
    }

    /// The error to show beside a value that is still on screen.
    pub fn stale_because(&self) -> Option<&ApiError> {
        self.value.as_ref().and(self.error.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_after_a_value_keeps_the_value_on_screen() {
        let mut loaded = Loaded::default();
        let call = loaded.ask().unwrap();
        loaded.answer(call, Ok(Arc::new(1)), 5.0);
        let call = loaded.ask().unwrap();
        loaded.answer(call, Err(ApiError::unreachable()), 6.0);
        assert!(loaded.has_failed(call) && !loaded.has_failed(call - 1));
        assert_eq!(loaded.shown(), Shown::Value);
        assert_eq!(loaded.value.as_deref(), Some(&1));
        assert!(loaded.stale_because().is_some());
        assert_eq!(loaded.loaded_at, Some(5.0));
    }

    #[test]
    fn a_first_call_that_fails_shows_the_error_alone() {
        let mut loaded = Loaded::<i32>::default();
        assert_eq!(loaded.shown(), Shown::Waiting);
        let call = loaded.ask().unwrap();
        loaded.answer(call, Err(ApiError::unreachable()), 0.0);
        assert_eq!(loaded.shown(), Shown::Failed);
        assert!(loaded.stale_because().is_none());
    }

    #[test]
    fn asking_while_a_call_is_under_way_makes_one_more_call_and_not_two() {
        let mut loaded = Loaded::default();
        let call = loaded.ask().unwrap();
        assert_eq!(loaded.ask(), None);
        assert_eq!(loaded.ask(), None);
        assert!(loaded.answer(call, Ok(Arc::new(1)), 0.0));
        let call = loaded.ask().unwrap();
        assert!(!loaded.answer(call, Ok(Arc::new(2)), 0.0));
    }

    #[test]
    fn an_answer_to_an_older_question_is_dropped() {
        let mut loaded = Loaded::default();
        let old = loaded.ask().unwrap();
        let new = loaded.ask_anew();
        loaded.answer(new, Ok(Arc::new("new")), 0.0);
        loaded.answer(old, Ok(Arc::new("old")), 0.0);
        assert_eq!(loaded.value.as_deref(), Some(&"new"));
    }
}
