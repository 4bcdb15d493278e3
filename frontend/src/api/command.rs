//! A change that the reader asked for: pending until the server answers, and visible when it fails. Nothing is shown as done before it is.

use crate::model::failure::ApiError;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::future::Future;

/// One button's worth of change. Copies share its state; it ends with the view that made it.
#[derive(Clone, Copy)]
pub(crate) struct Command {
    pub(crate) pending: RwSignal<bool>,
    pub(crate) error: RwSignal<Option<ApiError>>,
}

impl Command {
    pub(crate) fn new() -> Self {
        Self { pending: RwSignal::new(false), error: RwSignal::new(None) }
    }

    /// Starts `call` unless one is under way; `on_done` gets the answer if the view is still there.
    pub(crate) fn run<T: 'static>(self, call: impl Future<Output = Result<T, ApiError>> + 'static, on_done: impl FnOnce(T) + 'static) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        self.error.set(None);
        spawn_local(async move {
            let answer = call.await;
            if self.pending.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(value) => on_done(value),
                Err(error) => drop(self.error.try_set(Some(error))),
            }
        });
    }
}
