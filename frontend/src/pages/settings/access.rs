//! Who may call: the access tokens and the browsers that have signed in. Makes tokens, revokes, signs out.

use crate::api::{self, Command, Query};
use crate::model::access::{Entry, entries, lead};
use crate::pages::fetched::Fetched;
use crate::ui::{Ago, Button, Refusal, ShownOnce, TextField, region};
use leptos::prelude::*;
use serde_json::Value;

#[component]
pub(super) fn Access() -> impl IntoView {
    let access = Query::new(api::access);
    let changed = Command::new();
    let made = Command::new();
    let (name, secret) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let refresh = move |_: &Value| access.refresh();
    let revoke = move |id| changed.run(api::revoke(id), refresh);
    let sign_out = move || changed.run(api::sign_out(), |_| drop(window().location().reload()));
    let make = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        made.run(api::create_token(&name.get_untracked()), move |answer| {
            secret.set(answer["secret"].as_str().unwrap_or_default().to_owned());
            name.set(String::new());
            access.refresh();
        });
    };
    let row = move |entry: Entry| {
        let Entry { id, name, kind, created_at, used_at, is_this } = entry;
        let press = move |()| if is_this { sign_out() } else { revoke(id) };
        let used = used_at.map_or_else(|| ", never used".into_any(), |at| view! { ", last used " <Ago at /> }.into_any());
        view! {
            <li class="entry">
                <span>
                    <strong>{name}</strong>
                    <span class="hint">{kind} ", made " <Ago at=created_at /> {used}</span>
                </span>
                <Button pending=changed.pending on_press=press>
                    {if is_this { "Sign out" } else { "Revoke" }}
                </Button>
            </li>
        }
    };
    let error = move || made.error.get().map(|error| error.detail);
    view! {
        <section class="card" aria-labelledby="settings-access">
            <h2 id="settings-access">"Access"</h2>
            <Fetched query=access label="Asking who may call" lines=2 show=move |value| {
                region(move || {
                    let value = value.read();
                    view! {
                        <p>{lead(&value)}</p>
                        <ul class="entries">{entries(&value).into_iter().map(row).collect_view()}</ul>
                    }
                })
            } />
            <Refusal error=changed.error />
            <form on:submit=make>
                <TextField
                    id="token-name"
                    label="New access token"
                    hint="What it is for. The audit log names who acts with it by this."
                    value=name
                    error=Signal::derive(error)
                    on_input=move |text| name.set(text)
                />
                <Button submits=true pending=made.pending>
                    "Make a token"
                </Button>
            </form>
            <ShownOnce
                text=secret
                hint="Copy it now: it is shown this once. Scripts send it as Authorization: Bearer; the agency command takes it from AGENCY_TOKEN."
            />
        </section>
    }
}
