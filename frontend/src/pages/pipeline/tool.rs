//! A tool call: one line, which opens to what went in, what came out, and what changed.

use super::diff_table::MiniDiff;
use super::transcript_store::TranscriptStore;
use crate::model::diff::{counts, parse_unified};
use crate::model::format::counted;
use crate::model::status::part_badge;
use agency_contract::PartState;
use leptos::prelude::*;
use serde_json::Value;

/// More lines of output than this are shown only when asked for.
const OUTPUT_LINES_SHOWN_MAX: usize = 200;
/// A change of up to this many lines is shown without opening anything.
const DIFF_LINES_SHOWN_MAX: usize = 40;

#[component]
pub(super) fn ToolCall(store: TranscriptStore, ordinal: u32) -> impl IntoView {
    let name = store.memo(ordinal, |part| part.tool.clone().unwrap_or_else(|| "tool".to_owned()));
    let title = store.memo(ordinal, |part| part.text.clone());
    let state = store.memo(ordinal, |part| part.state);
    let diff = store.memo(ordinal, |part| part.diff.clone());
    let opened = RwSignal::new(false);
    let badge = move || part_badge(state.get().unwrap_or(PartState::Open));
    view! {
        <details class="fold tool" on:toggle=move |_| opened.set(true)>
            <summary>
                <span class=move || format!("glyph {}", badge().tone.class()) aria-hidden="true">
                    {move || badge().glyph}
                </span>
                <span class="sr-only">{move || badge().label}</span>
                <span class="tool-name">{move || name.get()}</span>
                <span class="tool-title">{move || title.get()}</span>
                {move || diff.get().flatten().map(|diff| view! { <PlusMinus diff /> })}
            </summary>
            <Show when=move || opened.get()>
                <Inside store ordinal />
            </Show>
        </details>
        {move || diff.get().flatten().map(|diff| view! { <Edit diff /> })}
    }
}

#[component]
fn PlusMinus(diff: String) -> impl IntoView {
    let (added, removed) = counts(&parse_unified(&diff));
    view! {
        <span class="plus-minus">
            <span class="plus">{format!("+{added}")}</span>
            " "
            <span class="minus">{format!("−{removed}")}</span>
        </span>
    }
}

/// The change of a file, at once where it is short.
#[component]
fn Edit(diff: String) -> impl IntoView {
    let lines = parse_unified(&diff);
    if lines.len() <= DIFF_LINES_SHOWN_MAX {
        return view! { <MiniDiff lines /> }.into_any();
    }
    let opened = RwSignal::new(false);
    let label = format!("Show the change ({})", counted(lines.len(), "line", "lines"));
    view! {
        <details class="fold edit-fold" on:toggle=move |_| opened.set(true)>
            <summary>{label}</summary>
            <Show when=move || opened.get()>
                <MiniDiff lines=lines.clone() />
            </Show>
        </details>
    }
    .into_any()
}

#[component]
fn Inside(store: TranscriptStore, ordinal: u32) -> impl IntoView {
    let input = store.memo(ordinal, |part| part.input.as_ref().map(readable).filter(|text| !text.is_empty()));
    let output = store.memo(ordinal, |part| part.output.clone().filter(|text| !text.is_empty()));
    let is_open = store.memo(ordinal, |part| part.state == PartState::Open);
    view! {
        <div class="tool-inside">
            {move || input.get().flatten().map(|text| view! { <Block label="Input" text /> })}
            {move || output.get().flatten().map(|text| view! { <Block label="Output" text /> })}
            <Show when=move || output.get().flatten().is_none()>
                <p class="muted">{move || if is_open.get() == Some(true) { "No output yet." } else { "No output." }}</p>
            </Show>
        </div>
    }
}

/// A command alone is shown as the command; anything else as its JSON.
fn readable(input: &Value) -> String {
    match input {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(fields) => match fields.get("command").and_then(Value::as_str) {
            Some(command) => format!("$ {command}"),
            None => serde_json::to_string_pretty(input).unwrap_or_default(),
        },
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => input.to_string(),
    }
}

#[component]
fn Block(label: &'static str, text: String) -> impl IntoView {
    let line_count = text.lines().count();
    let is_cut = RwSignal::new(line_count > OUTPUT_LINES_SHOWN_MAX);
    let more = format!("Show all {line_count} lines");
    let text = StoredValue::new(text);
    let shown =
        move || {
            text.with_value(|text| {
                if is_cut.get() { text.lines().take(OUTPUT_LINES_SHOWN_MAX).collect::<Vec<_>>().join("\n") } else { text.clone() }
            })
        };
    view! {
        <p class="block-label">{label}</p>
        <pre class="block" tabindex="0" role="region" aria-label=label>
            {shown}
        </pre>
        <Show when=move || is_cut.get()>
            <button type="button" class="button small" on:click=move |_| is_cut.set(false)>
                {more.clone()}
            </button>
        </Show>
    }
}
