//! A change that the reader asked for: pending until the server answers, and visible when it fails. Nothing is shown as done before it is.

use super::http::Call;
use crate::model::failure::ApiError;
use crate::model::urls;
use crate::router::Router;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;

/// One button's worth of change. Copies share its state; it ends with the view that made it.
#[derive(Clone, Copy)]
pub(crate) struct Command {
    pub(crate) pending: RwSignal<bool>,
    pub(crate) error: RwSignal<Option<ApiError>>,
}

/// Gets the answer, and whether the view that asked is still there.
type OnAnswer = Box<dyn FnOnce(&Value, bool)>;

/// A change that is to be sent.
pub(crate) struct Change(pub(super) Call);

impl Command {
    pub(crate) fn new() -> Self {
        Self { pending: RwSignal::new(false), error: RwSignal::new(None) }
    }

    /// Sends `change` unless one is under way; `on_done` gets the answer if the view is still there.
    pub(crate) fn run(self, change: Change, on_done: impl FnOnce(&Value) + 'static) {
        self.send(
            change,
            Box::new(|answer, is_shown| {
                if is_shown {
                    on_done(answer);
                }
            }),
        );
    }

    /// Sends `change` unless one is under way, and opens what it made. The view need not be there any more: the event of what was made may come before
    /// the answer and take the button away. A reader who has gone to another page stays there.
    pub(crate) fn open_made(self, change: Change, router: Router) {
        let asked_at = router.address().with_untracked(|address| address.path.clone());
        self.send(
            change,
            Box::new(move |answer, _| {
                if router.address().with_untracked(|address| address.path == asked_at) {
                    router.open(&urls::of_made(answer));
                }
            }),
        );
    }

    fn send(self, change: Change, on_done: OnAnswer) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        self.error.set(None);
        spawn_local(async move {
            let answer = change.0.await;
            let is_shown = self.pending.try_set(false).is_none();
            match answer {
                Ok(value) => on_done(&value, is_shown),
                Err(error) => drop(self.error.try_set(Some(error))),
            }
        });
    }
}
