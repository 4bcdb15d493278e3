//! The permissions that hold on: what the agents of this pipeline may do without asking again.

use super::Open;
use crate::api::{self, Command};
use crate::model::control::{grants, reach};
use crate::model::status::has_ended;
use crate::ui::{Button, Kept, Refusal, When, region};
use leptos::prelude::*;

#[component]
pub(super) fn Grants(open: Open) -> impl IntoView {
    let held = Kept::new(move || if has_ended(open.detail.read().pipeline.status) { Vec::new() } else { grants(&open.detail.read()) });
    let command = Command::new();
    view! {
        <When when=Signal::derive(move || !held.read().is_empty())>
            <details class="fold steer" data-testid="grants">
                <summary>{move || format!("Allowed from now on ({})", held.read().len())}</summary>
                <div class="steer-body">
                    {region(move || {
                        held.get()
                            .into_iter()
                            .map(|(request, grant)| {
                                let place = reach(&open.detail.read_untracked(), request, &grant);
                                view! { <Held open command request patterns=grant.patterns place /> }
                            })
                            .collect_view()
                    })}
                    <Refusal error=command.error />
                </div>
            </details>
        </When>
    }
}

/// One of them, to be taken back.
#[component]
fn Held(open: Open, command: Command, request: i64, patterns: Vec<String>, place: String) -> impl IntoView {
    let revoke = Callback::new(move |()| command.run(api::revoke_permission(request), move |_| open.query.refresh()));
    let items = patterns.into_iter().map(|pattern| view! { <li><code class="pattern">{pattern}</code></li> }).collect_view();
    view! {
        <div class="evidence-box" data-testid="grant">
            <p class="block-label">{place}</p>
            <ul class="patterns">{items}</ul>
            <div class="actions">
                <Button pending=command.pending on_press=revoke>
                    "Take back"
                </Button>
            </div>
        </div>
    }
}
