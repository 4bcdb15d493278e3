//! Whether single keys do something.

use super::single_keys::listen;
use crate::ui::{Preferences, Toggle};
use leptos::prelude::*;

#[component]
pub(super) fn Keyboard() -> impl IntoView {
    let single_keys = Preferences::from_context().single_keys;
    listen();
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
            <details class="fold own-keys">
                <summary>"Single keys"</summary>
                <p class="hint" id="keys-hint">
                    "A character, a name such as Home, or two of them with a space between. Left empty, the key is off."
                </p>
                <div class="key-fields"></div>
                <div class="actions">
                    <button class="button" type="button">
                        "Reset all keys"
                    </button>
                    <span class="hint" role="status"></span>
                </div>
            </details>
        </section>
    }
}
