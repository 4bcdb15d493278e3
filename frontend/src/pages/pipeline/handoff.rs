//! What an attempt left for those after it: the record, and the same as the Markdown that the next agent reads.

use super::Open;
use super::earlier::Earlier;
use super::record::{CriterionLine, FindingLine};
use crate::api::{self, Query};
use crate::model::format::words;
use crate::model::handoff::{Decision, Question, Record, has_earlier_handoff};
use crate::model::receipt::{Fate, fates};
use crate::model::selection::place_href;
use crate::model::urls::text_file;
use crate::ui::{Ago, CopyButton, EmptyState, Inline, Kept, Tag, When, region};
use agency_contract::{Attempt, Handoff};
use leptos::prelude::*;

#[component]
pub(super) fn HandoffView(open: Open, attempt_id: i64, attempt: Kept<Option<Attempt>>, under_way: Memo<bool>) -> impl IntoView {
    let handoff = Kept::new(move || (*attempt.read()).as_ref().and_then(|attempt| attempt.handoff.clone()));
    let nothing = move || {
        if under_way.get() {
            "The agent has not handed off yet. It does so at the end of its work."
        } else {
            "This attempt left no hand-off."
        }
    };
    view! {
        {region(move || match handoff.get() {
            Some(handoff) => view! { <Shown handoff /> <Since open attempt_id /> }.into_any(),
            None => view! { <EmptyState title=nothing() /> }.into_any(),
        })}
        <Given open attempt_id attempt />
    }
}

/// What it says otherwise than the hand-off before it at the same step, where there is one. Compared once it is opened.
#[component]
fn Since(open: Open, attempt_id: i64) -> impl IntoView {
    let opened = RwSignal::new(false);
    let is_later = has_earlier_handoff(&open.detail.read_untracked(), attempt_id);
    is_later.then(|| {
        view! {
            <details class="fold handoff-since" data-testid="since-earlier" on:toggle=move |_| opened.set(true)>
                <summary>"What has changed since the attempt before"</summary>
                <When when=opened>
                    <Earlier pipeline=open.id attempt_id />
                </When>
            </details>
        }
    })
}

/// What the agent was given of those before it, id by id, and what it said to it.
#[component]
fn Given(open: Open, attempt_id: i64, attempt: Kept<Option<Attempt>>) -> impl IntoView {
    // What a fork took over has its receipt where it was made.
    let made_in = (*attempt.read_untracked()).as_ref().and_then(|attempt| attempt.copied_from).unwrap_or(attempt_id);
    let receipt = Query::new(move || api::receipt(made_in));
    let groups = Kept::new(move || match (&*attempt.read(), receipt.value()) {
        (Some(attempt), Some(receipt)) => fates(&open.detail.read(), attempt, &receipt.ids),
        _ => Vec::new(),
    });
    let group = |(fate, ids): (Fate, Vec<String>)| {
        let (glyph, words, class) = fate.shown();
        view! {
            <li class=class>
                <span class="glyph" aria-hidden="true">
                    {glyph}
                </span>
                " "
                <code>{ids.join(" ")}</code>
                " "
                {words}
            </li>
        }
    };
    region(move || {
        let groups = groups.get();
        (!groups.is_empty()).then(|| {
            view! {
                <section class="record-section given" data-testid="given">
                    <h3>"What it was given"</h3>
                    <ul class="evidence">{groups.into_iter().map(group).collect_view()}</ul>
                </section>
            }
        })
    })
}

#[component]
fn Shown(handoff: Handoff) -> impl IntoView {
    let record = Record::read(&handoff.metadata);
    // Without a record that can be read, the Markdown is all there is.
    let is_readable = !record.summary.is_empty();
    let markdown = handoff.content_md;
    view! {
        <article class="handoff" data-testid="handoff">
            <p class="handoff-meta">
                {(!record.outcome.is_empty()).then(|| view! { <Tag text=words(&record.outcome) /> })}
                <span class="muted">
                    "left "
                    <Ago at=handoff.created_at />
                </span>
                <CopyButton text=markdown.clone() label="Copy as Markdown" word="Copy as Markdown" action="copy-markdown" />
                <a class="button small quiet" href=text_file(&markdown) download=format!("hand-off-{}.md", handoff.id) rel="external">
                    "Download"
                </a>
            </p>
            {is_readable.then(|| view! { <RecordView record /> })}
            <details class="fold whole-handoff" open=!is_readable>
                <summary>"As the next agent reads it"</summary>
                <div class="prose" inner_html=handoff.content_html></div>
            </details>
        </article>
    }
}

#[component]
fn RecordView(record: Record) -> impl IntoView {
    let plain = |text: String| view! { <li class="entry-body"><Inline text /></li> };
    let path = |path: String| {
        let href = place_href(&path);
        view! {
            <li>
                <a href=href>
                    <code>{path}</code>
                </a>
            </li>
        }
    };
    view! {
        <p class="summary"><Inline text=record.summary /></p>
        {section("Acceptance criteria", record.criteria, |criterion| view! { <CriterionLine criterion /> })}
        {section("Decisions", record.decisions, decision)}
        {section("Findings", record.findings, |finding| view! { <FindingLine finding /> })}
        {section("What did not work", record.failed_approaches, plain)}
        {section("Open questions", record.open_questions, question)}
        {section("For the next agent", given([record.next, prefixed("Do not: ", record.do_not)]), plain)}
        {section("Files changed", record.files_changed, path)}
    }
}

fn given<const N: usize>(texts: [String; N]) -> Vec<String> {
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

fn prefixed(prefix: &str, text: String) -> String {
    if text.is_empty() { text } else { format!("{prefix}{text}") }
}

/// A list under its heading; nothing where the list is empty.
fn section<T, V: IntoView + 'static>(title: &'static str, items: Vec<T>, line: impl Fn(T) -> V) -> impl IntoView {
    let lines = items.into_iter().map(line).collect_view();
    (!lines.is_empty()).then(|| {
        view! {
            <section class="record-section">
                <h3>{title}</h3>
                <ul class="entries">{lines}</ul>
            </section>
        }
    })
}

fn decision(decision: Decision) -> impl IntoView {
    view! {
        <li class="entry">
            <code class="entry-id">{decision.id}</code>
            <span class="entry-body">
                <Inline text=decision.what />
                {(!decision.why.is_empty()).then(|| view! { <span class="why"><Inline text=decision.why /></span> })}
            </span>
        </li>
    }
}

fn question(question: Question) -> impl IntoView {
    view! {
        <li class="entry">
            <span class="entry-body">
                <Inline text=question.text />
            </span>
            {question.blocking.then(|| view! { <Tag text="blocking" class="tone-bad" /> })}
        </li>
    }
}
