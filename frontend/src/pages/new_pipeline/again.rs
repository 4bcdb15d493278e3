//! `?from=7`: the draft begins with what another pipeline was asked. What stands in the form already is replaced only when its writer says so.

use super::Form;
use crate::api::{self, Query};
use crate::model::attachments::names;
use crate::router::Router;
use crate::ui::{Button, Kept, effect, region};
use agency_contract::Pipeline;
use leptos::prelude::*;

#[component]
pub(super) fn Again(form: Form) -> impl IntoView {
    let address = Router::from_context().address();
    let from = Memo::new(move |_| address.read().get("from").and_then(|id| id.parse::<i64>().ok()));
    region(move || from.get().map(|id| view! { <From form id /> }))
}

#[component]
fn From(form: Form, id: i64) -> impl IntoView {
    let original = Query::new(move || api::pipeline(id));
    let pipeline = Kept::new(move || original.value().map(|detail| (detail.pipeline.clone(), names(&detail.attachments))));
    let taken = RwSignal::new(false);
    let take = move |(pipeline, files): &(Pipeline, String)| {
        form.begin_with(pipeline, files);
        taken.set(true);
    };
    effect(move || {
        if let Some(pipeline) = pipeline.get().filter(|_| form.draft.read_untracked().is_blank()) {
            take(&pipeline);
        }
    });
    let offer = move |asked: (Pipeline, String)| {
        let text = match taken.get() {
            true => format!("This is what pipeline {id} was asked. Change what is to be otherwise."),
            false => format!("You have a draft here. It can be replaced by what pipeline {id} was asked: {}", asked.0.title),
        };
        view! {
            <div class="card notice" role="status" data-testid="again">
                <p>{text}</p>
                {(!taken.get()).then(|| view! { <Button on_press=move |()| take(&asked)>"Replace the draft"</Button> })}
            </div>
        }
    };
    let fault = move || original.error().map(|error| view! { <p class="field-error">{error.detail}</p> });
    view! {
        {region(move || pipeline.get().map(offer))}
        {region(fault)}
    }
}
