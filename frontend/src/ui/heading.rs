//! The heading of a page: it takes the focus when the reader comes from another page, and names the tab.

use super::reactive::effect;
use leptos::html::H1;
use leptos::prelude::*;
use web_sys::FocusOptions;

/// The product's name at the end of each tab's title.
const PRODUCT: &str = "theAgency";

/// How many pages this tab has shown, so that the first one does not steal the focus. Also the mark before every title.
#[derive(Clone, Copy)]
pub(crate) struct Visits {
    count: StoredValue<u32>,
    /// How much waits for the reader, wherever they are.
    pub(crate) waiting: RwSignal<usize>,
}

impl Visits {
    /// Provides the counter as context. Call once, at the root.
    pub(crate) fn provide() -> Self {
        let visits = Self { count: StoredValue::new(0), waiting: RwSignal::new(0) };
        provide_context(visits);
        visits
    }
}

/// `title` is what the tab says; `children` the heading itself.
#[component]
pub(crate) fn PageHeading(#[prop(into)] title: Signal<String>, children: Children) -> impl IntoView {
    let visits = expect_context::<Visits>();
    let heading = NodeRef::<H1>::new();
    effect(move || {
        let Some(heading) = heading.get() else { return };
        let is_first = visits.count.get_value() == 0;
        visits.count.update_value(|count| *count += 1);
        if !is_first {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = heading.focus_with_options(&options);
        }
    });
    effect(move || {
        let waiting = match visits.waiting.get() {
            0 => String::new(),
            count => format!("({count}) Needs you · "),
        };
        document().set_title(&format!("{waiting}{} · {PRODUCT}", title.get()));
    });
    view! { <h1 node_ref=heading tabindex="-1">{children()}</h1> }
}
