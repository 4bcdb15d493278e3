//! Form controls with their frame: label above, hint and error below, tied together for screen readers.

use leptos::prelude::*;

/// The ids of hint and error for the control's `aria-describedby`.
pub(crate) fn described_by(id: &str, has_error: bool) -> String {
    if has_error { format!("{id}-error {id}-hint") } else { format!("{id}-hint") }
}

/// `children` is the control; its `id` is `id`.
#[component]
pub(crate) fn FieldFrame(
    #[prop(into)] id: String,
    label: &'static str,
    hint: &'static str,
    #[prop(optional)] optional: bool,
    #[prop(into)] error: Signal<Option<String>>,
    children: Children,
) -> impl IntoView {
    let (error_id, hint_id) = (format!("{id}-error"), format!("{id}-hint"));
    view! {
        <div class="field" class:invalid=Signal::derive(move || error.read().is_some())>
            <label for=id>
                {label} {optional.then(|| view! { <span class="optional">"optional"</span> })}
            </label>
            {children()}
            <p class="field-error" id=error_id role="alert" hidden=Signal::derive(move || error.read().is_none())>
                {Signal::derive(move || error.get().unwrap_or_default())}
            </p>
            <p class="hint" id=hint_id>
                {hint}
            </p>
        </div>
    }
}

/// A text that is typed: of one line, or of several where `rows` is set.
#[component]
pub(crate) fn TextField(
    #[prop(into)] id: String,
    label: &'static str,
    #[prop(optional)] name: &'static str,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] optional: bool,
    #[prop(optional)] rows: u32,
    #[prop(optional)] placeholder: &'static str,
    /// The id of a list of proposals.
    #[prop(optional)]
    list: &'static str,
    #[prop(optional)] mono: bool,
    #[prop(into)] value: Signal<String>,
    #[prop(into, optional)] error: Signal<Option<String>>,
    #[prop(into)] on_input: Callback<String>,
) -> impl IntoView {
    let (frame_id, described_id) = (id.clone(), id.clone());
    let described = Signal::derive(move || described_by(&described_id, error.read().is_some()));
    let invalid = Signal::derive(move || error.read().is_some().to_string());
    let typed = move |event| on_input.run(event_target_value(&event));
    let control = if rows > 0 {
        view! { <TextArea id name rows mono value error on_input /> }.into_any()
    } else {
        view! {
            <input
                id=id
                name=name
                type="text"
                autocomplete="off"
                spellcheck="false"
                class:mono=mono
                placeholder=placeholder
                list=(!list.is_empty()).then_some(list)
                prop:value=value
                aria-describedby=described
                aria-invalid=invalid
                on:input=typed
            />
        }
        .into_any()
    };
    view! {
        <FieldFrame id=frame_id label hint optional error>
            {control}
        </FieldFrame>
    }
}

/// The control of several lines, for a frame that holds something else too.
#[component]
pub(crate) fn TextArea(
    #[prop(into)] id: String,
    name: &'static str,
    rows: u32,
    #[prop(optional)] mono: bool,
    #[prop(into, optional)] hidden: Signal<bool>,
    value: Signal<String>,
    error: Signal<Option<String>>,
    on_input: Callback<String>,
) -> impl IntoView {
    let described_id = id.clone();
    view! {
        <textarea
            id=id
            name=name
            class:mono=mono
            spellcheck=mono.then_some("false")
            rows=rows.to_string()
            hidden=hidden
            prop:value=value
            aria-describedby=Signal::derive(move || described_by(&described_id, error.read().is_some()))
            aria-invalid=Signal::derive(move || error.read().is_some().to_string())
            on:input=move |event| on_input.run(event_target_value(&event))
        ></textarea>
    }
}

/// One of several, by their values and what is read of them.
#[component]
pub(crate) fn SelectBox(label: &'static str, choices: Vec<(String, String)>, value: RwSignal<String>) -> impl IntoView {
    let options = choices.into_iter().map(|(value, text)| view! { <option value=value>{text}</option> }).collect_view();
    view! {
        <select aria-label=label prop:value=value on:change=move |event| value.set(event_target_value(&event))>
            {options}
        </select>
    }
}
