//! Pipelines that wait until somebody lets them go on, and those that ended since the reader has seen what did.

use crate::app::Inbox;
use crate::pages::pipelines::rows;
use crate::ui::{Button, When};
use agency_contract::{Page, Pipeline, PipelineStatus};
use leptos::prelude::*;
use std::sync::Arc;

#[component]
pub(super) fn Ended(page: Signal<Arc<Page<Pipeline>>>) -> impl IntoView {
    let inbox = Inbox::from_context();
    let of = move |is_paused: bool| {
        let news = inbox.news(|pipeline| (pipeline.id, pipeline.status == PipelineStatus::Paused)).unwrap_or_default();
        news.into_iter().filter(|(_, paused)| *paused == is_paused).map(|(id, _)| id).collect::<Vec<_>>()
    };
    let rows = move |is_paused: bool| rows(page, move || of(is_paused));
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
