//! What would be sent, before anything is: each step with its prompt, its role and its commands.

use super::Form;
use crate::api::{self, Command};
use crate::model::dry_run::{Line, lines};
use crate::model::json::from_value;
use crate::ui::{Button, CopyButton, region};
use agency_contract::DryRun;
use leptos::prelude::*;

/// The button, and where its answer is shown.
#[derive(Clone, Copy)]
pub(super) struct Rehearsal {
    pub(super) command: Command,
    /// What would be sent, and the command that starts the same.
    found: RwSignal<Option<(Vec<Line>, Option<String>)>>,
}

impl Rehearsal {
    pub(super) fn new() -> Self {
        Self { command: Command::new(), found: RwSignal::new(None) }
    }
}

#[component]
pub(super) fn DryRunButton(form: Form, rehearsal: Rehearsal) -> impl IntoView {
    let on_press = Callback::new(move |()| {
        let Some(request) = form.checked() else { return };
        rehearsal.command.run(api::dry_run(request), move |answer| {
            rehearsal.found.set(from_value::<DryRun>(answer.clone()).ok().map(|dry| (lines(&dry), dry.command)));
        });
    });
    view! {
        <Button action="dry-run" pending=rehearsal.command.pending on_press>
            "Dry run"
        </Button>
    }
}

#[component]
pub(super) fn DryRunView(rehearsal: Rehearsal) -> impl IntoView {
    let text = |(name, text): (&'static str, String)| {
        view! {
            <h3>{name}</h3>
            <pre tabindex="0">{text}</pre>
        }
    };
    let step = move |line: &Line| {
        view! {
            <li>
                <details class="fold">
                    <summary>{line.title.clone()}</summary>
                    {line.texts.clone().into_iter().map(text).collect_view()}
                </details>
            </li>
        }
    };
    region(move || {
        rehearsal.found.read().as_ref().map(|(lines, command)| {
            view! {
                <section class="card" data-testid="dry-run">
                    <h2>"What would be sent"</h2>
                    <p class="hint">"Nothing was started, and no model was asked. Hand-offs that do not exist yet are named in their place."</p>
                    <ol class="entries">{lines.iter().map(step).collect_view()}</ol>
                    {command.clone().map(|command| view! { <CopyButton text=command label="Copy as command, for a shell" word="Copy as command" /> })}
                </section>
            }
        })
    })
}
