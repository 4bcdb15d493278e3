//! A fetched value on screen: fetched when a view opens, fetched again when an event says that it changed, never blanked.

use super::ask::{Answer, Ask, Reader, answer, typed};
use super::http::Call;
use crate::model::failure::ApiError;
use crate::model::loaded::{Loaded, Shown};
use crate::ui::{Kept, after_change};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::any::Any;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Events come in bursts; one fetch for each of them would be a storm.
const REFRESH_GAP: Duration = Duration::from_millis(250);

/// A call that failed and may succeed in a moment is made again this much later, as long as its view is there.
const RETRY_GAP: Duration = Duration::from_secs(5);

/// Counts how often the server came back. Whoever has failed meanwhile asks again at once.
#[derive(Clone, Copy)]
pub(crate) struct Returns(RwSignal<u32>);

impl Returns {
    /// Provides the count as context. Call once, at the root, before the first query.
    pub(crate) fn provide() -> Self {
        let returns = Self(RwSignal::new(0));
        provide_context(returns);
        returns
    }

    pub(crate) fn count_one(self) {
        self.0.update(|count| *count += 1);
    }

    /// Calls `then` at each return until the calling view is gone.
    pub(crate) fn on_return(then: impl Fn() + 'static) {
        let returns: Self = expect_context();
        after_change(move || returns.0.track(), then);
    }
}

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
        Returns::on_return(move || {
            if query.state.with_untracked(|state| state.error.as_ref().is_some_and(ApiError::may_pass)) {
                query.refresh();
            }
        });
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
            self.later(REFRESH_GAP, move || {
                self.is_scheduled.set_value(false);
                self.refresh();
            });
        }
    }

    /// Does it once the time is over, unless the view is gone by then.
    fn later(self, gap: Duration, act: impl FnOnce() + 'static) {
        set_timeout(
            move || {
                if !self.state.is_disposed() {
                    act();
                }
            },
            gap,
        );
    }

    /// Tries a call that failed again, unless something else has by then.
    fn retry_later(self, failed: u64) {
        self.later(RETRY_GAP, move || {
            if self.state.with_untracked(|state| state.has_failed(failed)) {
                self.refresh();
            }
        });
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
            let may_pass = answer.as_ref().is_err_and(ApiError::may_pass);
            // The view may be gone by now; then there is nothing to tell.
            let again = self.state.try_update(|state| state.answer(call, answer, js_sys::Date::now()));
            match again {
                Some(true) => self.refresh_soon(),
                Some(false) if may_pass => self.retry_later(call),
                Some(false) | None => {}
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
