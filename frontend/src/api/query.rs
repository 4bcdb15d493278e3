//! A fetched value on screen: fetched when a view opens, fetched again when an event says that it changed, never blanked.

use crate::model::failure::ApiError;
use crate::model::loaded::{Loaded, Shown};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Events come in bursts; one fetch for each of them would be a storm.
const REFRESH_GAP: Duration = Duration::from_millis(250);

/// A value of whatever type. What a query does is the same for all of them, and is compiled once.
type Any = dyn std::any::Any + Send + Sync;
type Fetch = Rc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Arc<Any>, ApiError>>>>>;

/// A value of the API, as signals. Copies share it; it ends with the view that made it.
pub(crate) struct Query<T: Send + Sync + 'static> {
    untyped: Untyped,
    of: PhantomData<fn() -> T>,
}

/// The query behind every [`Query`].
#[derive(Clone, Copy)]
pub(crate) struct Untyped {
    state: RwSignal<Loaded<Any>>,
    fetch: StoredValue<Fetch, LocalStorage>,
    is_scheduled: StoredValue<bool>,
}

impl<T: Send + Sync + 'static> Clone for Query<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Query<T> {}

impl<T: Send + Sync + 'static> Query<T> {
    /// Makes the query and fetches at once. `fetch` may read signals untracked; whoever changes them calls [`Query::restart`].
    pub(crate) fn new<F, Fut>(fetch: F) -> Self
    where
        F: Fn() -> Fut + 'static,
        Fut: Future<Output = Result<T, ApiError>> + 'static,
    {
        let fetch: Fetch = Rc::new(move || {
            let call = fetch();
            Box::pin(async move { call.await.map(|value| Arc::new(value) as Arc<Any>) })
        });
        Self { untyped: Untyped::new(fetch), of: PhantomData }
    }

    /// What does not depend on the type of the value: errors, staleness, what to show.
    pub(crate) fn untyped(self) -> Untyped {
        self.untyped
    }

    pub(crate) fn refresh(self) {
        self.untyped.refresh();
    }

    pub(crate) fn refresh_soon(self) {
        self.untyped.refresh_soon();
    }

    pub(crate) fn restart(self) {
        self.untyped.restart();
    }

    /// Takes a value that a command answered with.
    pub(crate) fn put(self, value: T) {
        self.untyped.put(Arc::new(value));
    }

    /// The value, while there is one.
    pub(crate) fn value(self) -> Option<Arc<T>> {
        self.untyped.state.with(|state| state.value.clone()).map(typed)
    }

    /// The value without subscribing to it.
    pub(crate) fn peek(self) -> Option<Arc<T>> {
        self.untyped.state.try_with_untracked(|state| state.value.clone()).flatten().map(typed)
    }

    pub(crate) fn error(self) -> Option<ApiError> {
        self.untyped.error()
    }
}

fn typed<T: Send + Sync + 'static>(value: Arc<Any>) -> Arc<T> {
    value.downcast().expect("a query holds what its own fetch answers")
}

impl Untyped {
    fn new(fetch: Fetch) -> Self {
        let query =
            Self { state: RwSignal::new(Loaded::default()), fetch: StoredValue::new_local(fetch), is_scheduled: StoredValue::new(false) };
        query.refresh();
        query
    }

    /// Fetches again now; what is shown stays.
    pub(crate) fn refresh(self) {
        if let Some(Some(call)) = self.state.try_update_untracked(Loaded::ask) {
            self.call(call);
        }
    }

    /// Fetches again soon, together with whatever else asks for it until then.
    pub(crate) fn refresh_soon(self) {
        if self.is_scheduled.try_get_value() == Some(false) {
            self.is_scheduled.set_value(true);
            set_timeout(
                move || {
                    if self.is_scheduled.try_set_value(false).is_none() {
                        self.refresh();
                    }
                },
                REFRESH_GAP,
            );
        }
    }

    /// The question changed: fetches at once and drops the answer to the old question. What is shown stays until then.
    pub(crate) fn restart(self) {
        if let Some(call) = self.state.try_update_untracked(Loaded::ask_anew) {
            self.call(call);
        }
    }

    fn put(self, value: Arc<Any>) {
        let _ = self.state.try_update(|state| {
            let call = state.ask_anew();
            state.answer(call, Ok(value), js_sys::Date::now());
        });
    }

    fn call(self, call: u64) {
        let Some(fetch) = self.fetch.try_get_value() else { return };
        spawn_local(async move {
            let answer = fetch().await;
            // The view may be gone by now; then there is nothing to tell.
            let again = self.state.try_update(|state| state.answer(call, answer, js_sys::Date::now()));
            if again == Some(true) {
                self.refresh_soon();
            }
        });
    }

    pub(crate) fn shown(self) -> Memo<Shown> {
        Memo::new(move |_| self.state.with(Loaded::shown))
    }

    pub(crate) fn error(self) -> Option<ApiError> {
        self.state.with(|state| state.error.clone())
    }

    /// Why what is shown may be old, and since when it is (the browser's milliseconds).
    pub(crate) fn stale(self) -> Option<(ApiError, f64)> {
        self.state.with(|state| Some((state.stale_because()?.clone(), state.loaded_at?)))
    }
}
