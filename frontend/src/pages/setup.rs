//! Whether this machine can run pipelines: OpenCode, its version, a model provider; and the demo that needs no provider.

use super::fetched::Fetched;
use crate::api::{self, Command, Query};
use crate::router::Router;
use crate::ui::{Button, ErrorCard, Inline, Kind, When, region};
use agency_contract::OpenCode;
use leptos::prelude::*;

/// The whole checklist, for a product that has run nothing yet.
#[component]
pub(crate) fn SetupCard() -> impl IntoView {
    let opencode = Query::new(api::opencode);
    view! {
        <section class="card setup" aria-labelledby="setup-title">
            <h2 id="setup-title">"Before the first pipeline"</h2>
            <Fetched query=opencode label="Looking at this machine" lines=3 show=move |state| view! { <Checklist state=Signal::derive(move || (*state.get()).clone()) opencode /> } />
        </section>
    }
}

/// Only what is missing; nothing where all is well.
#[component]
pub(crate) fn SetupNotice() -> impl IntoView {
    let opencode = Query::new(api::opencode);
    let missing = move || opencode.value().filter(|state| !can_run(state));
    view! {
        {region(move || {
            missing()
                .map(|state| {
                    view! {
                        <section class="card notice" aria-label="What is missing on this machine">
                            <Checklist state=Signal::derive(move || (*state).clone()) opencode />
                        </section>
                    }
                })
        })}
    }
}

fn can_run(state: &OpenCode) -> bool {
    state.found && state.supported && state.provider_configured
}

#[component]
pub(super) fn Checklist(#[prop(into)] state: Signal<OpenCode>, opencode: Query<OpenCode>) -> impl IntoView {
    view! {
        <ul class="checklist">
            <Check ok=Signal::derive(move || state.read().found && state.read().supported) text=Signal::derive(move || state.with(version_line)) />
            <Check ok=Signal::derive(move || state.read().provider_configured) text=Signal::derive(move || state.with(provider_line)) />
        </ul>
        {region(move || {
            let state = state.get();
            (!state.found || !state.supported)
                .then(|| view! { <p class="how-to"><Inline text=state.how_to_install.clone() /></p> })
        })}
        <div class="actions">
            <When when=Signal::derive(move || state.read().demo.available)>
                <DemoButton />
            </When>
            <Button on_press=move |()| opencode.refresh()>"Check again"</Button>
        </div>
    }
}

fn version_line(state: &OpenCode) -> String {
    match (&state.version, state.found, state.supported) {
        (_, false, _) => "OpenCode is not found. Install it, then check again.".to_owned(),
        (Some(version), true, true) => format!("OpenCode {version}"),
        (Some(version), true, false) => {
            format!("OpenCode {version} is not a version that theAgency drives. It needs {}.", state.supported_versions)
        }
        (None, true, _) => format!("OpenCode is found, and its version cannot be read. It needs {}.", state.supported_versions),
    }
}

fn provider_line(state: &OpenCode) -> String {
    match (&state.default_model, state.provider_configured) {
        (Some(model), true) => format!("Model `{model}`"),
        (None, true) => "A model provider is configured in OpenCode.".to_owned(),
        (_, false) => {
            "No model provider is configured in OpenCode. Run `opencode auth login`, then check again. The demo needs none.".to_owned()
        }
    }
}

#[component]
pub(super) fn Check(#[prop(into)] ok: Signal<bool>, #[prop(into)] text: Signal<String>) -> impl IntoView {
    view! {
        <li class=Signal::derive(move || if ok.get() { "check tone-good" } else { "check tone-waiting" })>
            <span class="glyph" aria-hidden="true">
                {Signal::derive(move || if ok.get() { "✓" } else { "!" })}
            </span>
            <span class="sr-only">{Signal::derive(move || if ok.get() { "In order: " } else { "Missing: " })}</span>
            <span class="check-text">{region(move || view! { <Inline text=text.get() /> })}</span>
        </li>
    }
}

/// Starts the demo and opens it.
#[component]
pub(crate) fn DemoButton() -> impl IntoView {
    let command = Command::new();
    let router = Router::from_context();
    let start = move |()| command.open_made(api::start_demo(), router);
    view! {
        <Button kind=Kind::Primary pending=command.pending on_press=start>
            "Run the demo (scripted model)"
        </Button>
        {region(move || command.error.get().map(|error| view! { <ErrorCard error /> }))}
    }
}
