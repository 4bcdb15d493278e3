//! The shell: what stands around every page, and which address shows which page.

use crate::api::{self, Query};
use crate::live::Live;
use crate::pages;
use crate::ui::{Clock, ThemeButton, Visits, When, apply_stored_theme, local_time};
use agency_contract::{Approval, Page};
use leptos::prelude::*;
use leptos_router::components::{A, FlatRoutes, Redirect, Route, Router};
use leptos_router::path;

/// Mounts the page; the boot script calls it once.
pub fn start() {
    crate::crash::install_hook();
    apply_stored_theme();
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
    leptos::mount::mount_to_body(App);
}

/// The gates that wait for a person: the shell counts them, the inbox shows them.
#[derive(Clone, Copy)]
pub(crate) struct Inbox(pub(crate) Query<Page<Approval>>);

#[component]
fn App() -> impl IntoView {
    Clock::provide();
    let visits = Visits::provide();
    let live = Live::provide();
    let inbox = Query::new(api::approvals);
    provide_context(Inbox(inbox));
    live.on_refresh(move |refresh| {
        if refresh.touches_approvals() {
            inbox.refresh_soon();
        }
    });
    Effect::new(move |_| visits.waiting.set(inbox.value().map_or(0, |page| page.items.len())));
    view! {
        <Router>
            <a class="skip-link" href="#main">
                "Skip to the content"
            </a>
            <Header waiting=visits.waiting />
            <main id="main" tabindex="-1">
                <Pages />
            </main>
        </Router>
    }
}

#[component]
fn Pages() -> impl IntoView {
    view! {
        <FlatRoutes fallback=|| view! { <pages::NotFound /> }>
            <Route path=path!("/") view=|| view! { <Redirect path="/pipelines" /> } />
            <Route path=path!("/pipelines") view=pages::Pipelines />
            <Route path=path!("/pipelines/new") view=pages::NewPipeline />
            <Route path=path!("/pipelines/:id") view=pages::PipelinePage />
            <Route path=path!("/pipelines/:id/audit") view=pages::Audit />
            <Route path=path!("/approvals") view=pages::Approvals />
            <Route path=path!("/audit") view=pages::Audit />
            <Route path=path!("/templates") view=pages::Templates />
            <Route path=path!("/agents") view=pages::Agents />
        </FlatRoutes>
    }
}

#[component]
fn Header(waiting: RwSignal<usize>) -> impl IntoView {
    view! {
        <header class="top">
            <A href="/pipelines" attr:class="brand">
                <span class="brand-mark" aria-hidden="true"></span>
                "theAgency"
            </A>
            <nav class="main-nav" aria-label="Main">
                <A href="/pipelines">"Pipelines"</A>
                <A href="/approvals">
                    "Approvals"
                    <When when=Signal::derive(move || waiting.get() != 0)>
                        <span class="count">{waiting} <span class="sr-only">" waiting"</span></span>
                    </When>
                </A>
                <A href="/templates">"Templates"</A>
                <A href="/agents">"Agents"</A>
                <A href="/audit">"Audit"</A>
            </nav>
            <div class="top-end">
                <ConnectionChip />
                <ThemeButton />
                <A href="/pipelines/new" attr:class="button primary small">
                    "New pipeline"
                </A>
            </div>
        </header>
    }
}

/// The state of the event stream, in words.
#[component]
fn ConnectionChip() -> impl IntoView {
    let chip = Live::from_context().chip();
    let text = move || {
        let chip = chip.get();
        match chip.offline_since_millis {
            Some(since) => format!("{} {}", chip.text, local_time(since as f64)),
            None => chip.text,
        }
    };
    view! {
        <span
            class=Signal::derive(move || format!("connection {}", chip.read().tone.class()))
            data-testid="connection"
            data-state=Signal::derive(move || chip.read().word)
            title="The stream of events from the server"
        >
            <span class="dot" aria-hidden="true"></span>
            <span class="connection-text">{text}</span>
        </span>
    }
}
