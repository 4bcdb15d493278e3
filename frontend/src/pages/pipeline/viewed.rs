//! Marks on the files of a diff that the reader has looked at. This browser remembers them by what the file's changes are: a file that changes again
//! has no mark.

use crate::ui::{store, stored};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Event, HtmlElement, HtmlInputElement};

/// More marks than these of one pipeline forget the oldest.
const MARKS_MAX: usize = 2_000;

/// The digests of the files that were looked at, in one pipeline. Copies share them.
#[derive(Clone, Copy)]
pub(super) struct Viewed {
    pipeline: i64,
    digests: RwSignal<Vec<String>>,
}

fn storage_key(pipeline: i64) -> String {
    format!("agency.viewed.{pipeline}")
}

impl Viewed {
    pub(super) fn of(pipeline: i64) -> Self {
        Self { pipeline, digests: RwSignal::new(stored(&storage_key(pipeline)).unwrap_or_default()) }
    }

    pub(super) fn has(self, digest: &String) -> bool {
        self.digests.read().contains(digest)
    }

    fn mark(self, digest: &String, is_viewed: bool) {
        self.digests.update(|digests| {
            digests.retain(|other| other != digest);
            digests.extend(is_viewed.then(|| digest.clone()));
            let too_many = digests.len().saturating_sub(MARKS_MAX);
            digests.drain(..too_many);
        });
        store(&storage_key(self.pipeline), &*self.digests.read_untracked());
    }
}

/// The mark of one file. Setting it folds the file, taking it away unfolds it.
#[component]
pub(super) fn ViewedMark(viewed: Viewed, digest: String) -> impl IntoView {
    let marked = digest.clone();
    let change = move |event: Event| {
        let mark = event_target::<HtmlInputElement>(&event);
        viewed.mark(&digest, mark.checked());
        fold(&mark);
    };
    view! {
        <label class="viewed">
            <input type="checkbox" prop:checked=Signal::derive(move || viewed.has(&marked)) on:change=change />
            "Viewed"
        </label>
    }
}

fn fold(mark: &HtmlInputElement) {
    let Some(details) = mark.closest(".file-entry").ok().flatten().and_then(|entry| entry.query_selector("details").ok()?) else { return };
    let had_focus = details.contains(document().active_element().as_deref());
    let _ = details.toggle_attribute_with_force("open", !mark.checked());
    // What is folded away cannot keep the focus.
    if had_focus && let Ok(Some(summary)) = details.query_selector("summary") {
        let _ = summary.unchecked_ref::<HtmlElement>().focus();
    }
}
