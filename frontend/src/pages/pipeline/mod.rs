//! `/pipelines/:id`: where one pipeline stands, live. Step, attempt and tab are in the URL.

mod changes;
mod diff_table;
mod handoff;
mod header;
mod ledger;
mod part;
mod rail;
mod receipt;
mod record;
mod step_pane;
mod tool;
mod transcript;
mod transcript_store;

use super::approvals::Gates;
use super::fetched::Fetched;
use super::not_found::NotFound;
use crate::api::{self, Query};
use crate::app::Inbox;
use crate::live::Live;
use crate::model::chain;
use crate::model::selection::{Choice, Selected};
use crate::ui::{Inline, When, region};
use agency_contract::{Approval, PipelineDetail, PipelineStatusReason};
use header::Header;
use ledger::Ledger;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use rail::Rail;
use std::sync::Arc;
use step_pane::StepPane;

/// What every piece of this page needs: the pipeline, and what of it the reader looks at.
#[derive(Clone, Copy)]
pub(super) struct Open {
    pub(super) id: i64,
    pub(super) detail: Signal<Arc<PipelineDetail>>,
    pub(super) choice: Memo<Choice>,
    pub(super) selected: Memo<Option<Selected>>,
    /// To fetch again, or to put in what a command answered.
    pub(super) query: Query<PipelineDetail>,
}

#[component]
pub(crate) fn PipelinePage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").and_then(|id| id.parse::<i64>().ok()));
    move || match id.get() {
        Some(id) => view! { <OnePipeline id /> }.into_any(),
        None => view! { <NotFound /> }.into_any(),
    }
}

#[component]
fn OnePipeline(id: i64) -> impl IntoView {
    let query = Query::new(move || api::pipeline(id));
    Live::from_context().on_refresh(move |refresh| {
        if refresh.touches(id) {
            query.refresh_soon();
        }
    });
    let is_gone = Memo::new(move |_| query.peek().is_none() && query.error().is_some_and(|error| error.is_not_found()));
    view! {
        <When when=is_gone>
            <NotFound reason=format!("There is no pipeline {id} here. The link may be old, or made by another server.") />
        </When>
        <When when=Signal::derive(move || !is_gone.get())>
            <Fetched query label="Loading the pipeline" lines=10 show=move |detail| view! { <Loaded id query detail /> } />
        </When>
    }
}

#[component]
fn Loaded(id: i64, query: Query<PipelineDetail>, detail: Signal<Arc<PipelineDetail>>) -> impl IntoView {
    let query_map = use_query_map();
    let choice = Memo::new(move |_| {
        let map = query_map.read();
        Choice::parse(|name| map.get(name))
    });
    let selected = Memo::new(move |_| Selected::of(&detail.read(), choice.get()));
    let open = Open { id, detail, choice, selected, query };
    let reason = Memo::new(move |_| detail.read().pipeline.status_reason.clone());
    view! {
        <Header open />
        {region(move || reason.get().map(|reason| view! { <FailureCard reason /> }))}
        <PendingGates open />
        <Request open />
        <div class="pipeline-grid">
            <Rail open />
            <StepPane open />
        </div>
        <Ledger open />
    }
}

/// Why the pipeline stopped, before anything else.
#[component]
fn FailureCard(reason: PipelineStatusReason) -> impl IntoView {
    view! {
        <section class="card failure-card" aria-label="Why it stopped" data-testid="failure">
            <p class="failure-message">
                <span class="glyph" aria-hidden="true">
                    "✗"
                </span>
                <Inline text=reason.message />
            </p>
            {reason.hint.map(|hint| view! { <p class="failure-hint"><Inline text=hint /></p> })}
            <p class="code-line">
                <code>{reason.code}</code>
            </p>
        </section>
    }
}

/// The gates that wait, each with what is decided on.
#[component]
fn PendingGates(open: Open) -> impl IntoView {
    let inbox = expect_context::<Inbox>().0;
    let pending = Memo::new(move |_| chain::pending(&open.detail.read()).cloned().collect::<Vec<Approval>>());
    let settled = Callback::new(move |_: Option<Approval>| {
        open.query.refresh();
        inbox.refresh();
    });
    view! { <Gates approvals=pending settled in_inbox=false /> }
}

/// What was asked for, word for word.
#[component]
fn Request(open: Open) -> impl IntoView {
    let description = Memo::new(move |_| open.detail.read().pipeline.description.clone());
    view! {
        <details class="fold request">
            <summary>"The request"</summary>
            <pre class="request-text" tabindex="0">{description}</pre>
        </details>
    }
}
