//! The head of a pipeline's page: what it is, where it stands, what it took so far, and the button that ends it.

use super::Open;
use crate::api::{self, Command};
use crate::model::chain::{document_title, status_detail, status_line};
use crate::model::format::{base_name, cost, count, short_hash, token_kinds, total_tokens};
use crate::model::status::{has_ended, pipeline_badge, pipeline_word};
use crate::model::urls;
use crate::ui::{Ago, BadgeView, Button, ConfirmDialog, CopyButton, Elapsed, ErrorCard, PageHeading, Tag, When, region};
use agency_contract::Pipeline;
use leptos::prelude::*;

#[component]
pub(super) fn Header(open: Open) -> impl IntoView {
    let pipeline = Memo::new(move |_| open.detail.read().pipeline.clone());
    let line = Memo::new(move |_| status_line(&open.detail.read()));
    let words = Memo::new(move |_| status_detail(&open.detail.read()));
    let status = Memo::new(move |_| pipeline.read().status);
    view! {
        <div class="page-head pipeline-head">
            <div class="pipeline-title">
                <PageHeading title=Signal::derive(move || document_title(&pipeline.read()))>{Signal::derive(move || pipeline.read().title.clone())}</PageHeading>
                {region(move || pipeline.read().scripted.then(|| view! { <Tag text="Scripted model" class="scripted" /> }))}
            </div>
            <div class="actions">
                <CancelButton open />
                <a class="button" href=urls::pipeline_audit(open.id)>
                    "Audit"
                </a>
            </div>
            <div class="status-line" data-testid="pipeline-status" data-status=Signal::derive(move || pipeline_word(status.get()))>
                <BadgeView badge=Signal::derive(move || pipeline_badge(status.get())) />
                <span class="status-words">{words}</span>
            </div>
            // Heard when it changes, whatever the reader looks at.
            <p class="sr-only" role="status">
                {line}
            </p>
            <Facts pipeline />
        </div>
    }
}

#[component]
fn Facts(pipeline: Memo<Pipeline>) -> impl IntoView {
    let part = move |read: fn(&Pipeline) -> String| Memo::new(move |_| read(&pipeline.read()));
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
    value: Memo<String>,
    #[prop(into, optional)] title: Option<Memo<String>>,
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

#[component]
fn CancelButton(open: Open) -> impl IntoView {
    let asks = RwSignal::new(false);
    let command = Command::new();
    let can_cancel = Memo::new(move |_| !has_ended(open.detail.read().pipeline.status));
    let cancel = move |()| {
        command.run(api::cancel_pipeline(open.id), move |detail| open.query.put(detail));
    };
    view! {
        <When when=can_cancel>
            <Button pending=command.pending on_press=move |()| asks.set(true)>
                "Cancel"
            </Button>
        </When>
        <ConfirmDialog
            open=asks
            title="Cancel this pipeline?"
            text="The running agent is ended and its processes with it. What is committed on the branch stays. A cancelled pipeline cannot be resumed."
            confirm="Cancel the pipeline"
            on_confirm=cancel
        />
        {region(move || command.error.get().map(|error| view! { <ErrorCard error /> }))}
    }
}
