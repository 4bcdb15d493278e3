//! Pipelines that wait until somebody lets them go on, and those that ended since the reader has seen what did.

use crate::app::Inbox;
use crate::pages::pipelines::Row;
use crate::ui::{Button, When, keyed};
use agency_contract::{Page, Pipeline, PipelineStatus};
use leptos::prelude::*;
use std::sync::Arc;

#[component]
pub(super) fn Ended(page: Signal<Arc<Page<Pipeline>>>) -> impl IntoView {
    let inbox = Inbox::from_context();
    let of = move |is_paused: bool| {
        let news = inbox.news().unwrap_or_default();
        news.into_iter()
            .filter(|pipeline| (pipeline.status == PipelineStatus::Paused) == is_paused)
            .map(|pipeline| pipeline.id)
            .collect::<Vec<_>>()
    };
    let rows = move |is_paused: bool| {
        let row = move |id| {
            let initial = page.read_untracked().items.iter().find(|pipeline| pipeline.id == id).cloned();
            initial.map(|initial| view! { <Row initial page /> })
        };
        keyed(move || of(is_paused), row)
    };
    view! {
        <When when=Signal::derive(move || !of(true).is_empty())>
            <section aria-labelledby="inbox-paused" data-testid="inbox-paused">
                <h2 id="inbox-paused">"Paused until you let them go on"</h2>
                <ul class="rows">{rows(true)}</ul>
            </section>
        </When>
        <When when=Signal::derive(move || !of(false).is_empty())>
            <section aria-labelledby="inbox-ended" data-testid="inbox-ended">
                <div class="section-head">
                    <h2 id="inbox-ended">"Ended since you looked"</h2>
                    <Button on_press=move |()| inbox.saw_ends()>"I have seen these"</Button>
                </div>
                <ul class="rows">{rows(false)}</ul>
            </section>
        </When>
    }
}
