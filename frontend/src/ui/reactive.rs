//! Reactive views of few types. Each closure that stands in a view by itself makes a renderer of its own, about a kilobyte each; through these, all
//! of them share one.

use leptos::children::ChildrenFn;
use leptos::prelude::*;
use std::sync::Arc;

/// A part of a view that is made anew whenever what it reads changes.
pub(crate) fn region<V: IntoView + 'static>(show: impl Fn() -> V + Send + Sync + 'static) -> AnyView {
    let show: Arc<dyn Fn() -> AnyView + Send + Sync> = Arc::new(move || show().into_any());
    (move || show()).into_any()
}

/// A list whose rows keep their place and their focus: `row` is called once for each id.
pub(crate) fn keyed<V: IntoView + 'static>(
    ids: impl Fn() -> Vec<i64> + Send + Sync + 'static,
    row: impl Fn(i64) -> V + Send + Sync + 'static,
) -> AnyView {
    let ids: Arc<dyn Fn() -> Vec<i64> + Send + Sync> = Arc::new(ids);
    let row: Arc<dyn Fn(i64) -> AnyView + Send + Sync> = Arc::new(move |id| row(id).into_any());
    view! { <For each=move || ids() key=|id| *id children=move |id| row(id) /> }.into_any()
}

/// Its children, while `when` holds.
#[component]
pub(crate) fn When(#[prop(into)] when: Signal<bool>, children: ChildrenFn) -> impl IntoView {
    let holds = Memo::new(move |_| when.get());
    region(move || holds.get().then(|| children()))
}
