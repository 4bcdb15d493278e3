//! What a hand-off says otherwise than the one that an earlier attempt at the same step left.

use super::diff_table::{MiniDiff, PlusMinus};
use crate::api::{self, Query};
use crate::pages::fetched::Fetched;
use crate::ui::region;
use leptos::prelude::*;
use serde_json::Value;
use std::sync::Arc;

#[component]
pub(super) fn Earlier(pipeline: i64, attempt_id: i64) -> impl IntoView {
    let query = Query::new(move || api::handoff_changes(pipeline, attempt_id));
    let show = move |changes: Signal<Arc<Value>>| region(move || changed(&changes.read()));
    view! { <Fetched query label="Comparing the hand-offs" lines=4 show /> }
}

fn changed(changes: &Value) -> AnyView {
    let rows = changes["rows"].as_str().unwrap_or_default().to_owned();
    if rows.is_empty() {
        return view! { <p class="muted">"It says the same, word for word."</p> }.into_any();
    }
    let count = |name: &str| changes[name].as_u64().and_then(|count| u32::try_from(count).ok()).unwrap_or_default();
    view! {
        <p class="muted">
            "From attempt " {count("since_number").to_string()} " to this one: " <PlusMinus added=count("additions") removed=count("deletions") />
        </p>
        <MiniDiff rows />
    }
    .into_any()
}
