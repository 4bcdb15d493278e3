//! The shell: what stands around every page, and which address shows which page.

mod connection;
mod header;

use crate::api::{self, Query, Returns};
use crate::live::Live;
use crate::model::route::Route;
use crate::pages;
use crate::router::Router;
use crate::ui::{Clock, Visits, apply_stored_theme, region};
use agency_contract::{AgentRequest, Approval, Page};
use connection::{OutageBanner, count_returns};
use header::Header;
use leptos::prelude::*;

/// Mounts the page; the boot script calls it once.
pub fn start() {
    crate::crash::install_hook();
    apply_stored_theme();
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
    leptos::mount::mount_to_body(App);
}

/// What waits for a person: the shell counts it, the inbox shows it.
#[derive(Clone, Copy)]
pub(crate) struct Inbox {
    pub(crate) approvals: Query<Page<Approval>>,
    /// What agents ask and nobody has answered.
    pub(crate) requests: Query<Page<AgentRequest>>,
}

impl Inbox {
    pub(crate) fn from_context() -> Self {
        expect_context()
    }

    fn count(self) -> usize {
        let approvals = self.approvals.value().map_or(0, |page| page.items.len());
        approvals + self.requests.value().map_or(0, |page| page.items.len())
    }

    pub(crate) fn refresh(self) {
        self.approvals.refresh();
        self.requests.refresh();
    }
}

#[component]
fn App() -> impl IntoView {
    Clock::provide();
    Router::provide();
    let visits = Visits::provide();
    let live = Live::provide();
    count_returns(&live, Returns::provide());
    let inbox = Inbox { approvals: Query::new(api::approvals), requests: Query::new(api::requests) };
    provide_context(inbox);
    live.on_refresh(move |refresh| {
        if refresh.touches_inbox() {
            inbox.approvals.refresh_soon();
            inbox.requests.refresh_soon();
        }
    });
    Effect::new(move |_| visits.waiting.set(inbox.count()));
    view! {
        <a class="skip-link" href="#main">
            "Skip to the content"
        </a>
        <Header waiting=visits.waiting />
        <OutageBanner />
        <main id="main" tabindex="-1">
            <Pages />
        </main>
    }
}

#[component]
fn Pages() -> impl IntoView {
    let address = Router::from_context().address();
    // A page stays while only the query of its address changes.
    let route = Memo::new(move |_| Route::of(&address.read().path));
    region(move || match route.get() {
        Route::Pipelines => view! { <pages::Pipelines /> }.into_any(),
        Route::NewPipeline => view! { <pages::NewPipeline /> }.into_any(),
        Route::Pipeline(id) => view! { <pages::PipelinePage id /> }.into_any(),
        Route::Audit(pipeline_id) => view! { <pages::Audit pipeline_id /> }.into_any(),
        Route::Inbox => view! { <pages::Inbox /> }.into_any(),
        Route::Templates => view! { <pages::Templates /> }.into_any(),
        Route::Agents => view! { <pages::Agents /> }.into_any(),
        Route::NotFound => view! { <pages::NotFound /> }.into_any(),
    })
}
