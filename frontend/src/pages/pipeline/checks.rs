//! The commands that a check ran: how each ended, how long it took, and the end of what it printed.

use crate::model::status::check_badge;
use crate::ui::BadgeView;
use agency_contract::CheckRun;
use agency_contract::words::duration;
use leptos::prelude::*;

#[component]
pub(super) fn Checks(checks: Vec<CheckRun>) -> impl IntoView {
    let runs = checks.into_iter().map(|run| view! { <Run run /> }).collect_view();
    view! { <ol class="check-runs">{runs}</ol> }
}

#[component]
fn Run(run: CheckRun) -> impl IntoView {
    let exit = run.exit_code.map(|code| format!("exit code {code}"));
    let took = duration(i64::try_from(run.duration_ms).unwrap_or(i64::MAX));
    let label = format!("What {} printed", run.command);
    view! {
        <li class="check-run" data-testid="check-run">
            <p class="check-line">
                <code>{run.command}</code>
                <BadgeView badge=check_badge(run.passed) />
                <span class="muted">{exit.unwrap_or(run.outcome)} ", " {took}</span>
            </p>
            <details class="fold" open=!run.passed>
                <summary>"The end of its output"</summary>
                <pre class="block" tabindex="0" role="region" aria-label=label>
                    {if run.tail.is_empty() { "It printed nothing.".to_owned() } else { run.tail }}
                </pre>
            </details>
        </li>
    }
}
