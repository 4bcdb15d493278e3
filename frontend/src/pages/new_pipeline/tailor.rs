//! The chosen template's chain, step by step: what is left out this time, and where the reader is asked.

use super::Form;
use super::fields::{Fold, id_of};
use crate::model::chain::new_step_label;
use crate::model::form::{Field, TAILORED, messages_for};
use crate::model::tailoring::{places, toggled};
use crate::ui::{Kept, region};
use agency_contract::NewStep;
use leptos::prelude::*;

#[component]
pub(super) fn Tailor(form: Form) -> impl IntoView {
    let steps = Kept::new(move || form.chosen().filter(|template| template.error.is_none()).map(|template| template.steps));
    let fault = move || TAILORED.into_iter().find_map(|field| messages_for(field, &form.errors.read()));
    let rows = move || {
        let steps = steps.get().unwrap_or_default().into_iter().enumerate();
        steps.map(|(place, step)| view! { <Row form place step /> }).collect_view()
    };
    view! {
        <Fold form summary="Leave steps out, or be asked between them" fields=&TAILORED>
            <p class="hint">"This time only: the template stays as it is."</p>
            {region(move || fault().map(|text| view! { <p class="field-error" role="alert">{text}</p> }))}
            <ol class="tailor" id=id_of(Field::Skip) tabindex="-1" data-testid="tailor">
                {region(rows)}
            </ol>
        </Fold>
    }
}

#[component]
fn Row(form: Form, place: usize, step: NewStep) -> impl IntoView {
    let (_, name) = new_step_label(&step);
    let is_gate = step.approval.is_some();
    let name = StoredValue::new(step.approval.unwrap_or(name));
    let is_in = move |field: Field| places(form.draft.read().get(field)).contains(&place);
    let choice = move |field: Field, words: &'static str| {
        let change = move |_| {
            let switched = toggled(form.draft.read_untracked().get(field), place);
            form.set(field, switched);
        };
        view! {
            <label class="tailor-choice">
                <input type="checkbox" prop:checked=Signal::derive(move || is_in(field)) on:change=change />
                {words}
                <span class="sr-only">{format!(": {}", name.get_value())}</span>
            </label>
        }
    };
    view! {
        <li class:is-left-out=Signal::derive(move || is_in(Field::Skip))>
            <span class="tailor-name">{name.get_value()}</span>
            {choice(Field::Skip, "Leave out")}
            {(!is_gate).then(|| choice(Field::AskAfter, "Ask me after it"))}
        </li>
    }
}
