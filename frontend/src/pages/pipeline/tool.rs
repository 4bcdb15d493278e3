//! A tool call: one line, which opens to what went in, what came out, and what changed.

use super::diff_table::{MiniDiff, PlusMinus};
use crate::model::clock::parse_millis;
use crate::model::json;
use crate::model::status::part_badge;
use crate::model::transcript::took;
use crate::ui::{When, local_time};
use agency_contract::{PartState, TranscriptPart};
use leptos::prelude::*;
use serde_json::Value;
use web_sys::{Event, HtmlDetailsElement};

/// More lines of output than this are shown only when asked for.
const OUTPUT_LINES_SHOWN_MAX: usize = 200;
/// A change whose rows are no longer, some forty lines, is shown without opening anything.
const EDIT_BYTES_SHOWN_MAX: usize = 8_000;

#[component]
pub(super) fn ToolCall(part: TranscriptPart, opened: RwSignal<bool>) -> impl IntoView {
    let badge = part_badge(part.state);
    let name = part.tool.clone().unwrap_or_else(|| "tool".to_owned());
    let (title, rows, took) = (part.text.clone(), part.rows.clone(), took_of(&part));
    let (added, removed) = (part.additions.unwrap_or_default(), part.deletions.unwrap_or_default());
    let part = StoredValue::new(part);
    view! {
        <details class="fold tool" open=opened.get_untracked() on:toggle=move |event| opened.set(is_open(&event))>
            <summary>
                <span class=format!("glyph {}", badge.tone.class()) aria-hidden="true">
                    {badge.glyph}
                </span>
                <span class="sr-only">{badge.label}</span>
                <span class="tool-name">{name}</span>
                <span class="tool-title">{title}</span>
                {rows.is_some().then(|| view! { <PlusMinus added removed /> })}
                {took}
            </summary>
            <When when=opened>{part.with_value(inside)}</When>
        </details>
        {rows.map(|rows| view! { <Edit rows /> })}
    }
}

/// How long a part took, for the end of its line.
pub(super) fn took_of(part: &TranscriptPart) -> Option<impl IntoView + use<>> {
    let words = took(part)?;
    let finished = parse_millis(&part.at).map(|millis| format!("Finished at {}", local_time(millis as f64)));
    Some(view! { <span class="took elapsed" data-testid="took" title=finished>{words}</span> })
}

/// Whether the fold that the event comes from is open now.
pub(super) fn is_open(event: &Event) -> bool {
    event_target::<HtmlDetailsElement>(event).open()
}

/// The change of a file, at once where it is short.
#[component]
fn Edit(rows: String) -> impl IntoView {
    if rows.len() <= EDIT_BYTES_SHOWN_MAX {
        return view! { <MiniDiff rows /> }.into_any();
    }
    let opened = RwSignal::new(false);
    view! {
        <details class="fold edit-fold" on:toggle=move |_| opened.set(true)>
            <summary>"Show the change"</summary>
            <When when=opened>
                <MiniDiff rows=rows.clone() />
            </When>
        </details>
    }
    .into_any()
}

fn inside(part: &TranscriptPart) -> impl IntoView + use<> {
    let input = part.input.as_ref().map(readable).filter(|text| !text.is_empty());
    let output = part.output.clone().filter(|text| !text.is_empty());
    let nothing = if part.state == PartState::Open { "No output yet." } else { "No output." };
    let missing = output.is_none().then(|| view! { <p class="muted">{nothing}</p> });
    view! {
        <div class="tool-inside">
            {input.map(|text| view! { <Block label="Input" text /> })} {output.map(|text| view! { <Block label="Output" text /> })} {missing}
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
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => json::line(input),
    }
}

#[component]
fn Block(label: &'static str, text: String) -> impl IntoView {
    let line_count = text.lines().count();
    let is_cut = RwSignal::new(line_count > OUTPUT_LINES_SHOWN_MAX);
    let more = format!("Show all {line_count} lines");
    let text = StoredValue::new(text);
    let shown =
        Signal::derive(move || {
            text.with_value(|text| {
                if is_cut.get() { text.lines().take(OUTPUT_LINES_SHOWN_MAX).collect::<Vec<_>>().join("\n") } else { text.clone() }
            })
        });
    view! {
        <p class="block-label">{label}</p>
        <pre class="block" tabindex="0" role="region" aria-label=label>
            {shown}
        </pre>
        <When when=is_cut>
            <button type="button" class="button small" on:click=move |_| is_cut.set(false)>
                {more.clone()}
            </button>
        </When>
    }
}
