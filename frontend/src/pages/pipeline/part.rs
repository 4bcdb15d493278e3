//! One row of the transcript. A row is made anew when its part changes; only text that is being written grows inside its row.

use super::tool::{ToolCall, is_open, took_of};
use super::transcript_store::TranscriptStore;
use crate::ui::{EVERYTHING, Kept, Preferences, region};
use agency_contract::{PartKind, PartState, TranscriptPart};
use leptos::prelude::*;

fn kind_word(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Text => "text",
        PartKind::Reasoning => "reasoning",
        PartKind::Tool => "tool",
        PartKind::Notice => "notice",
    }
}

fn state_word(state: PartState) -> &'static str {
    match state {
        PartState::Open => "open",
        PartState::Done => "done",
        PartState::Error => "error",
    }
}

/// The id of a row's element.
pub(super) fn part_id(ordinal: u32) -> String {
    format!("part-{}", ordinal + 1)
}

/// Whether text may still be added to the part.
fn grows(part: &TranscriptPart) -> bool {
    part.state == PartState::Open && part.kind != PartKind::Tool
}

#[component]
pub(super) fn Part(store: TranscriptStore, ordinal: u32) -> impl IntoView {
    let version = store.memo(ordinal, |part| (part.state, if grows(part) { 0 } else { part.seq }));
    // A fold that the reader opened stays open when its part changes.
    let opened = RwSignal::new(*Preferences::from_context().detail.word.read_untracked() == EVERYTHING);
    region(move || {
        let _ = version.read();
        store.part(ordinal).map(|part| row(store, part, opened))
    })
}

fn row(store: TranscriptStore, part: TranscriptPart, opened: RwSignal<bool>) -> impl IntoView {
    let (kind, state) = (kind_word(part.kind), state_word(part.state));
    // Where the keys for the next error stop.
    let is_stop = (part.state == PartState::Error).then_some("");
    // What a summary keeps of the tools' calls. A file that is new has no rows.
    let is_edit = (part.rows.is_some() || part.tool.as_deref() == Some("write")).then_some("");
    let id = part_id(part.ordinal);
    let content = match part.kind {
        PartKind::Text => text(store, part).into_any(),
        PartKind::Reasoning => reasoning(store, part, opened).into_any(),
        PartKind::Tool => view! { <ToolCall part opened /> }.into_any(),
        PartKind::Notice => view! { <p class="notice-line"><span>{part.text}</span></p> }.into_any(),
    };
    view! {
        <li id=id class=format!("part part-{kind}") data-testid="part" data-kind=kind data-state=state data-edit=is_edit data-stop=is_stop tabindex=is_stop.map(|_| "-1")>
            {content}
        </li>
    }
}

/// The text so far, or as it stays.
fn words(store: TranscriptStore, part: TranscriptPart) -> AnyView {
    if grows(&part) { followed(store.memo(part.ordinal, |part| part.text.clone())) } else { part.text.into_any() }
}

fn followed(text: Kept<Option<String>>) -> AnyView {
    Signal::derive(move || text.get().unwrap_or_default()).into_any()
}

/// Text as it is written, then as the server's sanitised HTML once it is finished.
fn text(store: TranscriptStore, part: TranscriptPart) -> AnyView {
    match part.html {
        Some(html) => view! { <div class="prose" inner_html=html></div> }.into_any(),
        None => {
            let is_open = grows(&part);
            view! {
                <div class="prose open-text" class:is-open=is_open>
                    {words(store, part)}
                </div>
            }
            .into_any()
        }
    }
}

fn reasoning(store: TranscriptStore, part: TranscriptPart, opened: RwSignal<bool>) -> impl IntoView {
    let first_line = match grows(&part) {
        true => followed(store.memo(part.ordinal, first_line)),
        false => first_line(&part).into_any(),
    };
    let took = took_of(&part);
    view! {
        <details class="fold reasoning" open=opened.get_untracked() on:toggle=move |event| opened.set(is_open(&event))>
            <summary>
                <span class="part-label">"Thinking"</span>
                <span class="first-line">{first_line}</span>
                {took}
            </summary>
            <div class="open-text">{words(store, part)}</div>
        </details>
    }
}

fn first_line(part: &TranscriptPart) -> String {
    part.text.trim_start().lines().next().unwrap_or_default().to_owned()
}
