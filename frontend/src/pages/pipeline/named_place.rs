//! The file, and the line of it, that the address names: `#src/lib.rs:12`.

use super::diff_lines::{choose_row, let_go, line_before};
use crate::model::selection::named_place;
use crate::router::Router;
use crate::ui::{bring_into_sight, effect};
use leptos::html::{Details, Table};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlElement, ScrollLogicalPosition};

/// As it stands in the address now; the line where one is named.
fn named(file: &str) -> Option<Option<u32>> {
    let fragment = window().location().hash().ok().filter(|fragment| fragment.len() > 1)?;
    let fragment = js_sys::decode_uri_component(&fragment).ok().and_then(|decoded| decoded.as_string())?;
    let (named, line) = named_place(&fragment);
    (named == file).then_some(line)
}

/// Opens a file's lines and brings them into sight when the address names it.
pub(super) fn open_when_named(file: String, details: NodeRef<Details>) {
    let address = Router::from_context().address();
    effect(move || {
        address.track();
        let Some(details) = details.get() else { return };
        if named(&file).is_some() {
            details.set_open(true);
            bring_into_sight(&details, ScrollLogicalPosition::Start);
        }
    });
}

/// Brings a line into sight when the address names it, and goes to it, so that keys go on from there. Where the line is not among those that are shown,
/// the one before it.
pub(super) fn go_when_named(file: String, table: NodeRef<Table>) {
    let address = Router::from_context().address();
    effect(move || {
        address.track();
        let Some(table) = table.get() else { return };
        let row = named(&file).flatten().and_then(|line| line_before(&table, line));
        if let Some(row) = row {
            choose_row(&row);
            bring_into_sight(&row, ScrollLogicalPosition::Center);
            let _ = row.unchecked_ref::<HtmlElement>().focus();
            let_go(&row);
        }
    });
}
