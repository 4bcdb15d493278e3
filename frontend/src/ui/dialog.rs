//! The question before something that cannot be undone.

use super::button::{Button, Kind};
use super::modal::Modal;
use leptos::prelude::*;

/// Opened by setting `open`; unset again when the dialog closes, however it does.
#[component]
pub(crate) fn ConfirmDialog(
    open: RwSignal<bool>,
    title: &'static str,
    /// What will happen, in a sentence or two.
    text: &'static str,
    /// The label of the button that does it.
    confirm: &'static str,
    #[prop(into)] on_confirm: Callback<()>,
) -> impl IntoView {
    let accept = Callback::new(move |()| {
        open.set(false);
        on_confirm.run(());
    });
    view! {
        <Modal open label=title>
            <div class="dialog-body">
                <h2>{title}</h2>
                <p>{text}</p>
                <div class="actions end">
                    <Button on_press=move |()| open.set(false)>"Keep it as it is"</Button>
                    <Button kind=Kind::Danger on_press=accept>
                        {confirm}
                    </Button>
                </div>
            </div>
        </Modal>
    }
}
