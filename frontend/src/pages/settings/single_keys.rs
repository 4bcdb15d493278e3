//! Each single key with what it does: another in its place, or none.

use crate::model::remapping::{Remapping, rows, what};
use crate::ui::{Button, effect, keep_keys, kept_keys, listed};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Event, HtmlElement, HtmlInputElement};

/// A field as it is written out; [`fill`] adds what differs. As views with signals of their own the fields would be a kilobyte more of the module.
const FIELD: &str = "<div class=field><label></label><input class=mono autocomplete=off spellcheck=false placeholder=off><p class=field-error role=alert></p></div>";

/// The style sheet hides them while single keys are switched off.
pub(super) fn fields() -> impl IntoView {
    let said = RwSignal::new(String::new());
    let keep = move |kept: &str, result: &str| {
        keep_keys(kept);
        fill(kept);
        said.set(result.to_owned());
    };
    let changed = move |event: Event| {
        let input: HtmlInputElement = event_target(&event);
        let Some(row) = rows().into_iter().find(|row| id_of(row) == input.id()) else { return };
        match Remapping(&kept_keys()).with(row, &input.value()) {
            Ok(kept) => keep(&kept, "Saved"),
            Err(why) => {
                said.set(String::new());
                explain(&input, &why);
            }
        }
    };
    effect(|| fill(&kept_keys()));
    view! {
        <details class="fold own-keys">
            <summary>"Single keys"</summary>
            <p class="hint" id="keys-hint">
                "A character, a name such as Home, or two of them with a space between. Left empty, the key is off."
            </p>
            <div class="key-fields" inner_html=FIELD.repeat(rows().len()) on:change=changed></div>
            <div class="actions">
                <Button on_press=move |()| keep("", "All keys are as they were.")>"Reset all keys"</Button>
                <span class="hint" role="status">
                    {said}
                </span>
            </div>
        </details>
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
