//! Light and dark: the system's choice, unless the reader made another one.

use super::preferences::{Preferences, THEMES};
use leptos::prelude::*;

const GLYPHS: [&str; 3] = ["◑", "☀", "☾"];

/// Goes round: system, light, dark.
#[component]
pub(crate) fn ThemeButton() -> impl IntoView {
    let theme = Preferences::from_context().theme;
    let place = move || THEMES.iter().position(|(word, _)| *theme.word.read() == *word).unwrap_or_default();
    let next = move |_| theme.set(THEMES[(untrack(place) + 1) % THEMES.len()].0);
    let label = Signal::derive(move || format!("Theme: {}. Change it", THEMES[place()].1));
    view! {
        <button type="button" class="button small quiet icon" aria-label=label title=label on:click=next>
            <span aria-hidden="true">{Signal::derive(move || GLYPHS[place()])}</span>
        </button>
    }
}
