//! The address of the tab as a signal, and links that change it without loading the page anew.
//!
//! A router of a hundred lines: the pages are few and flat, and a general one is a fifteenth of the whole module.

use crate::model::route::Address;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

/// Where the tab is. Copies share it; it lives as long as the tab.
#[derive(Clone, Copy)]
pub(crate) struct Router {
    address: RwSignal<Address>,
}

fn current() -> Address {
    let location = window().location();
    // Both fail only for a document that has no address, which is none that shows this page.
    Address::new(&location.pathname().unwrap_or_default(), &location.search().unwrap_or_default())
}

impl Router {
    /// Listens for links and for the way back, and provides the router as context. Call once, at the root.
    pub(crate) fn provide() -> Self {
        let router = Self { address: RwSignal::new(current()) };
        provide_context(router);
        let _ = window_event_listener(ev::popstate, move |_| router.address.set(current()));
        let _ = window_event_listener(ev::click, move |event| router.clicked(&event));
        router
    }

    pub(crate) fn from_context() -> Self {
        expect_context()
    }

    pub(crate) fn address(self) -> ReadSignal<Address> {
        self.address.read_only()
    }

    /// Opens `href`, from the top.
    pub(crate) fn open(self, href: &str) {
        self.push(href);
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }

    /// Opens `href` in the place of what is open: the way back leads past it. Nothing scrolls.
    pub(crate) fn replace(self, href: &str) {
        // Refused only where it leads to another origin, which no address of the page does.
        let _ = history().replace_state_with_url(&JsValue::NULL, "", Some(href));
        self.address.set(current());
    }

    fn push(self, href: &str) {
        let _ = history().push_state_with_url(&JsValue::NULL, "", Some(href));
        self.address.set(current());
    }

    /// Takes a click on a link that leads to another place of the page; every other click is the browser's.
    fn clicked(self, event: &MouseEvent) {
        let has_modifier = event.meta_key() || event.alt_key() || event.ctrl_key() || event.shift_key();
        if event.default_prevented() || event.button() != 0 || has_modifier {
            return;
        }
        let Some(link) = link_of(event) else { return };
        let is_ours = Some(link.origin()) == window().location().origin().ok();
        let is_external = link.has_attribute("download") || !link.target().is_empty() || link.rel() == "external";
        let is_on_this_page = link.get_attribute("href").is_none_or(|href| href.starts_with('#'));
        if !is_ours || is_external || is_on_this_page {
            return;
        }
        event.prevent_default();
        let href = link.pathname() + &link.search() + &link.hash();
        if link.has_attribute("data-noscroll") { self.push(&href) } else { self.open(&href) }
    }
}

fn history() -> web_sys::History {
    window().history().expect("a document that runs a script has a history")
}

fn link_of(event: &MouseEvent) -> Option<HtmlAnchorElement> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest("a").ok()??.dyn_into().ok()
}

/// A link of the main navigation: it says whether the reader is where it leads.
#[component]
pub(crate) fn NavLink(href: &'static str, children: Children) -> impl IntoView {
    let address = Router::from_context().address();
    let is_here = move || address.read().is_within(href).then_some("page");
    view! {
        <a href=href aria-current=Signal::derive(is_here)>
            {children()}
        </a>
    }
}
