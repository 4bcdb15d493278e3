//! Elements of the document: what a search has found, and where one stands on screen.

use leptos::prelude::window;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, Event, HtmlElement, NodeList, ScrollIntoViewOptions, ScrollLogicalPosition};

/// What a search has found; nothing where it could not be made.
pub(crate) fn listed(found: Result<NodeList, JsValue>) -> Vec<HtmlElement> {
    let Ok(found) = found else { return Vec::new() };
    (0..found.length()).filter_map(|place| found.get(place)?.dyn_into().ok()).collect()
}

/// In CSS pixels.
pub(crate) fn window_width() -> f64 {
    window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or_default()
}

/// Listens at an element that is written out as it is, for as long as it is there.
pub(crate) fn hear(element: &Element, names: &[&str], heard: fn(&Event)) {
    let listener = Closure::wrap(Box::new(move |event| heard(&event)) as Box<dyn FnMut(Event)>).into_js_value();
    for name in names {
        let _ = element.add_event_listener_with_callback(name, listener.unchecked_ref());
    }
}

/// `Nearest` scrolls no further than it takes.
pub(crate) fn bring_into_sight(element: &Element, place: ScrollLogicalPosition) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(place);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}
