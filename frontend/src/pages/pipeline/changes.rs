//! The changes of the attempt, or of the whole branch. What is shown changes only when a commit does, or when the reader asks.

use super::Open;
use super::diff_table::FileDiff;
use crate::api::{self, Query};
use crate::model::diff::{folded, totals};
use crate::model::format::{counted, short_hash};
use crate::model::selection::{Choice, Tab};
use crate::pages::fetched::Fetched;
use crate::ui::{Button, EmptyState, Kept, region};
use agency_contract::{Attempt, Diff};
use leptos::prelude::*;
use std::sync::Arc;

#[component]
pub(super) fn Changes(open: Open, attempt_id: i64, attempt: Kept<Option<Attempt>>) -> impl IntoView {
    let whole_branch = Memo::new(move |_| open.choice.read().whole_branch);
    let diff = Query::new(move || {
        let attempt_id = (!whole_branch.get_untracked()).then_some(attempt_id);
        api::diff(open.id, attempt_id)
    });
    let commit = Kept::new(move || {
        let of_attempt = (*attempt.read()).as_ref().and_then(|attempt| attempt.head_commit.clone());
        if whole_branch.get() { Some(open.detail.read().pipeline.head_commit.clone()) } else { of_attempt }
    });
    diff.follow(Kept::new(move || (whole_branch.get(), commit.get())));
    view! {
        <ScopeBar open whole_branch diff />
        <Fetched query=diff label="Loading the changes" lines=8 show=move |diff| view! { <Files diff whole_branch /> } />
    }
}

/// Which changes: a choice of two, in the URL.
#[component]
fn ScopeBar(open: Open, whole_branch: Memo<bool>, diff: Query<Diff>) -> impl IntoView {
    let href = move |whole_branch: bool| {
        let number = |number: usize| u32::try_from(number).ok();
        let step = open.selected.get().and_then(|selected| number(selected.step + 1));
        let attempt = open.selected.get().and_then(|selected| selected.attempt_of(&open.detail.read()).map(|attempt| attempt.number));
        Choice { step, attempt, tab: Tab::Changes, whole_branch }.href(open.id)
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
    view! {
        <div class="scope-bar">
            <nav class="chips" aria-label="Which changes">
                {chip(false, "This attempt")} {chip(true, "Whole branch")}
            </nav>
            <Button on_press=move |()| diff.refresh()>"Refresh"</Button>
        </div>
    }
}

#[component]
fn Files(diff: Signal<Arc<Diff>>, whole_branch: Memo<bool>) -> impl IntoView {
    let nothing = move || if whole_branch.get() { "The branch changes nothing yet." } else { "This attempt changed no files." };
    region(move || {
        let diff = diff.get();
        if diff.files.is_empty() {
            return view! { <EmptyState title=nothing() /> }.into_any();
        }
        let (added, removed) = totals(&diff);
        let files = counted(diff.files.len(), "file", "files");
        let range = format!("{} … {}", short_hash(&diff.base_commit), short_hash(&diff.head_commit));
        let entries = diff.files.iter().cloned().zip(folded(&diff));
        view! {
            <div class="diff" data-testid="diff">
                <p class="diff-summary">
                    {files} ", "
                    <span class="plus">{format!("+{added}")}</span>
                    " "
                    <span class="minus">{format!("−{removed}")}</span>
                    " "
                    <code class="muted">{range}</code>
                </p>
                {entries.map(|(file, folded)| view! { <FileDiff file folded /> }).collect_view()}
            </div>
        }
        .into_any()
    })
}
