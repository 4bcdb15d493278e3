//! What can be said to the pipeline and what it is measured by: beside the step where there is room and the reader wants it, else beneath. Where it
//! stands is the business of the style sheet alone, so that nothing in it is made anew.

use super::Open;
use super::ledger::Ledger;
use super::steering::Steering;
use crate::model::control::Controls;
use crate::model::inspector::{BESIDE, other, width_after, within};
use crate::ui::{Button, Kept, Preferences, When, effect};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, PointerEvent};

const EDGE: &str = ".inspector-edge";

#[component]
pub(super) fn Inspector(open: Open, controls: Kept<Controls>) -> impl IntoView {
    edge_of_the_width();
    view! {
        // Its limits are those of the model, where a test compares them.
        <div
            class="inspector-edge"
            role="separator"
            aria-label="Width of the inspector"
            aria-orientation="vertical"
            aria-controls="inspector"
            aria-valuemin="240"
            aria-valuemax="560"
            tabindex="0"
        ></div>
        // The key that leads here gives it the focus.
        <aside class="inspector" id="inspector" aria-label="Inspector" tabindex="-1">
            <Steering open controls />
            <Ledger open />
        </aside>
    }
}

/// What moves it. It is hidden where three panes have no room.
#[component]
pub(super) fn InspectorButton(has_content: Memo<bool>) -> impl IntoView {
    let place = Preferences::from_context().inspector;
    view! {
        <When when=has_content>
            <Button action="inspector" on_press=move |()| place.set(other(&place.word.get_untracked()))>
                {Signal::derive(move || if *place.word.read() == BESIDE { "Inspector below" } else { "Inspector beside" })}
            </Button>
        </When>
    }
}

/// Carries the width out, and lets the edge change it. The edge is written out as it is and gets its listeners here: as a view with attributes and
/// events of its own it would be two kilobytes.
fn edge_of_the_width() {
    let preferences = Preferences::from_context();
    let mut is_new = true;
    effect(move || {
        let width = preferences.inspector_width.get().to_string();
        if let Some(root) = document().document_element() {
            // A property of ours is never refused.
            let _ = root.unchecked_into::<HtmlElement>().style().set_property("--inspector", &width);
        }
        let Ok(Some(edge)) = document().query_selector(EDGE) else { return };
        let _ = edge.set_attribute("aria-valuenow", &width);
        if std::mem::take(&mut is_new) {
            let listener = Closure::wrap(Box::new(move |event| heard(preferences, &event)) as Box<dyn FnMut(Event)>).into_js_value();
            for name in ["keydown", "pointerdown", "pointermove"] {
                let _ = edge.add_event_listener_with_callback(name, listener.unchecked_ref());
            }
        }
    });
}

fn heard(preferences: Preferences, event: &Event) {
    let Some(edge) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let wanted = match event.dyn_ref::<KeyboardEvent>() {
        Some(press) => width_after(&press.key(), preferences.inspector_width.get_untracked()),
        None => dragged_to(&edge, event.unchecked_ref()),
    };
    if let Some(width) = wanted {
        event.prevent_default();
        preferences.keep_inspector_width(width);
    }
}

/// With the pointer captured, the edge hears of it wherever it goes.
fn dragged_to(edge: &Element, event: &PointerEvent) -> Option<i32> {
    let pointer = event.pointer_id();
    if event.type_() == "pointerdown" {
        let _ = edge.set_pointer_capture(pointer);
    }
    let right = edge.has_pointer_capture(pointer).then(|| edge.next_element_sibling())??.get_bounding_client_rect().right();
    Some(within(right as i32 - event.client_x() - edge.client_width() / 2))
}
