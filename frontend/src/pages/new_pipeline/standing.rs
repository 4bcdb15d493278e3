//! How the repository that was named stands: where a pipeline would start, and what it would not see.

use super::Form;
use crate::api::{self, Query};
use crate::model::form::Field;
use crate::model::repository::{start_line, uncommitted_line};
use crate::ui::region;
use leptos::prelude::*;

#[component]
pub(super) fn Standing(form: Form) -> impl IntoView {
    let named = Memo::new(move |_| form.left_repo.read().trim().to_owned());
    region(move || {
        let path = named.get();
        (!path.is_empty()).then(|| view! { <Lines form path /> })
    })
}

#[component]
fn Lines(form: Form, path: String) -> impl IntoView {
    let asked = StoredValue::new(path);
    let standing = Query::new(move || api::repository(&asked.get_value()));
    // What is being typed is another repository.
    let is_current = Memo::new(move |_| form.draft.read().get(Field::Repo).trim() == asked.get_value());
    let start = Signal::derive(move || standing.value().map(|standing| start_line(&standing)));
    let warning = Signal::derive(move || standing.value().and_then(|standing| uncommitted_line(&standing)));
    let fault = Signal::derive(move || {
        standing.error().map(|error| error.fields.first().map_or(error.title.clone(), |field| field.message.clone()))
    });
    view! {
        <div role="status" data-testid="standing" hidden=Signal::derive(move || !is_current.get())>
            {region(move || start.get().map(|text| view! { <p class="hint">{text}</p> }))}
            {region(move || warning.get().map(|text| view! { <p class="hint tone-waiting">{"⚠ "} {text}</p> }))}
            {region(move || fault.get().map(|text| view! { <p class="field-error">{text}</p> }))}
        </div>
    }
}
