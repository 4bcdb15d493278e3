//! `/approvals`: every gate that waits for a person, of all pipelines, oldest first.

mod card;

use super::fetched::Fetched;
use crate::app::Inbox;
use crate::model::status::approval_badge;
use crate::ui::{BadgeView, EmptyState, PageHeading};
use agency_contract::{Approval, Page};
pub(super) use card::ApprovalCard;
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
        <div role="status">{move || last.get().map(|approval| view! { <LastDecision approval /> })}</div>
        <Fetched query=inbox label="Loading the approvals" lines=6 show=move |page| view! { <Cards page settled /> } />
    }
}

#[component]
fn Cards(page: Signal<Arc<Page<Approval>>>, settled: Callback<Option<Approval>>) -> impl IntoView {
    let oldest_first = move || {
        let mut items = page.read().items.clone();
        items.sort_by(|one, other| one.created_at.cmp(&other.created_at));
        items
    };
    view! {
        <Show when=move || page.read().items.is_empty()>
            <EmptyState title="Nothing waits for you.">
                <p>
                    <a href="/pipelines">"See what the agents are working on"</a>
                </p>
            </EmptyState>
        </Show>
        <For each=oldest_first key=|approval| (approval.id, approval.digest.clone()) let:approval>
            <ApprovalCard approval settled in_inbox=true />
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
