//! What stands where a value would: loading, empty, error, stale.

use super::button::Button;
use super::clock::local_time;
use super::copy::CopyButton;
use super::reactive::region;
use crate::model::failure::ApiError;
use leptos::prelude::*;

/// Grey lines. The style sheet shows them only after 150 ms, so that a quick answer never flickers.
#[component]
pub(crate) fn Skeleton(#[prop(default = 4)] lines: usize, #[prop(into)] label: String) -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="sr-only">{label}</span>
            {(0..lines).map(|_| view! { <span class="skeleton-line" aria-hidden="true"></span> }).collect_view()}
        </div>
    }
}

/// Nothing is there, and that is in order. `children` says what to do about it.
#[component]
pub(crate) fn EmptyState(#[prop(into)] title: String, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            {children.map(|children| children())}
        </div>
    }
}

/// A call failed and there is nothing older to show.
#[component]
pub(crate) fn ErrorCard(error: ApiError, #[prop(into, optional)] on_retry: Option<Callback<()>>) -> impl IntoView {
    let report = error.for_a_report();
    view! {
        <section class="card error-card" role="alert">
            <h2>{error.title}</h2>
            <p>{error.detail}</p>
            <p class="code-line">
                <code>{error.code}</code>
            </p>
            <div class="actions">
                {on_retry.map(|retry| view! { <Button on_press=move |()| retry.run(())>"Try again"</Button> })}
                <CopyButton text=report label="Copy details of this error" word="Copy details" />
            </div>
        </section>
    }
}

/// A change was refused: what the server said, where the change was asked for.
#[component]
pub(crate) fn Refusal(error: RwSignal<Option<ApiError>>) -> impl IntoView {
    region(move || error.get().map(|error| view! { <ErrorCard error /> }))
}

/// A refresh failed: what is on screen stays, and says how old it is.
#[component]
pub(crate) fn StaleNote(error: ApiError, since_millis: f64, #[prop(into)] on_retry: Callback<()>) -> impl IntoView {
    view! {
        <div class="stale-note" role="status">
            <span class="glyph" aria-hidden="true">
                "⚠"
            </span>
            <span>
                {format!("As of {}. ", local_time(since_millis))} {error.title} ". " <span class="muted">{error.detail}</span>
            </span>
            <Button on_press=move |()| on_retry.run(())>"Try again"</Button>
        </div>
    }
}
