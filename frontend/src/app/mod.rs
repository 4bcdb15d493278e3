//! The shell: what stands around every page, and which address shows which page.

mod connection;
mod deeds;
mod header;
mod keyboard;
mod needs;
mod palette;
mod sheet;
mod sign_in;

use crate::api::{self, Query, Returns};
use crate::live::Live;
use crate::model::chain::gate_key;
use crate::model::put_off::{self, is_put_off};
use crate::model::route::Route;
use crate::pages;
use crate::router::Router;
use crate::ui::{Clock, Kept, Preferences, Visits, effect, keep_put_off, kept_put_off, region};
use agency_contract::{AgentRequest, Approval, Page};
use connection::{OutageBanner, OutdatedBanner, count_returns};
use header::Header;
use leptos::prelude::*;
use palette::Palette;
use sheet::Sheet;
use sign_in::SignIn;

/// Mounts the page; called once.
pub fn start() {
    crate::crash::install_hook();
    leptos::mount::mount_to_body(App);
}

/// What the keys and the palette act on, besides what is on screen.
#[derive(Clone, Copy)]
struct Shell {
    router: Router,
    /// Whether the palette is open.
    palette: RwSignal<bool>,
    /// Whether the sheet of shortcuts is open.
    sheet: RwSignal<bool>,
}

/// What waits for a person: the shell counts it, the inbox shows it.
#[derive(Clone, Copy)]
pub(crate) struct Inbox {
    pub(crate) approvals: Query<Page<Approval>>,
    /// What agents ask and nobody has answered.
    pub(crate) requests: Query<Page<AgentRequest>>,
    /// The gates that the reader has put off, as they are kept.
    put_off: RwSignal<String>,
    minute: Kept<i64>,
}

impl Inbox {
    pub(crate) fn from_context() -> Self {
        expect_context()
    }

    /// Whether the reader has put a gate off.
    pub(crate) fn is_put_off(self, approval: &Approval) -> bool {
        is_put_off(&self.put_off.read(), gate_key(approval), *self.minute.read())
    }

    /// Shows a gate again in an hour, here and in the counts; without one, all that are put off at once.
    pub(crate) fn put_off(self, gate: Option<i64>) {
        let kept = gate.map(|key| put_off::with(&self.put_off.read_untracked(), key, *self.minute.read_untracked())).unwrap_or_default();
        keep_put_off(&kept);
        self.put_off.set(kept);
    }

    fn count(self) -> usize {
        let approvals = self.approvals.value().map_or(0, |page| page.items.iter().filter(|gate| !self.is_put_off(gate)).count());
        approvals + self.requests.value().map_or(0, |page| page.items.len())
    }

    pub(crate) fn refresh(self) {
        self.approvals.refresh();
        self.requests.refresh();
    }
}

#[component]
fn App() -> impl IntoView {
    Preferences::provide();
    Clock::provide();
    let shell = Shell { router: Router::provide(), palette: RwSignal::new(false), sheet: RwSignal::new(false) };
    let visits = Visits::provide();
    let live = Live::provide();
    let outdated = RwSignal::new(false);
    count_returns(&live, Returns::provide(), outdated);
    let inbox = Inbox {
        approvals: Query::new(api::approvals),
        requests: Query::new(api::requests),
        put_off: RwSignal::new(kept_put_off()),
        minute: Clock::minute(),
    };
    provide_context(inbox);
    live.on_refresh(move |refresh| {
        if refresh.touches_inbox() {
            inbox.approvals.refresh_soon();
            inbox.requests.refresh_soon();
        }
    });
    effect(move || visits.waiting.set(inbox.count()));
    needs::tell(inbox, shell.router);
    keyboard::listen(shell);
    view! {
        <a class="skip-link" href="#main">
            "Skip to the content"
        </a>
        <Header shell waiting=visits.waiting />
        <OutageBanner />
        <OutdatedBanner outdated />
        <main id="main" tabindex="-1">
            <Pages />
        </main>
        <Palette shell />
        <Sheet shell />
        <SignIn />
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
        Route::Compare(id, other) => view! { <pages::Compare id other /> }.into_any(),
        Route::Audit(pipeline_id) => view! { <pages::Audit pipeline_id /> }.into_any(),
        Route::Inbox => view! { <pages::Inbox /> }.into_any(),
        Route::Templates => view! { <pages::Templates /> }.into_any(),
        Route::File(shelf) => view! { <pages::CatalogFile shelf /> }.into_any(),
        Route::Agents => view! { <pages::Agents /> }.into_any(),
        Route::Settings => view! { <pages::Settings /> }.into_any(),
        Route::NotFound => view! { <pages::NotFound /> }.into_any(),
    })
}
