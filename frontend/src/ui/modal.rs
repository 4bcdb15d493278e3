//! The browser's own dialogs: they close on Escape and give the focus back. A modal one keeps the focus inside by making everything else inert, which
//! takes a tenth of a second where a long transcript is on screen; a light one goes over the page as a popover, and closes when something else is
//! pressed.

use super::reactive::{When, effect};
use leptos::children::ChildrenFn;
use leptos::html::Dialog;
use leptos::prelude::*;
use std::cell::Cell;
use web_sys::HtmlDialogElement;

thread_local! {
    static OPEN: Cell<i32> = const { Cell::new(0) };
}

/// Whether a dialog is open, so that keys belong to it.
pub(crate) fn is_dialog_open() -> bool {
    OPEN.get() > 0
}

/// Opened by setting `open`; unset again when the dialog closes, however it does. Its content is made anew each time.
#[component]
pub(crate) fn Modal(
    open: RwSignal<bool>,
    #[prop(into)] label: String,
    #[prop(default = "dialog")] class: &'static str,
    /// Whether it is a light one. Its content must keep the focus by itself.
    #[prop(optional)]
    light: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let is_shown = move |dialog: &HtmlDialogElement| if light { dialog.matches(":popover-open") == Ok(true) } else { dialog.open() };
    let counted = StoredValue::new(false);
    let count = move |is_open: bool| {
        if counted.try_get_value() == Some(!is_open) {
            counted.set_value(is_open);
            OPEN.set(OPEN.get() + if is_open { 1 } else { -1 });
        }
    };
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        count(open.get());
        // Refused only for a dialog that is not in the document, which then is not seen either.
        match (open.get(), is_shown(&dialog), light) {
            (true, false, true) => drop(dialog.show_popover()),
            (true, false, false) => drop(dialog.show_modal()),
            (false, true, true) => drop(dialog.hide_popover()),
            (false, true, false) => dialog.close(),
            (true, true, _) | (false, false, _) => {}
        }
    });
    on_cleanup(move || count(false));
    // A press beside a modal dialog's content hits the dialog itself.
    let pressed = move |event: web_sys::MouseEvent| {
        if event.target() == event.current_target() {
            open.set(false);
        }
    };
    let toggled = move |_| {
        if dialog.get_untracked().is_some_and(|dialog| !is_shown(&dialog)) {
            open.set(false);
        }
    };
    view! {
        <dialog
            node_ref=dialog
            class=class
            aria-label=label
            aria-modal=light.then_some("true")
            popover=light.then_some("auto")
            on:close=move |_| open.set(false)
            on:toggle=toggled
            on:click=pressed
        >
            <When when=open>{children()}</When>
        </dialog>
    }
}
