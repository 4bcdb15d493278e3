//! `/settings`: what the reader likes, who may call, and what this installation is. Each change counts at once.

mod about;
mod access;
mod appearance;
mod keyboard;
mod notifications;
mod single_keys;

use crate::ui::PageHeading;
use about::About;
use access::Access;
use appearance::Appearance;
use keyboard::Keyboard;
use leptos::prelude::*;
use notifications::Notifications;

#[component]
pub(crate) fn Settings() -> impl IntoView {
    view! {
        <div class="page-head">
            <PageHeading title="Settings">"Settings"</PageHeading>
            <p class="lead">"Each change counts at once."</p>
        </div>
        <div class="settings">
            <Appearance />
            <Keyboard />
            <Notifications />
            <Access />
            <About />
        </div>
    }
}
