//! Whether the browser tells what waits while nobody looks, and whether it can be heard.

use crate::ui::{Preferences, Toggle, chime};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Notification, NotificationPermission};

#[component]
pub(super) fn Notifications() -> impl IntoView {
    let Preferences { notifications, sound, .. } = Preferences::from_context();
    let refused = RwSignal::new(false);
    // The browser asks its own question, and only now: the reader has just said yes to ours.
    let changed = move |is_on: bool| {
        notifications.set(is_on);
        refused.set(false);
        if is_on {
            spawn_local(async move {
                if !is_granted().await {
                    notifications.set(false);
                    refused.set(true);
                }
            });
        }
    };
    let sounded = move |is_on: bool| {
        sound.set(is_on);
        // As it will sound.
        if is_on {
            chime();
        }
    };
    let text = move || {
        if refused.get() {
            "The browser does not allow it for this page. Allow notifications beside the address, then switch this on."
        } else {
            ""
        }
    };
    view! {
        <section class="card" aria-labelledby="settings-notifications">
            <h2 id="settings-notifications">"Notifications"</h2>
            <Toggle
                id="notifications"
                label="Tell me what waits for me while this tab is hidden"
                hint="One notification for each approval and each question, without a sound. The tab's title and icon always say how many wait."
                is_on=notifications.is_on
                on_change=changed
            />
            <p class="field-error" role="status">
                {Signal::derive(text)}
            </p>
            <Toggle
                id="sound"
                label="Play a sound when something waits for me"
                hint="Two notes, while you are in another window or tab. After a reload the browser plays them once you have pressed something here."
                is_on=sound.is_on
                on_change=sounded
            />
        </section>
    }
}

async fn is_granted() -> bool {
    if let Ok(asked) = Notification::request_permission() {
        // The answer is read from the permission itself.
        let _ = JsFuture::from(asked).await;
    }
    Notification::permission() == NotificationPermission::Granted
}
