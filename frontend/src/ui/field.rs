//! The frame around a form control: label above, hint and error below, tied together for screen readers.

use leptos::prelude::*;

/// The ids of hint and error for the control's `aria-describedby`.
pub(crate) fn described_by(id: &str, has_error: bool) -> String {
    if has_error { format!("{id}-error {id}-hint") } else { format!("{id}-hint") }
}

/// `children` is the control; its `id` is `id`.
#[component]
pub(crate) fn FieldFrame(
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    #[prop(into)] hint: Signal<String>,
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
                {error}
            </p>
            <p class="hint" id=hint_id>
                {hint}
            </p>
        </div>
    }
}
