//! Signing in, over whatever page the reader was on: it opens by itself when the server does not know who calls.

use crate::api::{self, Command};
use crate::ui::{Button, Kind, Modal, TextField};
use agency_contract::SIGN_IN_FRAGMENT;
use leptos::prelude::*;

#[component]
pub(super) fn SignIn() -> impl IntoView {
    let open = RwSignal::new(false);
    let command = Command::new();
    let secret = RwSignal::new(String::new());
    let send = move |()| {
        // Everything that failed is asked for again; drafts are kept by the browser.
        command.run(api::sign_in(&secret.get_untracked()), |_| {
            let location = window().location();
            let _ = location.set_hash("");
            let _ = location.reload();
        });
    };
    let in_link = RwSignal::new(window().location().hash().ok().and_then(|hash| Some(hash.strip_prefix(SIGN_IN_FRAGMENT)?.to_owned())));
    api::on_stranger(move || match in_link.write_untracked().take() {
        Some(code) => {
            secret.set(code);
            send(());
        }
        None if !command.pending.get_untracked() => open.set(true),
        None => {}
    });
    let error = move || command.error.get().map(|error| error.detail);
    view! {
        <Modal open label="Sign in">
            <form class="dialog-body" on:submit=move |event| {
                event.prevent_default();
                send(());
            }>
                <h2>"Sign in"</h2>
                <TextField
                    id="secret"
                    label="Access token"
                    hint="Or the code behind #sign-in= in the link that the server printed at its start."
                    mono=true
                    value=secret
                    error=Signal::derive(error)
                    on_input=move |text| secret.set(text)
                />
                <div class="actions end">
                    <Button kind=Kind::Primary submits=true pending=command.pending>
                        "Sign in"
                    </Button>
                </div>
            </form>
        </Modal>
    }
}
