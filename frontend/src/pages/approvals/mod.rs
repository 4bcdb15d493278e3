//! `/approvals`: every gate that waits for a person, of all pipelines, oldest first.

mod card;

use super::fetched::Fetched;
use crate::app::Inbox;
use crate::model::status::approval_badge;
use crate::ui::{BadgeView, EmptyState, PageHeading, When, region};
use agency_contract::{Approval, Page};
use card::ApprovalCard;
use leptos::prelude::*;
use std::sync::Arc;

#[component]
pub(crate) fn Approvals() -> impl IntoView {
    let inbox = expect_context::<Inbox>().0;
    let last = RwSignal::new(None::<Approval>);
    let settled = Callback::new(move |approval: Option<Approval>| {
        if approval.is_some() {
            last.set(approval);
        }
        inbox.refresh();
    });
    view! {
        <div class="page-head">
            <PageHeading title="Approvals">"Approvals"</PageHeading>
            <p class="lead">"Pipelines that wait for a decision of yours. Nothing is ever approved by time."</p>
        </div>
        <div role="status">{region(move || last.get().map(|approval| view! { <LastDecision approval /> }))}</div>
        <Fetched query=inbox label="Loading the approvals" lines=6 show=move |page| view! { <Cards page settled /> } />
    }
}

#[component]
fn Cards(page: Signal<Arc<Page<Approval>>>, settled: Callback<Option<Approval>>) -> impl IntoView {
    let oldest_first = move || {
        let mut items = page.read().items.clone();
        // The API lists the newest first.
        items.reverse();
        items
    };
    view! {
        <When when=Signal::derive(move || page.read().items.is_empty())>
            <EmptyState title="Nothing waits for you.">
                <p>
                    <a href="/pipelines">"See what the agents are working on"</a>
                </p>
            </EmptyState>
        </When>
        <Gates approvals=Signal::derive(oldest_first) settled in_inbox=true />
    }
}

/// A card per gate. What is typed into one survives whatever happens to the others; another digest is another thing to decide on.
#[component]
pub(super) fn Gates(#[prop(into)] approvals: Signal<Vec<Approval>>, settled: Callback<Option<Approval>>, in_inbox: bool) -> impl IntoView {
    view! {
        <For each=move || approvals.get() key=|approval| (approval.id, approval.digest.clone()) let:approval>
            <ApprovalCard approval settled in_inbox />
        </For>
    }
}

#[component]
fn LastDecision(approval: Approval) -> impl IntoView {
    view! {
        <p class="card last-decision">
            <BadgeView badge=approval_badge(approval.status) />
            <span>{approval.question} " · " {approval.pipeline_title}</span>
        </p>
    }
}
