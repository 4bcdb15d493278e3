//! The head of a pipeline's page: what it is, where it stands, what it took so far, and the buttons that hold or end it.

use super::Open;
use super::inspector::mover;
use crate::api::{self, Command};
use crate::model::budget::{Meter, meters};
use crate::model::chain::{document_title, status_detail, status_line};
use crate::model::control::Controls;
use crate::model::format::{base_name, cost, count, short_hash, token_kinds, total_tokens};
use crate::model::status::{pipeline_badge, pipeline_word};
use crate::model::urls;
use crate::ui::{Ago, BadgeView, Button, ConfirmDialog, CopyButton, Elapsed, Kept, PageHeading, Refusal, ShownOnce, Tag, When, region};
use agency_contract::{Fork, Pipeline};
use leptos::prelude::*;

#[component]
pub(super) fn Header(open: Open, controls: Kept<Controls>) -> impl IntoView {
    let pipeline = Kept::new(move || open.detail.read().pipeline.clone());
    let line = Memo::new(move |_| status_line(&open.detail.read()));
    let words = Memo::new(move |_| status_detail(&open.detail.read()).unwrap_or_default());
    let status = Kept::new(move || pipeline.read().status);
    let (sharing, link) = (Command::new(), RwSignal::new(String::new()));
    let share = move |()| {
        sharing.run(api::share(open.id), move |made| {
            link.set(window().location().origin().unwrap_or_default() + made["link"].as_str().unwrap_or_default());
        });
    };
    let origin = Kept::new(move || pipeline.read().forked_from.as_ref().map(|from| from.pipeline_id));
    view! {
        <div class="page-head pipeline-head">
            <div class="pipeline-title">
                <PageHeading title=Signal::derive(move || document_title(&pipeline.read()))>{Signal::derive(move || pipeline.read().title.clone())}</PageHeading>
                {region(move || pipeline.read().scripted.then(|| view! { <Tag text="Scripted model" class="scripted" /> }))}
            </div>
            <div class="actions">
                <PauseButtons open controls />
                <CancelButton open controls />
                {region(move || origin.get().map(|from| view! {
                    <a class="button" data-action="compare" href=urls::comparison(from, open.id)>
                        {format!("Compare with {from}")}
                    </a>
                }))}
                <Button action="share" pending=sharing.pending on_press=share>
                    "Share"
                </Button>
                {mover()}
                <a class="button" data-action="again" href=urls::again(open.id)>
                    "Ask again"
                </a>
                <a class="button" data-action="audit" href=urls::pipeline_audit(open.id)>
                    "Audit"
                </a>
            </div>
            <div class="status-line" data-testid="pipeline-status" data-status=Signal::derive(move || pipeline_word(status.get()))>
                <BadgeView badge=Signal::derive(move || pipeline_badge(status.get())) />
                <span class="status-words">{Signal::derive(move || words.get())}</span>
            </div>
            <Refusal error=sharing.error />
            <ShownOnce text=link hint="Copy it now. For 7 days it shows this pipeline, for reading only; Settings can revoke it." />
            // Heard when it changes, whatever the reader looks at.
            <p class="sr-only" role="status">
                {Signal::derive(move || line.get())}
            </p>
            <Facts pipeline />
            <Forks open />
            <Meters open />
        </div>
    }
}

/// What was forked from this one.
#[component]
fn Forks(open: Open) -> impl IntoView {
    let forks = Kept::new(move || open.detail.read().forks.clone());
    let entry = move |fork: Fork| {
        let name = format!("{} {}", fork.id, fork.title);
        view! {
            <li>
                <a href=urls::pipeline(fork.id)>{name}</a>
                " "
                <BadgeView badge=pipeline_badge(fork.status) />
                " "
                <a href=urls::comparison(open.id, fork.id)>"Compare"</a>
            </li>
        }
    };
    let list = move |forks: Vec<Fork>| view! { <ul class="forks" aria-label="Forks of this pipeline">{forks.into_iter().map(entry).collect_view()}</ul> };
    region(move || Some(forks.get()).filter(|forks| !forks.is_empty()).map(list))
}

