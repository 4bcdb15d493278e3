//! The files that are attached: chosen, pasted or dropped, shown with what takes them away again.

use super::Form;
use crate::model::attachments::{ACCEPTED, FIELD, Held, messages, refusal, without_faults};
use crate::ui::{FieldFrame, described_by, region};
use agency_contract::FieldError;
use js_sys::{Array, Reflect, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

pub(super) const ID: &str = "new-attachments";

#[component]
pub(super) fn Attachments(form: Form) -> impl IntoView {
    let error = Signal::derive(move || messages(&form.errors.read(), &form.held.read()));
    let choose = move |event: web_sys::Event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        take_list(form, &property(&input, "files"));
        // The same file can be chosen again after it was taken away.
        input.set_value("");
    };
    view! {
        <FieldFrame id=ID label="Attachments" optional=true hint="At most 8 pictures, PDFs or texts, each of at most 5 MB. Every agent is sent them." error>
            {region(move || lost(form))}
            {region(move || strip(form))}
            <input
                id=ID
                type="file"
                multiple=true
                accept=ACCEPTED
                aria-describedby=Signal::derive(move || described_by(ID, error.read().is_some()))
                aria-invalid=Signal::derive(move || error.read().is_some().to_string())
                on:change=choose
            />
        </FieldFrame>
    }
}

/// The words of a draft are kept over a reload, and of another pipeline's request, and the files of neither.
fn lost(form: Form) -> Option<impl IntoView> {
    let names = form.draft.read().lost_files().to_owned();
    let is_lost = !names.is_empty() && form.held.read().is_empty();
    is_lost.then(|| view! { <p class="hint" role="status">{format!("Only words are kept. Attach these files again: {names}.")}</p> })
}

fn strip(form: Form) -> Option<impl IntoView> {
    let held = form.held.read();
    let entry = |(place, file): (usize, &Held)| {
        let (name, label) = (file.name.clone(), file.label());
        view! {
            <li class="attachment">
                {file.picture().map(|address| view! { <img src=address alt="" /> })}
                <span class="attachment-name">{label}</span>
                <button type="button" class="button small quiet" aria-label=format!("Remove {name}") on:click=move |_| remove(form, place)>
                    "Remove"
                </button>
            </li>
        }
    };
    let entries = held.iter().enumerate().map(entry).collect_view();
    (!held.is_empty()).then(|| view! { <ul class="attachments" aria-label="Attached files">{entries}</ul> })
}

fn remove(form: Form, place: usize) {
    form.change_files(|held| drop(held.remove(place)));
    form.errors.update(without_faults);
    // The button is gone, and the focus with it.
    if let Some(input) = document().get_element_by_id(ID).and_then(|input| input.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = input.focus();
    }
}

/// Attaches the files that an event brings in the property `source`; whether there were any. `unless_text`: not where it brings a text too.
pub(super) fn take_files(form: Form, event: &web_sys::Event, source: &str, unless_text: bool) -> bool {
    let transfer = property(event, source);
    let kinds = Array::from(&property(&transfer, "types"));
    let has_text = kinds.iter().any(|kind| kind.as_string().as_deref() == Some("text/plain"));
    let files = property(&transfer, "files");
    let has_files = property(&files, "length").as_f64().unwrap_or_default() > 0.0;
    if !has_files || (unless_text && has_text) {
        return false;
    }
    take_list(form, &files);
    true
}

fn take_list(form: Form, files: &JsValue) {
    form.errors.update(without_faults);
    // Held while the event is; the list of an input is emptied after it.
    let files: Vec<JsValue> = Array::from(files).to_vec();
    spawn_local(async move {
        for file in files {
            take(form, file).await;
        }
    });
}

async fn take(form: Form, file: JsValue) {
    let text = |name: &str| property(&file, name).as_string().unwrap_or_default();
    let (name, media_type) = (text("name"), text("type"));
    let size = property(&file, "size").as_f64().unwrap_or_default() as u64;
    let Some(refused) = form.held.try_with_untracked(|held| refusal(held, &name, size)) else { return };
    if let Some(message) = refused {
        return fault(form, message);
    }
    let blob: web_sys::Blob = file.unchecked_into();
    match JsFuture::from(blob.array_buffer()).await {
        Ok(buffer) => {
            let held = Held::new(name, media_type, &Uint8Array::new(&buffer).to_vec());
            if !form.held.is_disposed() {
                form.change_files(|files| files.push(held));
            }
        }
        Err(_) => fault(form, format!("{name} cannot be read. Choose it again.")),
    }
}

fn fault(form: Form, message: String) {
    // The form may be gone by now.
    let _ = form.errors.try_update(|errors| errors.push(FieldError::new(FIELD, message)));
}

/// A property of a JavaScript object; `undefined` where there is none.
fn property(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}
