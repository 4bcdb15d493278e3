//! The end of a pipeline, before anything else: where its work is and what to do with it, or what broke and the ways on.

use super::Open;
use crate::api::{self, Command};
use crate::app::focus_first;
use crate::model::bodies;
use crate::model::control::Controls;
use crate::model::outcome::{broken_by, last_words};
use crate::model::selection::branch_changes_href;
use crate::ui::{Button, CopyButton, Kept, Kind, Refusal, When, region};
use agency_contract::PipelineStatus;
use leptos::prelude::*;

/// Where a note to the agent is written, before its step begins afresh.
const RETRY_NOTE: &str = "#retry-instruction";

/// Of a pipeline that succeeded.
#[component]
pub(super) fn Done(open: Open) -> impl IntoView {
    let is_done = Kept::new(move || open.detail.read().pipeline.status == PipelineStatus::Succeeded);
    let words = Kept::new(move || last_words(&open.detail.read()));
    let merge = Signal::derive(move || format!("git merge --no-ff {}", open.detail.read().pipeline.branch));
    view! {
        <When when=Signal::derive(move || is_done.get())>
            <section class="card done-card" aria-label="What came of it" data-testid="done">
                {region(move || words.get().map(|words| view! { <p class="evidence-summary">{words}</p> }))}
                <div class="actions">
                    <a class="button" href=branch_changes_href(open.id)>
                        "Review the changes"
                    </a>
                    <code class="branch">{merge}</code>
                    <CopyButton text=merge label="Copy the command that merges the branch" />
                </div>
            </section>
        </When>
    }
}

/// In the card of a pipeline that failed.
#[component]
pub(super) fn WaysOn(open: Open, controls: Kept<Controls>) -> impl IntoView {
    let command = Command::new();
    let evidence = Kept::new(move || broken_by(&open.detail.read()));
    let first = Kept::new(move || controls.read().retry.first().cloned());
    let show = move |(command, lines): (String, String)| {
        let label = format!("The end of what {command} printed");
        (!lines.is_empty()).then(|| view! { <pre class="block" tabindex="0" role="region" aria-label=label>{lines}</pre> })
    };
    let ways = move |(step, name): (String, String)| {
        let retry = move |()| {
            let step = step.parse().ok();
            command.run(api::retry_step(open.id, bodies::retry(step, "", "")), move |_| open.query.refresh());
        };
        view! {
            <div class="actions">
                <Button kind=Kind::Primary action="retry" pending=command.pending on_press=retry>
                    {format!("Retry {name}")}
                </Button>
                <Button on_press=move |()| focus_first(RETRY_NOTE)>"Retry with a note"</Button>
                <CopyButton text=format!("agency retry {}", open.id) label="Copy as command, for a shell" word="Copy as command" />
            </div>
        }
    };
    view! {
        {region(move || evidence.get().map(show))}
        {region(move || first.get().map(ways))}
        <Refusal error=command.error />
    }
}
