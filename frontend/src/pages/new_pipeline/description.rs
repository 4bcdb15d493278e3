//! What is to be built: written, or looked at as it will be shown. Files that are pasted or dropped here are attached.

use super::Form;
use super::attach::{Attachments, take_files};
use super::fields::{error_of, id_of};
use crate::api::{self, Command};
use crate::model::form::{Field, messages_for};
use crate::ui::{FieldFrame, Refusal, TextArea, effect, region};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

const LABEL: &str = "What is to be built?";
const HINT: &str =
    "Every agent is sent these words exactly as they stand here. Markdown; paste or drop screenshots and files to attach them.";

#[component]
pub(super) fn Description(form: Form) -> impl IntoView {
    let is_previewed = RwSignal::new(false);
    let error = error_of(form, Field::Description);
    // Who is told to write must see where.
    effect(move || {
        if messages_for(Field::Description, &form.errors.read()).is_some() {
            is_previewed.set(false);
        }
    });
    let id = id_of(Field::Description);
    view! {
        <div
            class="description"
            on:paste=move |event| {
                // What is copied from a document comes as text and as a picture of it.
                if take_files(form, &event, "clipboardData", true) {
                    event.prevent_default();
                }
            }
            on:dragover=move |event| event.prevent_default()
            on:drop=move |event| {
                let event: &JsValue = event.as_ref();
                let event: &web_sys::Event = wasm_bindgen::JsCast::unchecked_ref(event);
                if take_files(form, event, "dataTransfer", false) {
                    event.prevent_default();
                }
            }
        >
            <FieldFrame id=id.clone() label=LABEL hint=HINT error>
                <Switch is_previewed />
                <TextArea
                    id
                    name=Field::Description.name()
                    rows=9
                    hidden=is_previewed
                    value=Signal::derive(move || form.draft.read().get(Field::Description).to_owned())
                    error
                    on_input=Callback::new(move |text| form.set(Field::Description, text))
                />
                {region(move || is_previewed.get().then(|| view! { <Preview form /> }))}
            </FieldFrame>
            <Attachments form />
        </div>
    }
}

#[component]
fn Switch(is_previewed: RwSignal<bool>) -> impl IntoView {
    let side = move |word: &'static str, previews: bool| {
        view! {
            <button
                type="button"
                class="chip"
                aria-pressed=Signal::derive(move || (is_previewed.get() == previews).to_string())
                on:click=move |_| is_previewed.set(previews)
            >
                {word}
            </button>
        }
    };
    view! {
        <div class="chips" role="group" aria-label="Look of the description">
            {side("Write", false)}
            {side("Preview", true)}
        </div>
    }
}

/// As the server renders it, once: whoever writes on comes back for a new one.
#[component]
fn Preview(form: Form) -> impl IntoView {
    let command = Command::new();
    let html = RwSignal::new(String::new());
    let text = form.draft.read_untracked().get(Field::Description).to_owned();
    let is_blank = text.trim().is_empty();
    if !is_blank {
        command.run(api::markdown(&text), move |answer| html.set(answer["html"].as_str().unwrap_or_default().to_owned()));
    }
    view! {
        <div
            class="prose preview"
            role="region"
            aria-label="Preview of the description"
            aria-busy=Signal::derive(move || command.pending.get().to_string())
            tabindex="0"
            data-testid="preview"
            inner_html=Signal::derive(move || if is_blank { NOTHING.to_owned() } else { html.get() })
        ></div>
        <Refusal error=command.error />
    }
}

const NOTHING: &str = "<p>There is nothing to show yet.</p>";
