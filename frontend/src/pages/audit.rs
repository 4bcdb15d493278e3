//! `/audit` and `/pipelines/:id/audit`: the appended facts, of all pipelines or of one. The filters are in the URL.

use super::fetched::Fetched;
use crate::api::{self, Query};
use crate::live::Live;
use crate::model::audit::{AuditFilters, KIND_CHOICES, chain_line, event_name, exports, step_href};
use crate::model::urls;
use crate::router::Router;
use crate::ui::{Ago, Button, EmptyState, FilterBar, Kept, PageHeading, When, keyed};
use agency_contract::{AuditEvent, Page};
use leptos::prelude::*;
use std::sync::Arc;

/// How many rows one more press of "Load more" shows.
const ROWS_PER_PAGE: usize = 100;

#[component]
pub(crate) fn Audit(pipeline_id: Option<i64>) -> impl IntoView {
    let address = Router::from_context().address();
    let filters = Kept::new(move || AuditFilters::of(&address.read()));
    let wanted = RwSignal::new(ROWS_PER_PAGE);
    let events = Query::new(move || api::audit_events(pipeline_id, (*filters.read_untracked()).clone(), wanted.get_untracked()));
    events.follow_with(filters, Callback::new(move |()| wanted.set(ROWS_PER_PAGE)));
    let verified = Query::new(api::audit_verification);
    Live::from_context().on_refresh(move |refresh| {
        if pipeline_id.map_or_else(|| refresh.touches_any(), |id| refresh.touches(id)) {
            events.refresh_soon();
            verified.refresh_soon();
        }
    });
    let load_more = Callback::new(move |()| {
        wanted.update(|wanted| *wanted += ROWS_PER_PAGE);
        events.restart();
    });
    let title = pipeline_id.map_or_else(|| "Audit".to_owned(), |id| format!("Audit of pipeline {id}"));
    view! {
        <div class="page-head">
            <PageHeading title=title.clone()>{title.clone()}</PageHeading>
            {pipeline_id.is_none().then(|| view! { <p class="lead">"Each fact about each pipeline, newest first. Nothing here is ever edited."</p> })}
            <Links pipeline_id filters />
            <p class="muted" role="status">
                {Signal::derive(move || verified.value().map(|answer| chain_line(&answer)).unwrap_or_default())}
            </p>
        </div>
        <Filtering pipeline_id filters />
        <Fetched
            query=events
            label="Loading the audit log"
            lines=8
            show=move |page| view! { <AuditTable page pipeline_id filters load_more /> }
        />
    }
}

/// What is exported is what is shown, and what is not loaded yet.
#[component]
fn Links(pipeline_id: Option<i64>, filters: Kept<AuditFilters>) -> impl IntoView {
    let export = move |(format, label): (&'static str, &'static str)| {
        let href = Signal::derive(move || api::audit_export_url(pipeline_id, &filters.read(), format));
        view! {
            <a href=href download="" rel="external">
                {label}
            </a>
        }
    };
    view! {
        <p class="lead links">
            {pipeline_id.map(|id| view! { <a href=urls::pipeline(id)>"Back to the pipeline"</a> })}
            {exports(pipeline_id.is_some()).iter().copied().map(export).collect_view()}
        </p>
    }
}

#[component]
fn Filtering(pipeline_id: Option<i64>, filters: Kept<AuditFilters>) -> impl IntoView {
    let router = Router::from_context();
    let typed = move |text: String| router.replace(&filters.read_untracked().with_q(&text).href(pipeline_id));
    view! {
        <FilterBar
            choices=&KIND_CHOICES
            label="Filter by kind"
            chosen=Signal::derive(move || filters.get().kind)
            href=Callback::new(move |kind| filters.read().with_kind(kind).href(pipeline_id))
            id="audit-q"
            search="Search what happened"
            text=Signal::derive(move || filters.get().q)
            on_text=Callback::new(typed)
        />
    }
}

#[component]
fn AuditTable(
    page: Signal<Arc<Page<AuditEvent>>>,
    pipeline_id: Option<i64>,
    filters: Kept<AuditFilters>,
    load_more: Callback<()>,
) -> impl IntoView {
    let is_empty = Memo::new(move |_| page.read().items.is_empty());
    let has_more = Memo::new(move |_| page.read().next_cursor.is_some());
    let of_all = pipeline_id.is_none();
    let ids = move || page.read().items.iter().map(|event| event.id).collect();
    let row = move |id| {
        let event = page.read_untracked().items.iter().find(|event| event.id == id).cloned();
        event.map(|event| view! { <AuditRow event of_all /> })
    };
    view! {
        <When when=is_empty>
            <NothingHere pipeline_id filters />
        </When>
        <When when=Signal::derive(move || !is_empty.get())>
            <div class="table-frame" role="region" aria-label="Audit events" tabindex="0">
                <table class="table audit-table">
                    <thead>
                        <tr>
                            <th scope="col">"#"</th>
                            <th scope="col">"When"</th>
                            {of_all.then(|| view! { <th scope="col">"Pipeline"</th> })}
                            <th scope="col">"Event"</th>
                            <th scope="col">"What"</th>
                        </tr>
                    </thead>
                    <tbody>{keyed(ids, row)}</tbody>
                </table>
            </div>
            <When when=has_more>
                <div class="actions center">
                    <Button on_press=move |()| load_more.run(())>"Load more"</Button>
                </div>
            </When>
        </When>
    }
}

#[component]
fn NothingHere(pipeline_id: Option<i64>, filters: Kept<AuditFilters>) -> impl IntoView {
    let is_filtered = Memo::new(move |_| !filters.read().are_empty());
    view! {
        <When when=Signal::derive(move || !is_filtered.get())>
            <EmptyState title="Nothing has happened yet." />
        </When>
        <When when=is_filtered>
            <EmptyState title="Nothing matches.">
                <p>
                    <a href=AuditFilters::default().href(pipeline_id)>"Clear filters"</a>
                </p>
            </EmptyState>
        </When>
    }
}

/// The event's name leads to the step that it is about.
#[component]
fn AuditRow(event: AuditEvent, of_all: bool) -> impl IntoView {
    let name = event_name(&event);
    let name = match step_href(&event) {
        Some(href) => view! { <a href=href>{name}</a> }.into_any(),
        None => name.into_any(),
    };
    let payload = serde_json::to_string_pretty(&event.payload).unwrap_or_default();
    let id = event.pipeline_id;
    view! {
        <tr data-event=event.event_type>
            <td class="number">{event.id}</td>
            <td class="nowrap">
                <Ago at=event.created_at />
            </td>
            {of_all
                .then(|| {
                    view! {
                        <td>
                            <a href=urls::pipeline(id)>{format!("#{id}")}</a>
                        </td>
                    }
                })}
            <td class="nowrap">{name}</td>
            <td>
                <details class="fold">
                    <summary data-row="">{event.summary}</summary>
                    <pre class="payload" tabindex="0">{payload}</pre>
                </details>
            </td>
        </tr>
    }
}
