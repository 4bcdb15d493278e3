//! How the newest runs of a template ended: a strip of them, the newest last, and a sentence that says it for everyone. Of an agent, the sentence about
//! its results.

use crate::api::{self, Query};
use crate::model::urls;
use crate::ui::region;
use leptos::prelude::*;
use serde_json::Value;

#[component]
pub(super) fn Record(template: String) -> impl IntoView {
    let record = Query::new(move || api::template_record(&template));
    // Thirty stops for the keyboard would be in the way of whoever walks through the page; the list of pipelines has the same runs.
    let run = |run: &Value| {
        let text = |name: &str| run[name].as_str().unwrap_or_default();
        let title = format!("{}: {}", text("title"), text("status"));
        view! { <a href=urls::of_field(run, "pipeline_id") tabindex="-1" title=title data-status=text("status").to_owned()></a> }
    };
    let shown = move |record: &Value| {
        let runs = record["runs"].as_array().into_iter().flatten().rev().map(run).collect_view();
        view! {
            <p class="hint record">
                <span class="strip" aria-hidden="true">
                    {runs}
                </span>
                {record["summary"].as_str().unwrap_or_default().to_owned()}
            </p>
        }
    };
    region(move || record.value().map(|record| shown(&record)))
}

#[component]
pub(super) fn AgentRecord(agent: String) -> impl IntoView {
    let record = Query::new(move || api::agent_record(&agent));
    let summary = move || record.value().and_then(|record| Some(record["summary"].as_str()?.to_owned()));
    view! { <p class="hint">{Signal::derive(summary)}</p> }
}
