//! Above a transcript: how much of it is shown, and the search in all of it, which the server makes.

use super::Open;
use super::rail::entry_href;
use super::transcript_store::TranscriptStore;
use crate::api::{self, Query};
use crate::model::found::{SORTS, how_many, label};
use crate::pages::fetched::Fetched;
use crate::ui::{Choices, DETAILS, Kept, Preferences, SelectBox, after_change, region};
use leptos::prelude::*;
use serde_json::Value;

#[component]
pub(super) fn TranscriptTools(open: Open, store: TranscriptStore, attempt_id: i64) -> impl IntoView {
    let (words, sort) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let question = Kept::new(move || (words.read().trim().to_owned(), sort.get()));
    let is_asked = Memo::new(move |_| *question.read() != (String::new(), String::new()));
    let sorts = SORTS.map(|(word, text)| (word.to_owned(), text.to_owned())).to_vec();
    view! {
        <div class="transcript-tools">
            <search>
                <input
                    type="search"
                    aria-label="Search this transcript"
                    placeholder="Search this transcript"
                    on:input=move |event| words.set(event_target_value(&event))
                />
                <SelectBox label="Only entries of one sort" choices=sorts value=sort />
            </search>
            <Choices name="detail" label="Detail" choices=&DETAILS choice=Preferences::from_context().detail />
        </div>
        {region(move || is_asked.get().then(|| view! { <Found open store attempt_id question /> }))}
    }
}

#[component]
fn Found(open: Open, store: TranscriptStore, attempt_id: i64, question: Kept<(String, String)>) -> impl IntoView {
    let query = Query::new(move || {
        let (words, sort) = (*question.read_untracked()).clone();
        api::found_parts(open.id, attempt_id, &words, &sort)
    });
    // What is typed, and what the agent writes meanwhile, come many at a time.
    question.on_change(move || query.refresh_soon());
    after_change(move || store.end.track(), move || query.refresh_soon());
    let row = move |part: &Value| {
        let ordinal = part["ordinal"].as_u64().and_then(|ordinal| u32::try_from(ordinal).ok()).unwrap_or_default();
        let href = entry_href(open, ordinal + 1);
        view! {
            <li>
                <a href=href data-row="" data-noscroll="" data-state=part["state"].as_str().map(ToOwned::to_owned)>
                    <span class="tool-name">{label(part)}</span>
                    <span class="found-line" inner_html=part["html"].as_str().unwrap_or_default().to_owned()></span>
                </a>
            </li>
        }
    };
    let rows = move |found: &Value| found["items"].as_array().into_iter().flatten().map(row).collect_view();
    view! {
        <div class="found" data-testid="found">
            <Fetched
                query
                label="Searching the transcript"
                lines=2
                show=move |found| {
                    view! {
                        <p class="muted" role="status">
                            {Signal::derive(move || how_many(&found.read()))}
                        </p>
                        <ol>{region(move || rows(&found.read()))}</ol>
                    }
                }
            />
        </div>
    }
}
