//! One row of the transcript.

use super::tool::ToolCall;
use super::transcript_store::TranscriptStore;
use agency_contract::{PartKind, PartState};
use leptos::prelude::*;

fn word(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Text => "text",
        PartKind::Reasoning => "reasoning",
        PartKind::Tool => "tool",
        PartKind::Notice => "notice",
    }
}

#[component]
pub(super) fn Part(store: TranscriptStore, ordinal: u32) -> impl IntoView {
    let kind = store.memo(ordinal, |part| part.kind);
    let state = store.memo(ordinal, |part| part.state);
    let state_word = move || match state.get() {
        Some(PartState::Open) => "open",
        Some(PartState::Error) => "error",
        Some(PartState::Done) | None => "done",
    };
    view! {
        <li class=move || format!("part part-{}", kind.get().map_or("", word)) data-testid="part" data-kind=move || kind.get().map(word) data-state=state_word>
            {move || match kind.get() {
                Some(PartKind::Text) => view! { <Text store ordinal /> }.into_any(),
                Some(PartKind::Reasoning) => view! { <Reasoning store ordinal /> }.into_any(),
                Some(PartKind::Tool) => view! { <ToolCall store ordinal /> }.into_any(),
                Some(PartKind::Notice) => view! { <Notice store ordinal /> }.into_any(),
                None => ().into_any(),
            }}
        </li>
    }
}

/// Text as it is written, then as the server's sanitised HTML once it is finished.
#[component]
fn Text(store: TranscriptStore, ordinal: u32) -> impl IntoView {
    let html = store.memo(ordinal, |part| part.html.clone());
    let text = store.memo(ordinal, |part| part.text.clone());
    let is_open = store.memo(ordinal, |part| part.state == PartState::Open);
    move || match html.get().flatten() {
        Some(html) => view! { <div class="prose" inner_html=html></div> }.into_any(),
        None => view! {
            <div class="prose open-text" class:is-open=move || is_open.get() == Some(true)>
                {move || text.get()}
            </div>
        }
        .into_any(),
    }
}

#[component]
fn Reasoning(store: TranscriptStore, ordinal: u32) -> impl IntoView {
    let text = store.memo(ordinal, |part| part.text.clone());
    let first_line = store.memo(ordinal, |part| part.text.trim_start().lines().next().unwrap_or_default().to_owned());
    view! {
        <details class="fold reasoning">
            <summary>
                <span class="part-label">"Thinking"</span>
                <span class="first-line">{move || first_line.get()}</span>
            </summary>
            <div class="open-text">{move || text.get()}</div>
        </details>
    }
}

#[component]
fn Notice(store: TranscriptStore, ordinal: u32) -> impl IntoView {
    let text = store.memo(ordinal, |part| part.text.clone());
    view! {
        <p class="notice-line">
            <span>{move || text.get()}</span>
        </p>
    }
}
