//! The bar at the top: where one can go, how the stream is, and the way to a new pipeline.

use super::Shell;
use super::connection::ConnectionChip;
use crate::router::NavLink;
use crate::ui::{ThemeButton, When};
use leptos::prelude::*;

#[component]
pub(super) fn Header(shell: Shell, waiting: RwSignal<usize>) -> impl IntoView {
    view! {
        <header class="top">
            <a href="/pipelines" class="brand">
                <span class="brand-mark" aria-hidden="true"></span>
                "theAgency"
            </a>
            <nav class="main-nav" aria-label="Main">
                <NavLink href="/pipelines">"Pipelines"</NavLink>
                <NavLink href="/inbox">
                    "Inbox"
                    <When when=Signal::derive(move || waiting.get() != 0)>
                        <span class="count">{Signal::derive(move || waiting.get().to_string())} <span class="sr-only">" waiting"</span></span>
                    </When>
                </NavLink>
                <NavLink href="/templates">"Templates"</NavLink>
                <NavLink href="/agents">"Agents"</NavLink>
                <NavLink href="/audit">"Audit"</NavLink>
                <NavLink href="/settings">"Settings"</NavLink>
            </nav>
            <div class="top-end">
                <ConnectionChip />
                <button
                    type="button"
                    class="button small quiet palette-button"
                    aria-keyshortcuts="Control+K Meta+K"
                    on:click=move |_| shell.palette.set(true)
                >
                    "Search "
                    <kbd>"Ctrl K"</kbd>
                </button>
                <ThemeButton />
                <a href="/pipelines/new" class="button primary small">
                    "New pipeline"
                </a>
            </div>
        </header>
    }
}
