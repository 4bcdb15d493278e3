//! The four states of a fetched value, in one place: loading, error, the value, and the value while it is stale.

use crate::api::{Query, Untyped};
use crate::model::loaded::Shown;
use crate::ui::{ErrorCard, Kept, Skeleton, StaleNote, region};
use leptos::prelude::*;
use std::sync::Arc;

/// `show` is called once, when the first value arrives; after that the signal that it got changes. So nothing blinks on a refresh.
#[component]
pub(crate) fn Fetched<T, F, V>(
    query: Query<T>,
    /// What is being loaded, for screen readers.
    label: &'static str,
    #[prop(default = 4)] lines: usize,
    show: F,
) -> impl IntoView
where
    T: Send + Sync + 'static,
    F: Fn(Signal<Arc<T>>) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let value = move || query.value().expect("a value that was shown stays: errors do not remove it");
    let show = Arc::new(move || show(Signal::derive(value)).into_any());
    states(query.untyped(), label, lines, show)
}

fn states(query: Untyped, label: &'static str, lines: usize, show: Arc<dyn Fn() -> AnyView + Send + Sync>) -> impl IntoView {
    let shown = query.shown();
    let retry = move |()| query.refresh();
    // Kept: the same error again must not take the focus from the button beside it, nor be read out again.
    let stale = Kept::new(move || query.stale());
    let error = Kept::new(move || query.error());
    view! {
        {region(move || stale.get().map(|(error, since)| view! { <StaleNote error since_millis=since on_retry=retry /> }))}
        {region(move || match shown.get() {
            Shown::Waiting => view! { <Skeleton lines label /> }.into_any(),
            Shown::Failed => error.get().map(|error| view! { <ErrorCard error on_retry=retry /> }).into_any(),
            Shown::Value => show(),
        })}
    }
}
