//! A state as a glyph and a word, and small labels.

use crate::model::status::Badge;
use leptos::prelude::*;

/// A state. Screen readers hear the word alone; the glyph is for the eye.
#[component]
pub(crate) fn BadgeView(#[prop(into)] badge: Signal<Badge>) -> impl IntoView {
    view! {
        <span class=Signal::derive(move || format!("badge {}", badge.get().tone.class()))>
            <span class="glyph" aria-hidden="true">{Signal::derive(move || badge.get().glyph)}</span>
            <span class="badge-label">{Signal::derive(move || badge.get().label)}</span>
        </span>
    }
}

/// A short label that is no state.
#[component]
pub(crate) fn Tag(#[prop(into)] text: String, #[prop(optional)] class: &'static str) -> impl IntoView {
    view! { <span class=format!("tag {class}")>{text}</span> }
}
