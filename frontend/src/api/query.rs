//! A fetched value on screen: fetched when a view opens, fetched again when an event says that it changed, never blanked.

use super::ask::{Answer, Ask, Reader, answer, typed};
use super::http::Call;
use crate::model::failure::ApiError;
use crate::model::loaded::{Loaded, Shown};
use crate::ui::Kept;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::any::Any;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Events come in bursts; one fetch for each of them would be a storm.
const REFRESH_GAP: Duration = Duration::from_millis(250);

/// What a query does is the same for all types of answers, and is compiled once.
type Fetch = Rc<dyn Fn() -> (Call, Reader)>;

/// A value of the API, as signals. Copies share it; it ends with the view that made it.
pub(crate) struct Query<T: Send + Sync + 'static> {
    untyped: Untyped,
    of: PhantomData<fn() -> T>,
}

/// The query behind every [`Query`].
#[derive(Clone, Copy)]
pub(crate) struct Untyped {
    state: RwSignal<Loaded<dyn Any + Send + Sync>>,
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
    pub(crate) fn new(fetch: impl Fn() -> Ask<T> + 'static) -> Self {
        let fetch: Fetch = Rc::new(move || {
            let ask = fetch();
            (ask.call, ask.read)
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

    /// Asks anew whenever what the question is made of changes.
    pub(crate) fn follow<Q: PartialEq + Send + Sync + 'static>(self, question: Kept<Q>) {
        self.follow_with(question, Callback::new(|()| {}));
    }

    /// The same; `changed` is called first.
    pub(crate) fn follow_with<Q: PartialEq + Send + Sync + 'static>(self, question: Kept<Q>, changed: Callback<()>) {
        let query = self.untyped;
        question.on_change(move || {
            changed.run(());
            query.restart();
        });
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

    fn call(self, call: u64) {
        let Some(fetch) = self.fetch.try_get_value() else { return };
        spawn_local(async move {
            let (sent, read) = fetch();
            let answer: Result<Answer, ApiError> = answer(sent, read).await;
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
