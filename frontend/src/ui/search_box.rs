//! A field that searches while it is typed in, without losing a key to what comes back.

use super::reactive::effect;
use leptos::prelude::*;
use std::time::Duration;

/// Whoever types on within this time is not done yet.
const PAUSE: Duration = Duration::from_millis(200);

/// `shown` is what is searched for now, wherever that is kept; `search` gets what was typed once the reader pauses.
#[component]
pub(crate) fn SearchBox(
    id: &'static str,
    label: &'static str,
    #[prop(into)] shown: Signal<String>,
    search: Callback<String>,
) -> impl IntoView {
    let text = RwSignal::new(shown.get_untracked());
    let sent = StoredValue::new(text.get_untracked());
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let wait = move |handle: Option<TimeoutHandle>| {
        let former = timer.try_update_value(|timer| std::mem::replace(timer, handle)).flatten();
        former.inspect(TimeoutHandle::clear);
    };
    let settle = move || {
        wait(None);
        let typed = text.get_untracked();
        sent.set_value(typed.clone());
        search.run(typed);
    };
    let typed = move |event| {
        text.set(event_target_value(&event));
        wait(set_timeout_with_handle(settle, PAUSE).ok());
    };
    // What is searched for was changed elsewhere: a link, the way back.
    effect(move || {
        let shown = shown.get();
        if sent.with_value(|sent| sent.split_whitespace().ne(shown.split_whitespace())) {
            sent.set_value(shown.clone());
            text.set(shown);
        }
    });
    on_cleanup(move || wait(None));
    view! {
        <search>
            <label class="sr-only" for=id>
                {label}
            </label>
            <input id=id type="search" placeholder=label prop:value=text on:input=typed on:change=move |_| settle() />
        </search>
    }
}
