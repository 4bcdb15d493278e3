//! A button that puts a text on the clipboard and says that it did.

use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use wasm_bindgen_futures::JsFuture;

const CONFIRMED_FOR: Duration = Duration::from_millis(1_500);

/// What the server tells this once, to be copied; nothing is seen of it while `text` is empty.
#[component]
pub(crate) fn ShownOnce(text: RwSignal<String>, hint: &'static str) -> impl IntoView {
    view! {
        <p class="shown-once" role="status">
            <code>{text}</code>
            <CopyButton text label="Copy it now" />
            <span class="hint">{hint}</span>
        </p>
    }
}

/// `label` says what is copied, for those who do not see where the button stands; it begins with `word`.
#[component]
pub(crate) fn CopyButton(
    #[prop(into)] text: Signal<String>,
    #[prop(into)] label: String,
    #[prop(default = "Copy")] word: &'static str,
    /// What keys and the palette find it by.
    #[prop(optional)]
    action: Option<&'static str>,
) -> impl IntoView {
    let at_rest = word;
    let word = RwSignal::new(at_rest);
    let copy = move |_| {
        let text = text.get_untracked();
        spawn_local(async move {
            let copied = JsFuture::from(window().navigator().clipboard().write_text(&text)).await.is_ok();
            let _ = word.try_set(if copied { "Copied" } else { "Not allowed" });
            let reset = move || {
                let _ = word.try_set(at_rest);
            };
            set_timeout(reset, CONFIRMED_FOR);
        });
    };
    view! {
        <button type="button" class="button small quiet" data-action=action aria-label=label.clone() title=label on:click=copy>
            {Signal::derive(move || word.get())}
        </button>
    }
}
