//! The browser's own modal dialog: it keeps the focus inside, closes on Escape, and gives the focus back.

use super::button::{Button, Kind};
use leptos::html::Dialog;
use leptos::prelude::*;

/// Asks before something that cannot be undone. Opened by setting `open`; unset again when the dialog closes, however it does.
#[component]
pub(crate) fn ConfirmDialog(
    open: RwSignal<bool>,
    #[prop(into)] title: String,
    /// What will happen, in a sentence or two.
    #[prop(into)]
    text: String,
    /// The label of the button that does it.
    #[prop(into)]
    confirm: String,
    #[prop(into)] on_confirm: Callback<()>,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        match (open.get(), dialog.open()) {
            // Refused only for a dialog that is not in the document, which then is not seen either.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            (true, true) | (false, false) => {}
        }
    });
    let accept = move |()| {
        open.set(false);
        on_confirm.run(());
    };
    let heading = title.clone();
    view! {
        <dialog node_ref=dialog class="dialog" aria-label=title on:close=move |_| open.set(false)>
            <h2>{heading}</h2>
            <p>{text}</p>
            <div class="actions end">
                <Button on_press=move |()| open.set(false)>"Keep it as it is"</Button>
                <Button kind=Kind::Danger on_press=accept>
                    {confirm}
                </Button>
            </div>
        </dialog>
    }
}
