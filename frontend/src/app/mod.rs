//! The shell: what stands around every page, and which address shows which page.

mod connection;
mod deeds;
mod header;
mod inbox;
mod keyboard;
mod needs;
mod palette;
mod sheet;
mod sign_in;

use crate::api::Returns;
use crate::live::Live;
use crate::model::route::Route;
use crate::pages;
use crate::router::Router;
use crate::ui::{Clock, Preferences, Visits, effect, region};
use connection::{OutageBanner, OutdatedBanner, count_returns};
pub(crate) use deeds::focus_first;
use header::Header;
pub(crate) use inbox::Inbox;
use leptos::prelude::*;
use palette::Palette;
use sheet::Sheet;
use sign_in::SignIn;

/// Mounts the page; called once.
pub fn start() {
    crate::crash::install_hook();
    if let Some(arriving) = document().get_element_by_id("arriving") {
        arriving.remove();
    }
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

#[component]
fn App() -> impl IntoView {
    Preferences::provide();
    Clock::provide();
    let shell = Shell { router: Router::provide(), palette: RwSignal::new(false), sheet: RwSignal::new(false) };
    let visits = Visits::provide();
    let live = Live::provide();
    let outdated = RwSignal::new(false);
    count_returns(&live, Returns::provide(), outdated);
    let inbox = Inbox::provide(&live);
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
