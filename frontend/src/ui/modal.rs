//! The browser's own modal dialog: it keeps the focus inside, closes on Escape, and gives the focus back.

use super::reactive::{When, effect};
use leptos::children::ChildrenFn;
use leptos::html::Dialog;
use leptos::prelude::*;

/// Opened by setting `open`; unset again when the dialog closes, however it does. Its content is made anew each time.
#[component]
pub(crate) fn Modal(
    open: RwSignal<bool>,
    #[prop(into)] label: String,
    #[prop(default = "dialog")] class: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        match (open.get(), dialog.open()) {
            // Refused only for a dialog that is not in the document, which then is not seen either.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            (true, true) | (false, false) => {}
        }
    });
    // A press beside the dialog's content hits the dialog itself.
    let pressed = move |event: web_sys::MouseEvent| {
        if event.target() == event.current_target() {
            open.set(false);
        }
    };
    view! {
        <dialog node_ref=dialog class=class aria-label=label on:close=move |_| open.set(false) on:click=pressed>
            <When when=open>{children()}</When>
        </dialog>
    }
}
