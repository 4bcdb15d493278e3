//! What waits for the reader, told outside of the page: the icon of the tab, and notifications and a sound where they were asked for.

use super::Inbox;
use crate::model::needs::{Need, Told, icon};
use crate::router::Router;
use crate::ui::{Kept, Preferences, chime_once, effect};
use leptos::prelude::*;
use std::cell::RefCell;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Notification, NotificationOptions, NotificationPermission};

/// Keeps them up to date. Call once, at the root.
pub(super) fn tell(inbox: Inbox, router: Router) {
    let needs = Kept::new(move || needs(inbox));
    let count = Memo::new(move |_| inbox.count());
    effect(move || set_icon(count.get()));
    let Preferences { notifications, sound, .. } = Preferences::from_context();
    let told = RefCell::new(Told::default());
    effect(move || {
        let Some(needs) = needs.get() else { return };
        let news = told.borrow_mut().news(needs);
        // Who is at work in the page sees it there. One sound is enough for all that came at once.
        if !news.is_empty() && sound.is_on.get_untracked() && document().has_focus() != Ok(true) {
            chime_once();
        }
        for need in news.iter().filter(|_| notifications.is_on.get_untracked() && document().hidden()) {
            notify(need, router);
        }
    });
}

/// `None` until all lists have come.
fn needs(inbox: Inbox) -> Option<Vec<Need>> {
    let (approvals, requests, stopped) = (inbox.approvals.value()?, inbox.requests.value()?, inbox.news(Need::of_pipeline)?);
    let asked = requests.items.iter().map(Need::of_request);
    let gates = approvals.items.iter().filter(|gate| !inbox.is_put_off(gate)).map(Need::of_approval);
    Some(asked.chain(gates).chain(stopped).collect())
}

fn set_icon(count: usize) {
    if let Some(link) = document().get_element_by_id("icon") {
        // A name and a value of ours are never refused.
        let _ = link.set_attribute("href", &icon(count));
    }
}

fn notify(need: &Need, router: Router) {
    if Notification::permission() != NotificationPermission::Granted {
        return;
    }
    let options = NotificationOptions::new();
    options.set_body(&need.text);
    options.set_tag(&need.tag);
    // A phone's browser knows notifications of service workers alone and refuses this one.
    let Ok(notification) = Notification::new_with_options(&need.title, &options) else { return };
    let (href, shown) = (need.href.clone(), notification.clone());
    let pressed = Closure::once_into_js(move |_: JsValue| {
        let _ = window().focus();
        router.open(&href);
        shown.close();
    });
    notification.set_onclick(Some(pressed.unchecked_ref()));
}
