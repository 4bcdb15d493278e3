//! Lines of a diff as a table. The server makes the rows; a file that is too long to come with the others is fetched when it is opened.

use super::diff_lines::{asked_why, choose};
use super::named_place::{go_when_named, open_when_named};
use super::review::{Remarks, Review};
use super::viewed::ViewedMark;
use crate::api::{self, Command, Query};
use crate::model::diff::{CONTEXTS, Shown, file_word};
use crate::model::format::counted;
use crate::model::selection::Choice;
use crate::pages::fetched::Fetched;
use crate::router::Router;
use crate::ui::{Button, Kind, Refusal, When, region};
use agency_contract::{Diff, DiffFile};
use leptos::prelude::*;
use std::sync::Arc;
use wasm_bindgen::JsCast as _;
use web_sys::MouseEvent;

/// Numbers are narrow, and the lines have what is left. Columns of known width spare the browser from looking at each of ten thousand rows.
const UNIFIED_COLUMNS: &str = "<col class=\"number-column\"><col class=\"number-column\"><col class=\"mark-column\"><col>";
const SPLIT_COLUMNS: &str = "<col class=\"number-column\"><col><col class=\"number-column\"><col>";

#[component]
pub(super) fn FileDiff(id: String, file: DiffFile, shown: Shown, review: Option<Review>) -> impl IntoView {
    let word = file_word(&file);
    let DiffFile { path, additions, deletions, binary, lines, rows, digest, .. } = file;
    let folded = rows.is_none() && !binary;
    let mark = review.map(|review| review.viewed).zip(digest);
    let is_open = !folded && mark.as_ref().is_none_or(|(viewed, digest)| !untrack(|| viewed.has(digest)));
    let opened = RwSignal::new(is_open);
    let details = NodeRef::new();
    open_when_named(path.clone(), details);
    let remarks = review.map(|review| review.remarks);
    let data_path = path.clone();
    let (rows, name) = (StoredValue::new(rows), StoredValue::new(path.clone()));
    let context = RwSignal::new(None::<u32>);
    let lines_in = move || match (context.get(), rows.get_value()) {
        (None, Some(rows)) => view! { <Lines path=name.get_value() rows shown remarks /> }.into_any(),
        (context, _) => view! { <LongFile path=name.get_value() shown=Shown { context, ..shown } remarks /> }.into_any(),
    };
    // A new file and one that is gone are shown whole as they are.
    let has_more = word == "modified" || word.starts_with("renamed");
    let content = move || match binary {
        true => view! { <p class="muted pad">"A binary file: its content is not shown."</p> }.into_any(),
        false => view! {
            {has_more.then(|| view! { <MoreContext context /> })}
            {region(lines_in)}
        }
        .into_any(),
    };
    view! {
        <div class="file-entry" id=id>
            <details class="file-diff" node_ref=details open=is_open data-path=data_path on:toggle=move |_| opened.set(true)>
                <summary>
                    <span class="file-path">{path}</span>
                    <span class="file-word">{word}</span>
                    <PlusMinus added=additions removed=deletions />
                    {folded.then(|| view! { <span class="muted">{counted(lines as usize, "line", "lines")}</span> })}
                </summary>
                <When when=opened>{content()}</When>
            </details>
            {mark.map(|(viewed, digest)| view! { <ViewedMark viewed digest /> })}
        </div>
    }
}

/// More of what is around the changes of a file, step by step.
#[component]
fn MoreContext(context: RwSignal<Option<u32>>) -> impl IntoView {
    let more = move |(lines, label): (u32, &'static str)| {
        view! {
            <When when=Signal::derive(move || context.get().is_none_or(|shown| shown < lines))>
                <Button kind=Kind::Quiet on_press=move |()| context.set(Some(lines))>
                    {label}
                </Button>
            </When>
        }
    };
    view! { <div class="file-tools">{CONTEXTS.map(more).collect_view()}</div> }
}

/// How many lines a change adds and removes.
#[component]
pub(super) fn PlusMinus(added: u32, removed: u32) -> impl IntoView {
    view! {
        <span class="plus-minus">
            <span class="plus">{format!("+{added}")}</span>
            " "
            <span class="minus">{format!("−{removed}")}</span>
        </span>
    }
}

/// A file that is fetched by itself.
#[component]
fn LongFile(path: String, shown: Shown, remarks: Option<Remarks>) -> impl IntoView {
    let asked = path.clone();
    let query = Query::new(move || api::diff(shown, Some(&asked)));
    let show = move |diff: Signal<Arc<Diff>>| {
        let path = path.clone();
        region(move || {
            let rows = diff.read().files.first().and_then(|file| file.rows.clone()).unwrap_or_default();
            view! { <Lines path=path.clone() rows shown remarks /> }
        })
    };
    view! { <Fetched query label="Loading the lines" lines=8 show /> }
}

#[component]
fn Lines(path: String, rows: String, shown: Shown, remarks: Option<Remarks>) -> impl IntoView {
    let table = NodeRef::new();
    if let Some(remarks) = remarks {
        remarks.show_in(table, path.clone());
    }
    go_when_named(path.clone(), table);
    let label = format!("Changes of {path}");
    let (why, router) = (Command::new(), Router::from_context());
    let pressed = move |event: MouseEvent| {
        let Some(remarks) = remarks else { return };
        match event.target().and_then(|target| asked_why(target.unchecked_ref())) {
            Some((line, side)) => {
                why.run(api::blame(shown, &path, line, side), move |found| router.open(&Choice::blamed(found).href(shown.pipeline)));
            }
            None => remarks.pressed(&path, &event),
        }
    };
    let split = shown.split;
    view! {
        <Refusal error=why.error />
        <div class="table-frame" role="region" tabindex="0" aria-label=label on:click=pressed on:keydown=move |event| choose(&event)>
            <table class="diff-table" class:split=split node_ref=table>
                <colgroup inner_html=if split { SPLIT_COLUMNS } else { UNIFIED_COLUMNS }></colgroup>
                <tbody inner_html=rows></tbody>
            </table>
        </div>
    }
}

/// The short diff that a tool leaves.
#[component]
pub(super) fn MiniDiff(rows: String) -> impl IntoView {
    view! {
        <div class="table-frame mini" role="region" tabindex="0" aria-label="The change of the file">
            <table class="diff-table">
                <tbody inner_html=rows></tbody>
            </table>
        </div>
    }
}
