//! Theme and density.

use crate::ui::{Choices, DENSITIES, Preferences, THEMES};
use leptos::prelude::*;

#[component]
pub(super) fn Appearance() -> impl IntoView {
    let preferences = Preferences::from_context();
    view! {
        <section class="card" aria-labelledby="settings-appearance">
            <h2 id="settings-appearance">"Appearance"</h2>
            <Choices name="theme" label="Theme" choices=&THEMES choice=preferences.theme />
            <Choices name="density" label="Density" choices=&DENSITIES choice=preferences.density />
            <p class="hint">"Motion follows the system: where it asks for less, nothing moves."</p>
        </section>
    }
}
