//! A liking as radio buttons or as a switch.

use super::preferences::Choice;
use leptos::prelude::*;

/// One of a few words.
#[component]
pub(crate) fn Choices(
    name: &'static str,
    label: &'static str,
    choices: &'static [(&'static str, &'static str)],
    choice: Choice,
) -> impl IntoView {
    let radio = move |(word, text): &'static (&'static str, &'static str)| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name=name
                    value=*word
                    prop:checked=Signal::derive(move || *choice.word.read() == *word)
                    on:change=move |_| choice.set(word)
                />
                {*text}
            </label>
        }
    };
    view! {
        <fieldset class="choices">
            <legend>{label}</legend>
            {choices.iter().map(radio).collect_view()}
        </fieldset>
    }
}

/// On or off.
#[component]
pub(crate) fn Toggle(
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    is_on: RwSignal<bool>,
    #[prop(into)] on_change: Callback<bool>,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
    view! {
        <div class="toggle">
            <input
                type="checkbox"
                role="switch"
                id=id
                aria-describedby=hint_id.clone()
                prop:checked=is_on
                on:change=move |event| on_change.run(event_target_checked(&event))
            />
            <label for=id>{label}</label>
            <p class="hint" id=hint_id>
                {hint}
            </p>
        </div>
    }
}
