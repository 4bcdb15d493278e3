//! Light and dark: the system's choice, unless the reader made another one.

use super::storage::{store, stored};
use leptos::prelude::*;

const KEY: &str = "agency.theme";

/// The words of the `data-theme` attribute; `system` leaves the attribute away.
const THEMES: [(&str, &str, &str); 3] = [("system", "◑", "System theme"), ("light", "☀", "Light theme"), ("dark", "☾", "Dark theme")];

fn apply(theme: &str) {
    let Some(root) = document().document_element() else { return };
    let _ = if theme == "system" { root.remove_attribute("data-theme") } else { root.set_attribute("data-theme", theme) };
}

fn stored_index() -> usize {
    let theme: Option<String> = stored(KEY);
    theme.and_then(|theme| THEMES.iter().position(|(word, ..)| *word == theme)).unwrap_or_default()
}

/// Call before the first paint.
pub(crate) fn apply_stored_theme() {
    apply(THEMES[stored_index()].0);
}

/// Goes round: system, light, dark.
#[component]
pub(crate) fn ThemeButton() -> impl IntoView {
    let index = RwSignal::new(stored_index());
    let next = move |_| {
        index.update(|index| *index = (*index + 1) % THEMES.len());
        let theme = THEMES[index.get_untracked()].0;
        apply(theme);
        store(KEY, &theme);
    };
    let label = Signal::derive(move || THEMES[index.get()].2);
    view! {
        <button type="button" class="button small quiet icon" aria-label=Signal::derive(move || format!("{}. Change the theme", label.get())) title=label on:click=next>
            <span aria-hidden="true">{Signal::derive(move || THEMES[index.get()].1)}</span>
        </button>
    }
}
