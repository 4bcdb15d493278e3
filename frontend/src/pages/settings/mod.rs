//! `/settings`: what the reader likes, and what this installation is. Each change counts at once, in this browser.

mod about;
mod appearance;
mod keyboard;
mod notifications;
mod single_keys;

use crate::ui::PageHeading;
use about::About;
use appearance::Appearance;
use keyboard::Keyboard;
use leptos::prelude::*;
use notifications::Notifications;

#[component]
pub(crate) fn Settings() -> impl IntoView {
    view! {
        <div class="page-head">
            <PageHeading title="Settings">"Settings"</PageHeading>
            <p class="lead">"Each change counts at once and is kept in this browser."</p>
        </div>
        <div class="settings">
            <Appearance />
            <Keyboard />
            <Notifications />
            <About />
        </div>
    }
}
