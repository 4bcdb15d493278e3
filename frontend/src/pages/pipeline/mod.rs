//! `/pipelines/:id`: where one pipeline stands, live. Step, attempt and tab are in the URL.

mod attachments;
mod changes;
mod checks;
mod compare;
mod diff_lines;
mod diff_table;
mod earlier;
mod file_list;
mod grants;
mod handoff;
mod header;
mod inspector;
mod ledger;
mod named_place;
mod outcome;
mod part;
mod questions;
mod rail;
mod receipt;
mod record;
mod review;
mod since;
mod steering;
mod step_pane;
mod stop;
mod timeline;
mod tool;
mod transcript;
mod transcript_store;
mod transcript_tools;
mod viewed;

pub(crate) use compare::Compare;

use super::fetched::Fetched;
use super::inbox::Gates;
use super::not_found::NotFound;
use crate::api::{self, Query};
use crate::app::Inbox;
use crate::live::Live;
use crate::model::chain;
use crate::model::control::Controls;
use crate::model::inspector::has_content;
use crate::model::selection::{Choice, Selected};
use crate::router::Router;
use crate::ui::{Kept, When};
use agency_contract::{Approval, PipelineDetail};
use attachments::Attached;
use header::Header;
use ledger::Ledger;
use leptos::prelude::*;
use outcome::Done;
use rail::Rail;
use since::SinceYouLeft;
use std::sync::Arc;
use steering::Steering;
use step_pane::StepPane;
use stop::Stop;

/// What every piece of this page needs: the pipeline, and what of it the reader looks at.
#[derive(Clone, Copy)]
pub(super) struct Open {
    pub(super) id: i64,
    pub(super) detail: Signal<Arc<PipelineDetail>>,
    pub(super) choice: Kept<Choice>,
    pub(super) selected: Kept<Option<Selected>>,
    /// To fetch again, or to put in what a command answered.
    pub(super) query: Query<PipelineDetail>,
}

#[component]
pub(crate) fn PipelinePage(id: i64) -> impl IntoView {
    let query = Query::new(move || api::pipeline(id));
    Live::from_context().on_refresh(move |refresh| {
        let of_fork = || query.peek().is_some_and(|detail| detail.forks.iter().any(|fork| refresh.touches(fork.id)));
        if refresh.touches(id) || of_fork() {
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
    let address = Router::from_context().address();
    let choice = Kept::new(move || Choice::parse(|name| address.read().get(name).map(ToOwned::to_owned)));
    let selected = Kept::new(move || Selected::of(&detail.read(), choice.get()));
    let open = Open { id, detail, choice, selected, query };
    let controls = Kept::new(move || Controls::of(&detail.read()));
    let has_inspector = Memo::new(move |_| has_content(&detail.read(), &controls.read()));
    inspector::attend(has_inspector);
    view! {
        <Header open controls />
        <SinceYouLeft open />
        <Stop open controls />
        <Done open />
        <PendingGates open />
        <Request open />
        <div class="pipeline-grid" class:inspected=has_inspector>
            <Rail open />
            <StepPane open />
            // Its limits are those of the model, where a test compares them.
            <div
                class="inspector-edge"
                role="separator"
                aria-label="Width of the inspector"
                aria-orientation="vertical"
                aria-controls="inspector"
                aria-valuemin="240"
                aria-valuemax="560"
                tabindex="0"
            ></div>
            // The key that leads here gives it the focus.
            <aside class="inspector" id="inspector" aria-label="Inspector" tabindex="-1">
                <Steering open controls />
                <Ledger open />
            </aside>
        </div>
    }
}

/// The gates that wait, each with what is decided on.
#[component]
fn PendingGates(open: Open) -> impl IntoView {
    let inbox = Inbox::from_context();
    let pending = Kept::new(move || chain::pending(&open.detail.read()).cloned().collect::<Vec<Approval>>());
    let settled = Callback::new(move |_: Option<Approval>| {
        open.query.refresh();
        inbox.refresh();
    });
    view! { <Gates approvals=Signal::derive(move || pending.get()) settled in_inbox=false /> }
}

/// What was asked for, word for word.
#[component]
fn Request(open: Open) -> impl IntoView {
    let description = Signal::derive(move || open.detail.read().pipeline.description.clone());
    view! {
        <details class="fold request">
            <summary>"The request"</summary>
            <pre class="request-text" tabindex="0">{description}</pre>
            <Attached open />
        </details>
    }
}
