//! One pipeline in the list.

use crate::model::chain::{origin_line, progress_marks};
use crate::model::format::{cost, count, total_tokens};
use crate::model::status::{pipeline_badge, pipeline_word};
use crate::model::urls;
use crate::ui::{Ago, BadgeView, Elapsed, Inline, Kept, Tag, keyed, region};
use agency_contract::{Page, Pipeline};
use leptos::prelude::*;
use std::sync::Arc;

/// The rows of those pipelines of a page that `ids` names, in that order.
pub(in crate::pages) fn rows(page: Signal<Arc<Page<Pipeline>>>, ids: impl Fn() -> Vec<i64> + Send + Sync + 'static) -> impl IntoView {
    let row = move |id| {
        let initial = page.read_untracked().items.iter().find(|pipeline| pipeline.id == id).cloned();
        initial.map(|initial| view! { <Row initial page /> })
    };
    keyed(ids, row)
}

/// A row keeps its place and its focus; what it shows follows the list.
#[component]
fn Row(initial: Pipeline, page: Signal<Arc<Page<Pipeline>>>) -> impl IntoView {
    let id = initial.id;
    let pipeline = Kept::new(move || {
        let found = page.read().items.iter().find(|pipeline| pipeline.id == id).cloned();
        found.unwrap_or_else(|| initial.clone())
    });
    view! {
        <li class="row" data-testid="pipeline-row" data-id=id.to_string() data-status=Signal::derive(move || pipeline_word(pipeline.read().status))>
            <div class="row-main">
                <a class="row-title" data-row="" href=urls::pipeline(id)>
                    {Signal::derive(move || pipeline.read().title.clone())}
                </a>
                {region(move || pipeline.read().scripted.then(|| view! { <Tag text="Scripted model" class="scripted" /> }))}
                <p class="row-origin">{Signal::derive(move || origin_line(&pipeline.read()))}</p>
                {region(move || pipeline.read().status_reason.clone().map(|reason| view! { <p class="row-reason"><Inline text=reason.message /></p> }))}
            </div>
            <div class="row-state">
                <BadgeView badge=Signal::derive(move || pipeline_badge(pipeline.read().status)) />
                <Progress pipeline />
            </div>
            <Numbers pipeline />
        </li>
    }
}

/// One mark per step.
#[component]
fn Progress(pipeline: Kept<Pipeline>) -> impl IntoView {
    let words = Signal::derive(move || format!("{} of {} steps done", pipeline.read().steps_done, pipeline.read().steps_total));
    view! {
        <span class="progress" role="img" aria-label=words title=words>
            {region(move || {
                progress_marks(&pipeline.read())
                    .into_iter()
                    .map(|tone| view! { <span class=format!("progress-mark {}", tone.class())></span> })
                    .collect_view()
            })}
        </span>
    }
}

#[component]
fn Numbers(pipeline: Kept<Pipeline>) -> impl IntoView {
    view! {
        <dl class="row-numbers">
            <div>
                <dt>"Time"</dt>
                <dd>
                    <Elapsed
                        from=Signal::derive(move || pipeline.read().started_at.clone())
                        to=Signal::derive(move || pipeline.read().finished_at.clone())
                    />
                </dd>
            </div>
            <div>
                <dt>"Tokens"</dt>
                <dd>{Signal::derive(move || count(total_tokens(&pipeline.read().usage.tokens)))}</dd>
            </div>
            <div>
                <dt>"Cost"</dt>
                <dd>{Signal::derive(move || cost(&pipeline.read().usage))}</dd>
            </div>
            <div>
                <dt>"Changed"</dt>
                <dd>
                    <Ago at=Signal::derive(move || pipeline.read().updated_at.clone()) />
                </dd>
            </div>
        </dl>
    }
}
