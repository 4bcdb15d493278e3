//! How the stream of events is, always in sight: a word in the bar, and a banner once the server has been out of reach for more than a moment.

use crate::api::{self, Returns};
use crate::live::Live;
use crate::model::connection::Outage;
use crate::ui::{Button, Kept, When, effect, local_time, region};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Tells those whose calls failed that the server is back, and finds out whether it came back with another page.
pub(super) fn count_returns(live: &Live, returns: Returns, outdated: RwSignal<bool>) {
    let chip = live.chip();
    let is_live = Memo::new(move |_| chip.read().word == "live");
    let mut was_live = true;
    effect(move || {
        if is_live.get() && !was_live {
            returns.count_one();
            spawn_local(async move {
                if api::is_outdated().await {
                    outdated.set(true);
                }
            });
        }
        was_live = is_live.get();
    });
}

/// The state of the event stream, in words.
#[component]
pub(super) fn ConnectionChip() -> impl IntoView {
    let chip = Live::from_context().chip();
    view! {
        <span
            class=Signal::derive(move || format!("connection {}", chip.read().tone.class()))
            data-testid="connection"
            data-state=Signal::derive(move || chip.read().word)
            title="The stream of events from the server"
        >
            <span class="dot" aria-hidden="true"></span>
            <span class="connection-text">{Signal::derive(move || chip.read().text.clone())}</span>
        </span>
    }
}

/// What is on screen stays, says of when it is, and when the next try comes.
#[component]
pub(super) fn OutageBanner() -> impl IntoView {
    let live = Live::from_context();
    let chip = live.chip();
    let outage = Kept::new(move || chip.read().outage);
    let as_of = Memo::new(move |_| outage.get().map(|outage| as_of_line(&outage)));
    let next_try = Signal::derive(move || outage.get().map(|outage| next_try_line(&outage)));
    let live = StoredValue::new(live);
    view! {
        // The sentence is read out once; the countdown beside it is not.
        <div role="status" class="outage-place">
            {region(move || as_of.get().map(|line| view! { <p class="sr-only">{line}</p> }))}
        </div>
        <When when=Signal::derive(move || as_of.get().is_some())>
            <div class="outage tone-bad" data-testid="outage">
                <span class="glyph" aria-hidden="true">
                    "⚠"
                </span>
                <span>{Signal::derive(move || as_of.get())} " " <span class="next-try">{next_try}</span></span>
                <Button on_press=move |()| live.with_value(Live::hurry)>"Try now"</Button>
            </div>
        </When>
    }
}

/// After an upgrade: what is open goes on, and is loaded anew when its reader says so.
#[component]
pub(super) fn OutdatedBanner(outdated: RwSignal<bool>) -> impl IntoView {
    view! {
        <When when=outdated>
            <div class="outage" role="status" data-testid="outdated">
                <span>"There is a new version of this page."</span>
                <Button on_press=move |()| drop(window().location().reload())>"Reload"</Button>
            </div>
        </When>
    }
}

fn as_of_line(outage: &Outage) -> String {
    match outage.as_of_millis {
        Some(millis) => format!("The server does not answer. What you see is as of {}.", local_time(millis as f64)),
        None => "The server does not answer.".to_owned(),
    }
}

fn next_try_line(outage: &Outage) -> String {
    match outage.retry_in_seconds {
        Some(seconds) => format!("Next try in {seconds} s."),
        None => "Trying now …".to_owned(),
    }
}
