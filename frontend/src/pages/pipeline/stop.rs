//! Why a pipeline stopped, before anything else, and what makes it go on.

use super::Open;
use super::outcome::WaysOn;
use crate::api::{self, Command};
use crate::model::bodies;
use crate::model::budget::{Ceiling, to_raise};
use crate::model::control::{Controls, unproven};
use crate::model::form::{amount, whole};
use crate::model::status::{WAITING_GLYPH, criterion_badge, criterion_word};
use crate::ui::{BadgeView, Button, Inline, Kept, Kind, Refusal, Required, TextField, When, keyed, region};
use agency_contract::{Budget, Criterion, PipelineStatus, PipelineStatusReason};
use leptos::prelude::*;

/// The code of a pause at a ceiling.
const BUDGET: &str = "budget";

#[component]
pub(super) fn Stop(open: Open, controls: Kept<Controls>) -> impl IntoView {
    let reason = Kept::new(move || open.detail.read().pipeline.status_reason.clone());
    let is_paused = Kept::new(move || open.detail.read().pipeline.status == PipelineStatus::Paused);
    let show = move |reason: PipelineStatusReason| {
        let is_paused = is_paused.get();
        let (name, label, testid, glyph) = match is_paused {
            true => ("card stop-card", "Why it is paused", "paused", WAITING_GLYPH),
            false => ("card failure-card", "Why it stopped", "failure", "✗"),
        };
        let code = reason.code.clone();
        let is_over = is_paused && reason.code == BUDGET;
        view! {
            <section class=name aria-label=label data-testid=testid data-code=code>
                <p class="failure-message">
                    <span class="glyph" aria-hidden="true">
                        {glyph}
                    </span>
                    <Inline text=reason.message />
                </p>
                {reason.hint.map(|hint| view! { <p class="failure-hint"><Inline text=hint /></p> })}
                <p class="code-line">
                    <code>{reason.code}</code>
                </p>
                {is_paused.then(|| view! { <Unproven open /> })}
                {(!is_paused).then(|| view! { <WaysOn open controls /> })}
                {if is_over { view! { <Raise open /> }.into_any() } else { view! { <Resume open controls /> }.into_any() }}
            </section>
        }
    };
    region(move || reason.get().map(show))
}

#[component]
fn Resume(open: Open, controls: Kept<Controls>) -> impl IntoView {
    let command = Command::new();
    let resume = move |()| command.run(api::resume_pipeline(open.id, bodies::empty()), move |_| open.query.refresh());
    view! {
        <When when=Signal::derive(move || controls.read().can_resume)>
            <div class="actions">
                <Button kind=Kind::Primary action="resume" pending=command.pending on_press=resume>
                    "Resume"
                </Button>
            </div>
        </When>
        <Refusal error=command.error />
    }
}

/// A new ceiling for each that is reached; with them the pipeline goes on.
#[component]
fn Raise(open: Open) -> impl IntoView {
    let command = Command::new();
    let typed = RwSignal::new(Budget::default());
    let nothing = RwSignal::new(false);
    let send = move |()| {
        let budget = typed.get_untracked();
        nothing.set(budget == Budget::default());
        if !nothing.get_untracked() {
            command.run(api::resume_pipeline(open.id, bodies::resume(&budget)), move |_| open.query.refresh());
        }
    };
    // What is typed stays while what is spent moves on.
    let meters = to_raise(&open.detail.read_untracked());
    let field = move |ceiling: Ceiling, now: String| {
        let text = RwSignal::new(String::new());
        let error = move || nothing.get().then(|| "Give a number above what is spent.".to_owned());
        let changed = Callback::new(move |value: String| {
            typed.update(|budget| set(budget, ceiling, &value));
            nothing.set(false);
            text.set(value);
        });
        view! {
            <div class="raise">
                <TextField id=format!("raise-{}", ceiling.label()) label=ceiling.raise_label() value=text error=Signal::derive(error) on_input=changed />
                <p class="muted">{now}</p>
            </div>
        }
    };
    let fields = meters.into_iter().map(|meter| field(meter.ceiling, meter.text)).collect_view();
    view! {
        <div class="raises">{fields}</div>
        <div class="actions">
            <Button kind=Kind::Primary confirms=true pending=command.pending on_press=send>
                "Raise and resume"
            </Button>
        </div>
        <Refusal error=command.error />
    }
}

fn set(budget: &mut Budget, ceiling: Ceiling, text: &str) {
    match ceiling {
        Ceiling::Tokens => budget.tokens = whole(text),
        Ceiling::Money => budget.money = amount(text),
        Ceiling::Minutes => budget.minutes = whole(text),
        Ceiling::Attempts => budget.attempts = whole(text).and_then(|attempts| u32::try_from(attempts).ok()),
    }
}

/// The criteria without evidence that a pipeline waits for: each can be taken as met, with a reason.
#[component]
fn Unproven(open: Open) -> impl IntoView {
    let places = Kept::new(move || unproven(&open.detail.read()));
    let row = move |place: i64| {
        let criterion = usize::try_from(place).ok().and_then(|place| open.detail.read_untracked().criteria.get(place).cloned());
        criterion.map(|criterion| view! { <Accept open criterion /> })
    };
    view! { <ul class="entries">{keyed(move || places.get(), row)}</ul> }
}

#[component]
fn Accept(open: Open, criterion: Criterion) -> impl IntoView {
    let command = Command::new();
    let reason = Required::new("Say why: the reason stays with the criterion.");
    let [id, data_id, field_id] = std::array::from_fn(|_| criterion.id.clone());
    let accept = move |()| {
        if let Some(text) = reason.given() {
            command.run(api::accept_criterion(open.id, &id, &text), move |_| open.query.refresh());
        }
    };
    view! {
        <li class="accept" data-testid="unproven" data-id=data_id>
            <p>
                <code class="entry-id">{criterion.id}</code>
                <Inline text=criterion.text />
                " "
                <BadgeView badge=criterion_badge(criterion_word(criterion.status)) />
            </p>
            <TextField
                id=format!("accept-{field_id}")
                label="Why it may be taken as met"
                value=reason.text
                error=reason.error()
                on_input=reason.typed()
            />
            <div class="actions">
                <Button pending=command.pending on_press=accept>
                    "Accept without evidence"
                </Button>
            </div>
            <Refusal error=command.error />
        </li>
    }
}