#[component]
fn Facts(pipeline: Kept<Pipeline>) -> impl IntoView {
    let part = move |read: fn(&Pipeline) -> String| Signal::derive(move || read(&pipeline.read()));
    let branch = part(|pipeline| pipeline.branch.clone());
    view! {
        <dl class="facts">
            <div class="fact wide">
                <dt>"Branch"</dt>
                <dd>
                    <code class="branch">{branch}</code>
                    <CopyButton text=branch label="Copy the branch's name" />
                </dd>
            </div>
            <Fact name="Base" value=part(|pipeline| format!("{} @ {}", pipeline.base, short_hash(&pipeline.base_commit))) mono=true />
            <Fact name="Repository" value=part(|pipeline| base_name(&pipeline.repo).to_owned()) title=part(|pipeline| pipeline.repo.clone()) />
            <Fact name="Template" value=part(|pipeline| pipeline.template.clone()) />
            <div class="fact">
                <dt>"Started"</dt>
                <dd>
                    <Ago at=Signal::derive(move || {
                        let pipeline = pipeline.read();
                        pipeline.started_at.clone().unwrap_or_else(|| pipeline.created_at.clone())
                    }) />
                </dd>
            </div>
            <div class="fact">
                <dt>"Elapsed"</dt>
                <dd>
                    <Elapsed
                        from=Signal::derive(move || pipeline.read().started_at.clone())
                        to=Signal::derive(move || pipeline.read().finished_at.clone())
                    />
                </dd>
            </div>
            <Fact
                name="Tokens"
                value=part(|pipeline| count(total_tokens(&pipeline.usage.tokens)))
                title=part(|pipeline| token_kinds(&pipeline.usage.tokens))
            />
            <Fact name="Cost" value=part(|pipeline| cost(&pipeline.usage)) />
        </dl>
    }
}

#[component]
fn Fact(
    name: &'static str,
    value: Signal<String>,
    #[prop(into, optional)] title: Option<Signal<String>>,
    #[prop(optional)] mono: bool,
) -> impl IntoView {
    view! {
        <div class="fact">
            <dt>{name}</dt>
            <dd class:mono=mono title=Signal::derive(move || title.map(|title| title.get()))>
                {value}
            </dd>
        </div>
    }
}

/// Each ceiling of the budget, and how much of it is used.
#[component]
fn Meters(open: Open) -> impl IntoView {
    let shown = Kept::new(move || {
        let detail = open.detail.read();
        meters(&detail.pipeline.budget, &detail.spent)
    });
    let meter = |meter: Meter| {
        let name = meter.ceiling.label();
        let label = format!("{name}: {}, {} %", meter.text, meter.percent);
        view! {
            <li class=format!("meter {}", meter.tone.class()) data-testid="meter">
                <span class="meter-name">{name}</span>
                <progress max="100" value=meter.percent.to_string() aria-label=label></progress>
                <span class="meter-text">{meter.text}</span>
            </li>
        }
    };
    let list = move |shown: Vec<Meter>| view! { <ul class="meters" aria-label="Budget">{shown.into_iter().map(meter).collect_view()}</ul> };
    region(move || Some(shown.get()).filter(|shown| !shown.is_empty()).map(list))
}

/// Two ways to pause: once the attempt under way has ended, or at once.
#[component]
fn PauseButtons(open: Open, controls: Kept<Controls>) -> impl IntoView {
    let command = Command::new();
    let pause = move |now: bool| Callback::new(move |()| command.run(api::pause_pipeline(open.id, now), move |_| open.query.refresh()));
    view! {
        <When when=Signal::derive(move || controls.read().can_pause_later)>
            <Button action="pause" pending=command.pending on_press=pause(false)>
                "Pause"
            </Button>
        </When>
        <When when=Signal::derive(move || controls.read().can_pause)>
            <Button action="pause-now" pending=command.pending on_press=pause(true)>
                "Pause now"
            </Button>
        </When>
        <Refusal error=command.error />
    }
}

#[component]
fn CancelButton(open: Open, controls: Kept<Controls>) -> impl IntoView {
    let asks = RwSignal::new(false);
    let command = Command::new();
    let cancel = move |()| command.run(api::cancel_pipeline(open.id), move |_| open.query.refresh());
    view! {
        <When when=Signal::derive(move || controls.read().can_cancel)>
            <Button action="cancel" pending=command.pending on_press=move |()| asks.set(true)>
                "Cancel"
            </Button>
        </When>
        <ConfirmDialog
            open=asks
            title="Cancel this pipeline?"
            text="The running agent is ended and its processes with it. What is committed on the branch stays. A cancelled pipeline can be retried from a step."
            confirm="Cancel the pipeline"
            on_confirm=cancel
        />
        <Refusal error=command.error />
    }
}
