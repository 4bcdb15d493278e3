//! `/pipelines`: all of them, newest first, live. The filters are in the URL.

mod row;

use super::fetched::Fetched;
use super::setup::{SetupCard, SetupNotice};
use crate::api::{self, Query};
use crate::live::Live;
use crate::model::urls::{Filters, STATUS_CHOICES};
use crate::router::Router;
use crate::ui::{Button, EmptyState, FilterBar, Kept, PageHeading, When};
use agency_contract::{Page, Pipeline};
use leptos::prelude::*;
pub(super) use row::rows;
use std::sync::Arc;

/// How many rows one more press of "Load more" shows.
const ROWS_PER_PAGE: usize = 50;

#[component]
pub(crate) fn Pipelines() -> impl IntoView {
    let address = Router::from_context().address();
    let filters = Kept::new(move || Filters::of(&address.read()));
    let wanted = RwSignal::new(ROWS_PER_PAGE);
    let list = Query::new(move || api::pipelines((*filters.read_untracked()).clone(), wanted.get_untracked()));
    let changed = Callback::new(move |()| wanted.set(ROWS_PER_PAGE));
    list.follow_with(filters, changed);
    Live::from_context().on_refresh(move |refresh| {
        if refresh.touches_any() {
            list.refresh_soon();
        }
    });
    let load_more = move |()| {
        wanted.update(|wanted| *wanted += ROWS_PER_PAGE);
        list.restart();
    };
    view! {
        <div class="page-head">
            <PageHeading title="Pipelines">"Pipelines"</PageHeading>
        </div>
        <Filtering filters />
        <Fetched query=list label="Loading the pipelines" lines=8 show=move |page| view! { <List page filters load_more=Callback::new(load_more) /> } />
    }
}

#[component]
fn Filtering(filters: Kept<Filters>) -> impl IntoView {
    let router = Router::from_context();
    let typed = move |text: String| router.replace(&filters.read_untracked().typed(&text).href());
    view! {
        <FilterBar
            choices=&STATUS_CHOICES
            label="Filter by status"
            chosen=Signal::derive(move || filters.get().status)
            href=Callback::new(move |status| filters.read().with_status(status).href())
            id="pipelines-q"
            search="Search, or template:quick_fix"
            text=Signal::derive(move || filters.read().text())
            on_text=Callback::new(typed)
        />
    }
}

#[component]
fn List(page: Signal<Arc<Page<Pipeline>>>, filters: Kept<Filters>, load_more: Callback<()>) -> impl IntoView {
    let is_empty = Memo::new(move |_| page.read().items.is_empty());
    let has_more = Memo::new(move |_| page.read().next_cursor.is_some());
    let ids = move || page.read().items.iter().map(|pipeline| pipeline.id).collect();
    view! {
        <When when=is_empty>
            <NothingHere filters />
        </When>
        <When when=Signal::derive(move || !is_empty.get())>
            <ul class="rows" aria-label="Pipelines">
                {rows(page, ids)}
            </ul>
            <When when=has_more>
                <div class="actions center">
                    <Button on_press=move |()| load_more.run(())>"Load more"</Button>
                </div>
            </When>
            // Behind the rows: they do not move when it comes.
            <SetupNotice />
        </When>
    }
}

#[component]
fn NothingHere(filters: Kept<Filters>) -> impl IntoView {
    let is_filtered = Memo::new(move |_| !filters.read().are_empty());
    view! {
        <When when=Signal::derive(move || !is_filtered.get())>
            <EmptyState title="No pipeline has run yet.">
                <p>"Describe a feature, name a repository, and a chain of agents works on it on a branch of its own while you watch."</p>
                <div class="actions center">
                    <a class="button primary" href="/pipelines/new">
                        "Start the first pipeline"
                    </a>
                </div>
            </EmptyState>
            <SetupCard />
        </When>
        <When when=is_filtered>
            <EmptyState title="No pipeline matches these filters.">
                <p>
                    <a href="/pipelines">"Show all pipelines"</a>
                </p>
            </EmptyState>
        </When>
    }
}
