//! What happened while the reader was away, when they come back to a pipeline.

use super::Open;
use crate::api::{self, Query};
use crate::model::audit::AuditFilters;
use crate::model::chain::step_name;
use crate::model::since::{Seen, digest};
use crate::model::urls;
use crate::ui::{Ago, Button, Kept, effect, region, store, stored};
use agency_contract::AuditEvent;
use leptos::prelude::*;
use serde_json::json;

/// Enough of the log for the digest of a long night.
const EVENTS_READ: usize = 200;

fn now() -> i64 {
    js_sys::Date::now() as i64
}

#[component]
pub(super) fn SinceYouLeft(open: Open) -> impl IntoView {
    let key = format!("agency.seen.{}", open.id);
    let seen = stored::<Vec<i64>>(&key).and_then(|kept| Seen::read(&kept));
    let missed = seen.filter(|seen| seen.missed_something(open.detail.read_untracked().seq, now()));
    // What is on screen counts as seen, unless nobody looks at the tab.
    effect(move || {
        let seq = open.detail.read().seq;
        if !document().hidden() {
            store(&key, &json!([seq, now()]));
        }
    });
    missed.map(|seen| view! { <Digest open seen /> })
}

#[component]
fn Digest(open: Open, seen: Seen) -> impl IntoView {
    let is_open = RwSignal::new(true);
    let events = Query::new(move || api::audit_events(Some(open.id), AuditFilters::default(), EVENTS_READ));
    let told = Kept::new(move || events.value().map(|page| digest(&page.items, seen.seq)));
    let line = move |event: AuditEvent| {
        let detail = open.detail.read_untracked();
        let step = detail.steps.iter().find(|step| Some(step.id) == event.step_id).map(|step| format!("{}: ", step_name(step)));
        view! {
            <li>
                <Ago at=event.created_at />
                " · "
                {step}
                {event.summary}
            </li>
        }
    };
    region(move || {
        let (lines, has_more) = told.get().filter(|(lines, _)| is_open.get() && !lines.is_empty())?;
        let more = has_more.then(|| view! { <a href=urls::pipeline_audit(open.id)>"All of it is in the audit log"</a> });
        Some(view! {
            <section class="card since" aria-label="Since you left" data-testid="since">
                <h2>"Since you left"</h2>
                <ul>{lines.into_iter().map(line).collect_view()}</ul>
                <div class="actions">
                    <Button on_press=move |()| is_open.set(false)>"Close"</Button>
                    {more}
                </div>
            </section>
        })
    })
}
