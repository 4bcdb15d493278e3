//! The chain as a timeline: each step with its state, its attempts, and where a loop leads back.

use super::Open;
use crate::model::chain::{attempt_outcome, loop_line, sent_back_to, step_name};
use crate::model::format::{cost, count, total_tokens};
use crate::model::selection::{Choice, Selected, Tab};
use crate::model::status::{attempt_word, step_badge, step_word};
use crate::ui::{BadgeView, Elapsed, Kept, keyed, region};
use agency_contract::{Attempt, Step, StepKind};
use leptos::prelude::*;

#[component]
pub(super) fn Rail(open: Open) -> impl IntoView {
    let steps = Kept::new(move || open.detail.read().steps.clone());
    let ids = move || steps.read().iter().map(|step| step.id).collect();
    let row = move |id| {
        let index = steps.read_untracked().iter().position(|step| step.id == id)?;
        let initial = steps.read_untracked().get(index)?.clone();
        Some(view! { <StepEntry open index initial steps /> })
    };
    view! {
        <nav class="rail" aria-label="Steps">
            <ol>
                {keyed(ids, row)}
            </ol>
        </nav>
    }
}

/// Where a link to a step, or to one of its attempts, leads: the tab that is open stays open.
fn href(open: Open, index: usize, attempt: Option<u32>) -> String {
    let tab = open.choice.read().tab;
    let step = u32::try_from(index + 1).ok();
    Choice { step, attempt, tab, ..Choice::default() }.href(open.id)
}

#[component]
fn StepEntry(open: Open, index: usize, initial: Step, steps: Kept<Vec<Step>>) -> impl IntoView {
    let step = Kept::new(move || steps.read().get(index).cloned().unwrap_or_else(|| initial.clone()));
    let badge = Signal::derive(move || step_badge(step.read().status));
    let is_selected = Memo::new(move |_| open.selected.get().is_some_and(|selected| selected.step == index));
    let kind = step.read_untracked().kind;
    view! {
        <li
            class=Signal::derive(move || format!("step {}", badge.get().tone.class()))
            class:selected=is_selected
            class:is-gate=kind == StepKind::Approval
            data-testid="step"
            data-agent=Signal::derive(move || step.read().agent_name.clone())
            data-status=Signal::derive(move || step_word(step.read().status))
        >
            <span class="step-node" aria-hidden="true">
                {Signal::derive(move || badge.get().glyph)}
            </span>
            <div class="step-body">
                <a
                    class="step-name"
                    data-noscroll=""
                    href=Signal::derive(move || href(open, index, None))
                    aria-current=Signal::derive(move || is_selected.get().then_some("step"))
                >
                    {Signal::derive(move || step_name(&step.read()))}
                </a>
                <span class="step-status">{Signal::derive(move || badge.get().label)}</span>
                <p class="step-what">{Signal::derive(move || step.read().description.clone())}</p>
                <Attempts open index step />
                {region(move || loop_line(&step.read()).map(|line| view! { <p class="step-loop">"↺ " {line}</p> }))}
            </div>
        </li>
    }
}

#[component]
fn Attempts(open: Open, index: usize, step: Kept<Step>) -> impl IntoView {
    let rows = move || step.read().attempts.iter().map(|attempt| attempt.id).collect();
    view! {
        <ul class="attempts" aria-label="Attempts">
            {keyed(rows, move |id| view! { <AttemptEntry open index step id /> })}
        </ul>
    }
}

#[component]
fn AttemptEntry(open: Open, index: usize, step: Kept<Step>, id: i64) -> impl IntoView {
    let attempt = Kept::new(move || step.read().attempts.iter().find(|attempt| attempt.id == id).cloned());
    let is_selected = move || {
        let selected = open.selected.get();
        selected.is_some_and(|selected: Selected| selected.attempt_of(&open.detail.read()).is_some_and(|shown| shown.id == id))
    };
    let entry = move |attempt: Attempt| {
        let number = attempt.number;
        let numbers = format!("{} tokens, {}", count(total_tokens(&attempt.usage.tokens)), cost(&attempt.usage));
        let back = sent_back_to(&step.read(), &attempt).map(|to| format!("→ {to}"));
        view! {
            <a
                class="attempt-link"
                data-noscroll=""
                href=Signal::derive(move || href(open, index, Some(number)))
                aria-current=Signal::derive(move || is_selected().then_some("true"))
                title=numbers
            >
                <span class="attempt-number">{format!("Attempt {number}")}</span>
                <BadgeView badge=attempt_outcome(&attempt) />
                {back.map(|back| view! { <span class="sent-back">{back}</span> })}
                <span class="attempt-time">
                    <Elapsed from=Some(attempt.started_at) to=attempt.finished_at />
                </span>
            </a>
        }
    };
    view! {
        <li
            class="attempt"
            data-testid="attempt"
            data-number=Signal::derive(move || (*attempt.read()).as_ref().map(|attempt| attempt.number.to_string()))
            data-status=Signal::derive(move || (*attempt.read()).as_ref().map(|attempt| attempt_word(attempt.status)))
        >
            {region(move || attempt.get().map(entry))}
        </li>
    }
}

/// The place of a tab in the URL, with the step and the attempt that are on screen.
pub(super) fn tab_href(open: Open, tab: Tab) -> String {
    href_of(open, tab, None)
}

/// The place of an entry of the transcript that is on screen; entries count from 1.
pub(super) fn entry_href(open: Open, part: u32) -> String {
    href_of(open, Tab::Transcript, Some(part))
}

fn href_of(open: Open, tab: Tab, part: Option<u32>) -> String {
    let choice = open.choice.get();
    let Some(selected) = open.selected.get() else { return Choice { tab, part, ..choice }.href(open.id) };
    let attempt = selected.attempt_of(&open.detail.read()).map(|attempt| attempt.number);
    let whole_branch = choice.whole_branch && tab == Tab::Changes;
    Choice { step: u32::try_from(selected.step + 1).ok(), attempt, tab, whole_branch, part, ..Choice::default() }.href(open.id)
}
