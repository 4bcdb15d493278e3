//! Each single key with what it does: another in its place, or none.

use crate::model::remapping::{Remapping, rows, what};
use crate::ui::{effect, hear, keep_keys, kept_keys, listed};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Event, HtmlElement, HtmlInputElement};

/// A field as it is written out; [`fill`] adds what differs. As views with signals of their own they would be a kilobyte and a half more of the module.
const FIELD: &str = "<div class=field><label></label><input class=mono autocomplete=off spellcheck=false placeholder=off><p class=field-error role=alert></p></div>";

/// The style sheet hides them while single keys are switched off.
pub(super) fn listen() {
    effect(|| {
        let Ok(Some(place)) = document().query_selector(".own-keys") else { return };
        if let Ok(Some(list)) = place.query_selector(".key-fields") {
            list.set_inner_html(&FIELD.repeat(rows().len()));
        }
        fill(&kept_keys());
        hear(&place, &["change", "click"], heard);
    });
}

fn heard(event: &Event) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) else { return };
    if event.type_() == "click" {
        if target.tag_name() == "BUTTON" {
            keep("", "All keys are as they were.");
        }
        return;
    }
    let Some(row) = rows().into_iter().find(|row| id_of(row) == target.id()) else { return };
    match Remapping(&kept_keys()).with(row, &event_target_value(event)) {
        Ok(kept) => keep(&kept, "Saved"),
        Err(why) => {
            say("");
            explain(&target, &why);
        }
    }
}

fn keep(kept: &str, result: &str) {
    keep_keys(kept);
    fill(kept);
    say(result);
}

fn say(result: &str) {
    if let Ok(Some(status)) = document().query_selector(".own-keys [role=status]") {
        status.set_text_content(Some(result));
    }
}

fn id_of(row: &str) -> String {
    ["key-", &row.replace(' ', "-")].concat()
}

/// Writes into the fields what is kept. What was refused was not.
fn fill(kept: &str) {
    let fields = listed(document().query_selector_all(".key-fields input"));
    for (row, input) in rows().into_iter().zip(fields) {
        let id = id_of(row);
        let (Some(label), Some(error)) = (input.previous_element_sibling(), input.next_element_sibling()) else { continue };
        let error_id = [&id, "-error"].concat();
        // Names and values of ours are never refused.
        let _ = label.set_attribute("for", &id);
        label.set_text_content(Some(&what(row)));
        let _ = error.set_attribute("id", &error_id);
        let _ = input.set_attribute("aria-describedby", &[&error_id, " keys-hint"].concat());
        let _ = input.set_attribute("id", &id);
        input.unchecked_ref::<HtmlInputElement>().set_value(Remapping(kept).keys(row));
        explain(&input, "");
    }
}

fn explain(input: &HtmlElement, why: &str) {
    let _ = input.set_attribute("aria-invalid", if why.is_empty() { "false" } else { "true" });
    if let Some(error) = input.next_element_sibling() {
        error.set_text_content(Some(why));
    }
}
