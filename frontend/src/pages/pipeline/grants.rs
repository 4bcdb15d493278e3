//! The permissions that hold on: what the agents of this pipeline may do without asking again.

use super::Open;
use crate::api::{self, Command};
use crate::model::control::grants;
use crate::ui::{Button, Kept, Refusal, When, region};
use leptos::prelude::*;

#[component]
pub(super) fn Grants(open: Open) -> impl IntoView {
    let held = Kept::new(move || grants(&open.detail.read()));
    let command = Command::new();
    view! {
        <When when=Signal::derive(move || !held.read().is_empty())>
            <details class="fold steer" data-testid="grants">
                <summary>{move || format!("Allowed from now on ({})", held.read().len())}</summary>
                <div class="steer-body">
                    {region(move || held.get().into_iter().map(|(request, what)| view! { <Held open command request what /> }).collect_view())}
                    <Refusal error=command.error />
                </div>
            </details>
        </When>
    }
}

/// One of them, to be taken back.
#[component]
fn Held(open: Open, command: Command, request: String, what: String) -> impl IntoView {
    let revoke = Callback::new(move |()| command.run(api::revoke_permission(&request), move |_| open.query.refresh()));
    view! {
        <div class="evidence-box" data-testid="grant">
            <code class="pattern">{what}</code>
            <div class="actions">
                <Button pending=command.pending on_press=revoke>
                    "Take back"
                </Button>
            </div>
        </div>
    }
}
