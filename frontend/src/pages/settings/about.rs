//! What this installation is, and whether it can work.

use crate::api::{self, Query};
use crate::pages::fetched::Fetched;
use crate::pages::setup::{Check, Checklist};
use leptos::prelude::*;
use serde_json::Value;
use std::sync::Arc;

#[component]
pub(super) fn About() -> impl IntoView {
    let server = Query::new(api::server);
    let opencode = Query::new(api::opencode);
    view! {
        <section class="card" aria-labelledby="settings-about">
            <h2 id="settings-about">"About"</h2>
            <Fetched query=server label="Asking the server" lines=3 show=move |server| view! { <Server server /> } />
            <h3>"OpenCode"</h3>
            <Fetched query=opencode label="Looking at OpenCode" lines=2 show=move |state| {
                view! { <Checklist state=Signal::derive(move || (*state.get()).clone()) opencode /> }
            } />
            <p class="links">
                <a href="/docs/" rel="external">
                    "The API of this server"
                </a>
            </p>
        </section>
    }
}

#[component]
fn Server(server: Signal<Arc<Value>>) -> impl IntoView {
    let version = Signal::derive(move || format!("theAgency {}", server.read()["version"].as_str().unwrap_or_default()));
    let line = move |part: &'static str| {
        view! {
            <Check
                ok=Signal::derive(move || server.read()[part]["ok"] == true)
                text=Signal::derive(move || server.read()[part]["detail"].as_str().unwrap_or_default().to_owned())
            />
        }
    };
    view! {
        <p>{version}</p>
        <ul class="checklist">{["database", "disk"].into_iter().map(line).collect_view()}</ul>
    }
}
