//! `/inbox`: everything that waits for a person, of all pipelines: what agents ask, then the gates, then what stopped or ended.

mod ended;
mod gate;
mod request;

use super::fetched::Fetched;
use crate::app;
use crate::model::chain::gate_key;
use crate::model::format::counted;
use crate::model::status::approval_badge;
use crate::ui::{BadgeView, Button, EmptyState, PageHeading, When, keyed, region};
use agency_contract::{AgentRequest, Approval, Page};
use ended::Ended;
use gate::ApprovalCard;
use leptos::prelude::*;
use request::RequestCard;
use std::sync::Arc;

#[component]
pub(crate) fn Inbox() -> impl IntoView {
    let inbox = app::Inbox::from_context();
    let last = RwSignal::new(None::<Approval>);
    let settled = Callback::new(move |approval: Option<Approval>| {
        if approval.is_some() {
            last.set(approval);
        }
        inbox.refresh();
    });
    let nothing_waits = move || {
        let is_empty = |count: Option<usize>| count == Some(0);
        let [requests, approvals] =
            [inbox.requests.value().map(|page| page.items.len()), inbox.approvals.value().map(|page| page.items.len())];
        [requests, approvals, inbox.news(|_| ()).map(|news| news.len())].into_iter().all(is_empty)
    };
    view! {
        <div class="page-head">
            <PageHeading title="Inbox">"Inbox"</PageHeading>
            <p class="lead">"What waits for you. Nothing is ever approved by time; what an agent asks is denied at its deadline."</p>
        </div>
        <div role="status">{region(move || last.get().map(|approval| view! { <LastDecision approval /> }))}</div>
        <When when=Signal::derive(nothing_waits)>
            <EmptyState title="Nothing waits for you.">
                <p>
                    <a href="/pipelines">"See what the agents are working on"</a>
                </p>
            </EmptyState>
        </When>
        <Fetched query=inbox.requests label="Loading what agents ask" lines=3 show=move |page| view! { <Asked page /> } />
        <Fetched query=inbox.approvals label="Loading the approvals" lines=6 show=move |page| view! { <Waiting page settled /> } />
        <Fetched query=inbox.stopped label="Loading what has stopped" lines=3 show=move |page| view! { <Ended page /> } />
    }
}

#[component]
fn Asked(page: Signal<Arc<Page<AgentRequest>>>) -> impl IntoView {
    view! { <Requests requests=Signal::derive(move || page.read().items.clone()) in_inbox=true /> }
}

#[component]
fn Waiting(page: Signal<Arc<Page<Approval>>>, settled: Callback<Option<Approval>>) -> impl IntoView {
    let inbox = app::Inbox::from_context();
    let oldest_first = move || {
        let mut items = page.read().items.clone();
        items.retain(|gate| !inbox.is_put_off(gate));
        // The API lists the newest first.
        items.reverse();
        items
    };
    let put_off = move || page.read().items.iter().filter(|gate| inbox.is_put_off(gate)).count();
    view! {
        <Gates approvals=Signal::derive(oldest_first) settled in_inbox=true />
        <When when=Signal::derive(move || put_off() > 0)>
            <p class="actions" data-testid="put-off">
                <span class="muted">{Signal::derive(move || counted(put_off(), "approval", "approvals"))} " put off for an hour at most."</span>
                <Button on_press=move |()| inbox.put_off(None)>"Show"</Button>
            </p>
        </When>
    }
}

/// A card per request. What is typed into one survives whatever happens to the others.
#[component]
pub(super) fn Requests(#[prop(into)] requests: Signal<Vec<AgentRequest>>, in_inbox: bool) -> impl IntoView {
    let ids = move || requests.read().iter().map(|request| request.id).collect();
    let card = move |id| {
        let request = requests.read_untracked().iter().find(|request| request.id == id).cloned();
        request.map(|request| view! { <RequestCard request in_inbox /> })
    };
    keyed(ids, card)
}

/// A card per gate, likewise; another digest is another thing to decide on.
#[component]
pub(super) fn Gates(#[prop(into)] approvals: Signal<Vec<Approval>>, settled: Callback<Option<Approval>>, in_inbox: bool) -> impl IntoView {
    let keys = move || approvals.read().iter().map(gate_key).collect();
    let card = move |key| {
        let approval = approvals.read_untracked().iter().find(|approval| gate_key(approval) == key).cloned();
        approval.map(|approval| view! { <ApprovalCard approval settled in_inbox /> })
    };
    keyed(keys, card)
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
