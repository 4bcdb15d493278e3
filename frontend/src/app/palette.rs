//! The palette: type a few letters, press Enter. Everything that can be done on this screen is in it, every page, and the newest pipelines.

use super::Shell;
use super::deeds::{carry_out, those_there};
use super::sheet::Keys;
use crate::api::{self, Query};
use crate::model::commands::{COMMANDS, Command};
use crate::model::palette::ranked;
use crate::model::remapping::Remapping;
use crate::model::urls::{self, Filters};
use crate::ui::{Kept, Modal, Preferences, THEMES, bring_into_sight, effect, kept_keys, keyed};
use agency_contract::{Page, Pipeline};
use leptos::html::Div;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, ScrollLogicalPosition};

/// More than there is to do on any screen; more letters bring other pipelines.
const SHOWN_MAX: usize = 60;
const PIPELINES: usize = 50;

/// One line.
#[derive(Clone, PartialEq)]
struct Entry {
    text: String,
    kind: &'static str,
    act: Act,
}

#[derive(Clone, PartialEq)]
enum Act {
    Do(&'static Command),
    Open(i64),
    Theme(&'static str),
}

#[component]
pub(super) fn Palette(shell: Shell) -> impl IntoView {
    view! {
        <Modal open=shell.palette label="Search for anything to do" class="dialog palette" light=true>
            <Finder shell />
        </Modal>
    }
}

/// What there is to do, looked up when the palette opens: behind it nothing changes by the reader's hand.
fn entries(pipelines: Option<&Page<Pipeline>>) -> Vec<Entry> {
    let is_there = those_there();
    let there = COMMANDS.iter().filter(|command| command.is_in_palette() && is_there(command));
    let commands = there.map(|command| Entry { text: command.label.to_owned(), kind: "", act: Act::Do(command) });
    let themes = THEMES.into_iter().map(|(word, name)| Entry { text: format!("Theme: {name}"), kind: "", act: Act::Theme(word) });
    let pipelines = pipelines.into_iter().flat_map(|page| &page.items);
    let pipelines = pipelines.map(|pipeline| Entry { text: pipeline.title.clone(), kind: "Pipeline", act: Act::Open(pipeline.id) });
    commands.chain(themes).chain(pipelines).collect()
}

#[component]
fn Finder(shell: Shell) -> impl IntoView {
    let pipelines = Query::new(|| api::pipelines(Filters::default(), PIPELINES));
    let theme = Preferences::from_context().theme;
    let own_keys = kept_keys();
    let typed = RwSignal::new(String::new());
    let chosen = RwSignal::new(0);
    let all = Kept::new(move || entries(pipelines.value().as_deref()));
    let found = Kept::new(move || {
        let all = all.read();
        ranked(&typed.read(), all.iter().map(|entry| entry.text.as_str()), SHOWN_MAX)
    });
    let run = move |place: usize| {
        shell.palette.set(false);
        let Some(entry) = all.read_untracked().get(place).cloned() else { return };
        match entry.act {
            // The dialog gives the focus back first; what the command does with it comes after.
            Act::Do(command) => request_animation_frame(move || carry_out(shell, command)),
            Act::Open(id) => shell.router.open(&urls::pipeline(id)),
            Act::Theme(word) => theme.set(word),
        }
    };
    let pressed = move |event: KeyboardEvent| {
        let count = found.read_untracked().len().max(1);
        match event.key().as_str() {
            "ArrowDown" => chosen.update(|place| *place = (*place + 1) % count),
            "ArrowUp" => chosen.update(|place| *place = (*place + count - 1) % count),
            // Everything in it is reached with the arrows; what lies behind it is not to be reached.
            "Tab" => {}
            "Enter" => {
                if let Some(place) = found.read_untracked().get(chosen.get_untracked()) {
                    run(*place);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let is_chosen = move |place: usize| found.read().get(chosen.get()) == Some(&place);
    let row = move |id: i64| {
        let place = usize::try_from(id).unwrap_or_default();
        let entry = all.read_untracked().get(place).cloned();
        entry.map(|entry| {
            let keys = if let Act::Do(command) = entry.act { command.keys } else { "" };
            let keys = Remapping(&own_keys).keys(keys).to_owned();
            view! {
                <li
                    id=format!("palette-{place}")
                    role="option"
                    aria-selected=Signal::derive(move || is_chosen(place).to_string())
                    on:click=move |_| run(place)
                >
                    <span class="palette-text">{entry.text}</span>
                    <span class="muted">{entry.kind}</span>
                    {(!keys.is_empty()).then(|| view! { <span class="palette-keys"><Keys keys /></span> })}
                </li>
            }
        })
    };
    let active = Signal::derive(move || found.read().get(chosen.get()).map(|place| format!("palette-{place}")));
    effect(move || {
        let element = active.get().and_then(|id| document().get_element_by_id(&id));
        if let Some(element) = element {
            bring_into_sight(&element, ScrollLogicalPosition::Nearest);
        }
    });
    let field = NodeRef::<Div>::new();
    effect(move || drop(field.get().map(|field| field.focus())));
    view! {
        // Not an input: where one gets the focus, Chromium goes through the whole document for its autofill (ADR 21).
        <div
            node_ref=field
            class="palette-field"
            contenteditable="plaintext-only"
            tabindex="0"
            role="combobox"
            aria-label="What do you want to do?"
            aria-expanded="true"
            aria-controls="palette-list"
            aria-autocomplete="list"
            aria-activedescendant=active
            autocapitalize="off"
            spellcheck="false"
            on:input=move |_| {
                typed.set(field.get_untracked().and_then(|field| field.text_content()).unwrap_or_default().trim().to_owned());
                chosen.set(0);
            }
            on:keydown=pressed
        ></div>
        <ul id="palette-list" class="palette-list" role="listbox" aria-label="What can be done">
            {keyed(move || found.read().iter().filter_map(|place| i64::try_from(*place).ok()).collect(), row)}
        </ul>
        <p class="hint palette-none" role="status">
            {Signal::derive(move || if found.read().is_empty() { "Nothing fits these letters." } else { "" })}
        </p>
    }
}
