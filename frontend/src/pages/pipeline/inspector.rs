//! The inspector: what can be said to the pipeline and what it is measured by, beside the step where there is room and the reader wants it, else
//! beneath. Where it stands is the business of the style sheet alone, so that nothing in it is made anew.

use crate::model::inspector::{BESIDE, kept_width, other, width_after, within};
use crate::ui::{Button, Preferences, effect, hear, inspector_width, keep_inspector_width};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, PointerEvent};

/// Where the edge tells the width.
const NOW: &str = "aria-valuenow";

/// What moves it. The style sheet hides it where three panes have no room, and where there is nothing in the third.
pub(super) fn mover() -> impl IntoView {
    let place = Preferences::from_context().inspector;
    view! {
        <Button action="inspector" on_press=move |()| place.set(other(&place.word.get_untracked()))>
            {Signal::derive(move || if *place.word.read() == BESIDE { "Inspector below" } else { "Inspector beside" })}
        </Button>
    }
}

/// Says on the root whether there is anything in it, for the style sheet: what stands far from it goes by that.
fn mark(is_inspected: bool) {
    if let Some(root) = document().document_element() {
        // A name of ours is never refused.
        let _ = root.toggle_attribute_with_force("data-inspected", is_inspected);
    }
}

/// Carries out whether it is there and how wide it is, and lets the edge change its width. The edge is written out as it is and gets its listeners here:
/// as a view with attributes and events of its own it would be two kilobytes.
pub(super) fn attend(is_inspected: Memo<bool>) {
    effect(move || mark(is_inspected.get()));
    on_cleanup(|| mark(false));
    effect(|| {
        let Ok(Some(edge)) = document().query_selector(".inspector-edge") else { return };
        carry_out(&edge, inspector_width());
        hear(&edge, &["keydown", "pointerdown", "pointermove"], heard);
    });
}

fn carry_out(edge: &Element, width: i64) {
    let width = width.to_string();
    // Names and values of ours are never refused.
    let _ = edge.set_attribute(NOW, &width);
    if let Some(root) = document().document_element() {
        let _ = root.unchecked_into::<HtmlElement>().style().set_property("--inspector", &width);
    }
}

fn heard(event: &Event) {
    let Some(edge) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let wanted = match event.dyn_ref::<KeyboardEvent>() {
        Some(press) => width_after(&press.key(), kept_width(&edge.get_attribute(NOW).unwrap_or_default())),
        None => dragged_to(&edge, event.unchecked_ref()),
    };
    if let Some(width) = wanted {
        event.prevent_default();
        keep_inspector_width(width);
        carry_out(&edge, width);
    }
}

/// With the pointer captured, the edge hears of it wherever it goes.
fn dragged_to(edge: &Element, event: &PointerEvent) -> Option<i64> {
    let pointer = event.pointer_id();
    if event.type_() == "pointerdown" {
        let _ = edge.set_pointer_capture(pointer);
        return None;
    }
    let right = edge.has_pointer_capture(pointer).then(|| edge.next_element_sibling())??.get_bounding_client_rect().right();
    Some(within(right as i64 - i64::from(event.client_x() + edge.client_width() / 2)))
}
