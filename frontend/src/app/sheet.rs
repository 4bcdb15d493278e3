//! The shortcuts of this screen.

use super::Shell;
use super::deeds::is_there;
use crate::model::commands::{COMMANDS, Command, GROUPS};
use crate::model::remapping::Remapping;
use crate::ui::{Button, Modal, Preferences, When, kept_keys, region};
use leptos::prelude::*;

#[component]
pub(super) fn Sheet(shell: Shell) -> impl IntoView {
    let open = shell.sheet;
    view! {
        <Modal open label="Shortcuts" class="dialog sheet">
            <div class="dialog-body">
                <Shortcuts />
                <div class="actions end">
                    <Button on_press=move |()| open.set(false)>"Close"</Button>
                </div>
            </div>
        </Modal>
    }
}

#[component]
fn Shortcuts() -> impl IntoView {
    let single_keys = Preferences::from_context().single_keys.is_on;
    let kept = kept_keys();
    let keys = |command: &Command| Remapping(&kept).keys(command.keys).to_owned();
    let row = |command: &Command| view! { <div><dt>{command.label}</dt><dd><Keys keys=keys(command) /></dd></div> };
    let groups = GROUPS.into_iter().filter_map(|(group, name)| {
        let rows: Vec<_> =
            COMMANDS.iter().filter(|command| command.group == group && !keys(command).is_empty() && is_there(command)).map(row).collect();
        (!rows.is_empty()).then(|| view! { <section><h3>{name}</h3><dl class="shortcuts">{rows}</dl></section> })
    });
    view! {
        <h2>"Shortcuts"</h2>
        <When when=Signal::derive(move || !single_keys.get())>
            <p class="hint">"Single keys are switched off in the settings; those with Ctrl still work."</p>
        </When>
        <div class="shortcut-groups">{groups.collect_view()}</div>
    }
}

/// `g i` as two keys.
#[component]
pub(super) fn Keys(keys: String) -> impl IntoView {
    region(move || keys.split(' ').map(|key| view! { <kbd>{key}</kbd> " " }).collect_view())
}
