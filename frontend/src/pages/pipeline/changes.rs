//! The changes of the attempt, or of the whole branch. What is shown changes only when a commit does, or when the reader asks.

use super::Open;
use super::diff_table::FileDiff;
use super::file_list::{file_id, file_list};
use super::review::{Remarks, Review, ReviewBar};
use super::viewed::Viewed;
use crate::api::{self, Query};
use crate::model::diff::{Shown, totals};
use crate::model::format::{counted, short_hash};
use crate::model::selection::{Choice, Tab};
use crate::pages::fetched::Fetched;
use crate::ui::{Button, EmptyState, Kept, Preferences, region, window_width};
use agency_contract::{Attempt, Diff};
use leptos::prelude::*;
use std::sync::Arc;

/// Narrower windows, in CSS pixels, show lines one after the other whatever the reader likes.
const SPLIT_WIDTH_MIN: f64 = 900.0;

#[component]
pub(super) fn Changes(open: Open, attempt_id: i64, attempt: Kept<Option<Attempt>>) -> impl IntoView {
    let whole_branch = Memo::new(move |_| open.choice.read().whole_branch);
    let Preferences { diff: view, ignore_space: space, .. } = Preferences::from_context();
    let likes_split = view.word;
    let shown = Kept::new(move || Shown {
        pipeline: open.id,
        attempt: (!whole_branch.get()).then_some(attempt_id),
        against: None,
        split: likes_split.read().as_str() == "split" && is_wide(),
        ignore_space: space.is_on.get(),
        context: None,
    });
    let diff = Query::new(move || api::diff(*shown.read_untracked(), None));
    let remarks = Remarks::of(open.id);
    let review = Review { remarks, viewed: Viewed::of(open.id) };
    let commit = Kept::new(move || {
        let of_attempt = (*attempt.read()).as_ref().and_then(|attempt| attempt.head_commit.clone());
        if whole_branch.get() { Some(open.detail.read().pipeline.head_commit.clone()) } else { of_attempt }
    });
    diff.follow(Kept::new(move || (shown.get(), commit.get())));
    view! {
        <ScopeBar open whole_branch diff />
        <Fetched query=diff label="Loading the changes" lines=8 show=move |diff| view! { <Files diff shown review=Some(review) /> } />
        <ReviewBar open remarks />
    }
}

/// Whether before and after have room beside each other.
pub(super) fn is_wide() -> bool {
    window_width() >= SPLIT_WIDTH_MIN
}

/// Which changes: a choice of two, in the URL.
#[component]
fn ScopeBar(open: Open, whole_branch: Memo<bool>, diff: Query<Diff>) -> impl IntoView {
    let href = move |whole_branch: bool| {
        let number = |number: usize| u32::try_from(number).ok();
        let step = open.selected.get().and_then(|selected| number(selected.step + 1));
        let attempt = open.selected.get().and_then(|selected| selected.attempt_of(&open.detail.read()).map(|attempt| attempt.number));
        Choice { step, attempt, tab: Tab::Changes, whole_branch, ..Choice::default() }.href(open.id)
    };
    let chip = move |of_branch: bool, label: &'static str| {
        view! {
            <a
                class="chip"
                data-noscroll=""
                href=Signal::derive(move || href(of_branch))
                aria-current=Signal::derive(move || (whole_branch.get() == of_branch).then_some("true"))
            >
                {label}
            </a>
        }
    };
    let Preferences { diff: view, ignore_space: space, .. } = Preferences::from_context();
    let turn_view = move || view.set(if view.word.read_untracked().as_str() == "split" { "unified" } else { "split" });
    view! {
        <div class="scope-bar">
            <nav class="chips" aria-label="Which changes">
                {chip(false, "This attempt")} {chip(true, "Whole branch")}
            </nav>
            <div class="actions">
                <Button action="split" on_press=move |()| turn_view()>
                    {Signal::derive(move || if view.word.read().as_str() == "split" { "Unified view" } else { "Split view" })}
                </Button>
                <Button action="space" on_press=move |()| space.set(!space.is_on.get_untracked())>
                    {Signal::derive(move || if space.is_on.get() { "Show white space changes" } else { "Ignore white space" })}
                </Button>
                <Button on_press=move |()| diff.refresh()>"Refresh"</Button>
            </div>
        </div>
    }
}

#[component]
pub(super) fn Files(diff: Signal<Arc<Diff>>, shown: Kept<Shown>, review: Option<Review>) -> impl IntoView {
    let nothing = move || match *shown.read() {
        Shown { against: Some(_), .. } => "Both branches hold the same.",
        Shown { ignore_space: true, .. } => "Nothing changed but white space, if anything did.",
        Shown { attempt: None, .. } => "The branch changes nothing yet.",
        Shown { .. } => "This attempt changed no files.",
    };
    region(move || {
        let diff = diff.get();
        if diff.files.is_empty() {
            return view! { <EmptyState title=nothing() /> }.into_any();
        }
        let (added, removed) = totals(&diff);
        let files = counted(diff.files.len(), "file", "files");
        let range = format!("{} … {}", short_hash(&diff.base_commit), short_hash(&diff.head_commit));
        let shown = *shown.read_untracked();
        let digests: Vec<String> = diff.files.iter().filter_map(|file| file.digest.clone()).collect();
        let entries = diff.files.iter().cloned().enumerate();
        view! {
            <div class="diff" data-testid="diff">
                <p class="diff-summary">
                    {files} ", "
                    <span class="plus">{format!("+{added}")}</span>
                    " "
                    <span class="minus">{format!("−{removed}")}</span>
                    " "
                    <code class="muted">{range}</code>
                    {review.map(|review| view! { " " <span class="muted">{Signal::derive(move || seen(review.viewed, &digests))}</span> })}
                </p>
                {review.map(|_| view! { <p class="hint">"Press the number of a line to remark on it, and with Shift another to remark on all between them."</p> })}
                {file_list(&diff.files, review)}
                {entries.map(|(place, file)| view! { <FileDiff id=file_id(place) file shown review /> }).collect_view()}
            </div>
        }
        .into_any()
    })
}

/// How many of the files bear a mark; nothing where none does.
fn seen(viewed: Viewed, digests: &[String]) -> String {
    let count = digests.iter().filter(|digest| viewed.has(digest)).count();
    if count == 0 { String::new() } else { format!("· {count} viewed") }
}
