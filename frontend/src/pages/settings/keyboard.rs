//! Whether single keys do something.

use super::single_keys::fields;
use crate::ui::{Preferences, Toggle};
use leptos::prelude::*;

#[component]
pub(super) fn Keyboard() -> impl IntoView {
    let single_keys = Preferences::from_context().single_keys;
    view! {
        <section class="card" aria-labelledby="settings-keyboard">
            <h2 id="settings-keyboard">"Keyboard"</h2>
            <Toggle
                id="single-keys"
                label="Single keys do something"
                hint="For example j, k and g i. Switch them off where speech input or a screen reader types letters by itself. Ctrl K always works."
                is_on=single_keys.is_on
                on_change=move |is_on| single_keys.set(is_on)
            />
            <p>"Press " <kbd>"Ctrl"</kbd> " " <kbd>"K"</kbd> " for everything that can be done on a screen, the list of its shortcuts included."</p>
            {fields()}
        </section>
    }
}
