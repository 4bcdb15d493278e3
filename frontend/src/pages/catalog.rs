//! `/templates` and `/agents`: what there is to choose from, with whatever is wrong with a file.

use super::fetched::Fetched;
use super::record::{AgentRecord, Record};
use crate::api::{self, Command, Query};
use crate::model::bodies;
use crate::model::budget::budget_line;
use crate::model::catalog::Shelf;
use crate::model::chain::new_step_label;
use crate::model::status::Tone;
use crate::model::urls::with_query;
use crate::router::Router;
use crate::ui::{Button, EmptyState, PageHeading, Refusal, Required, Tag, TextField, When, region};
use agency_contract::{Agent, AgentAccess, NewStep, Source, StepKind, Template};
use leptos::prelude::*;

pub(super) fn source_label(source: Source) -> &'static str {
    match source {
        Source::BuiltIn => "built in",
        Source::User => "yours",
        Source::Repository => "from the repository",
    }
}

/// The repository whose own files are wanted, from the URL.
pub(super) fn repo_of_url() -> Option<String> {
    Router::from_context().address().read_untracked().get("repo").map(ToOwned::to_owned)
}

#[component]
pub(crate) fn Templates() -> impl IntoView {
    let repo = repo_of_url();
    let templates = Query::new(move || api::templates(repo.as_deref()));
    view! {
        <div class="page-head">
            <PageHeading title="Templates">"Templates"</PageHeading>
            <a class="button" href="/templates/new">"New template"</a>
            <p class="lead">"Named chains of steps. A repository's own live in " <code>".agency/templates/"</code> " and come before these."</p>
        </div>
        <Fetched
            query=templates
            label="Loading the templates"
            show=move |page| {
                view! {
                    <When when=Signal::derive(move || page.read().items.is_empty())>
                        <EmptyState title="There is no template." />
                    </When>
                    <ul class="cards">
                        {region(move || page.read().items.iter().cloned().map(|template| view! { <TemplateCard template /> }).collect_view())}
                    </ul>
                }
            }
        />
    }
}

#[component]
fn TemplateCard(template: Template) -> impl IntoView {
    view! {
        <li class="card">
            <h2 class="card-title">
                <FileLink shelf=Shelf::Templates name=template.name.clone() />
                <Tag text=source_label(template.source) />
            </h2>
            <p>{template.description.clone()}</p>
            {budget_line(&template.budget).map(|line| view! { <p class="hint">"Limits: " {line}</p> })}
            <BrokenFile error=template.error.clone() />
            <Chain steps=template.steps />
            <Record template=template.name />
        </li>
    }
}

/// The steps of a template, one after the other.
#[component]
pub(super) fn Chain(steps: Vec<NewStep>) -> impl IntoView {
    let item = |step: NewStep| {
        let (kind, name) = new_step_label(&step);
        let class = match kind {
            StepKind::Agent => "chain-step",
            StepKind::Check => "chain-step is-check",
            StepKind::Approval => "chain-step is-gate",
        };
        let commands = step.check.is_some().then(|| step.commands().join(" && "));
        let what = commands.or(step.approval).or(step.description);
        let back =
            step.on_changes_requested.or(step.on_failure).map(|back| format!("↺ back to {} up to {}×", back.back_to, back.max_rounds));
        view! {
            <li class=class>
                <span class="chain-name">{name}</span>
                {what.map(|what| view! { <span class="chain-what">{what}</span> })}
                {back.map(|back| view! { <span class="chain-loop">{back}</span> })}
            </li>
        }
    };
    view! { <ol class="chain">{steps.into_iter().map(item).collect_view()}</ol> }
}

#[component]
pub(crate) fn Agents() -> impl IntoView {
    let repo = repo_of_url();
    let agents = Query::new(move || api::agents(repo.as_deref()));
    view! {
        <div class="page-head">
            <PageHeading title="Agents">"Agents"</PageHeading>
            <a class="button" href="/agents/new">"New agent"</a>
            <p class="lead">"Roles that a step can name. A repository's own live in " <code>".agency/agents/"</code> " and come before these."</p>
        </div>
        <Fetched
            query=agents
            label="Loading the agents"
            show=move |page| {
                view! {
                    <When when=Signal::derive(move || page.read().items.is_empty())>
                        <EmptyState title="There is no agent." />
                    </When>
                    <ul class="cards">
                        {region(move || page.read().items.iter().cloned().map(|agent| view! { <AgentCard agent /> }).collect_view())}
                    </ul>
                }
            }
        />
    }
}

#[component]
fn AgentCard(agent: Agent) -> impl IntoView {
    let access = match agent.access {
        AgentAccess::ReadOnly => "reads only",
        AgentAccess::Write => "may change files",
    };
    view! {
        <li class="card">
            <h2 class="card-title">
                <FileLink shelf=Shelf::Agents name=agent.name.clone() />
                <Tag text=source_label(agent.source) />
                <Tag text=access />
                {agent.reviews.then(|| view! { <Tag text="gives a verdict" /> })}
                {agent.model.map(|model| view! { <Tag text=model class="mono" /> })}
            </h2>
            <p>{agent.description}</p>
            <BrokenFile error=agent.error.clone() />
            <p class="hint">{agent.tools}</p>
            <AgentRecord agent=agent.name.clone() />
            <details class="fold">
                <summary>"Prompt"</summary>
                <pre class="prompt" tabindex="0">{agent.prompt}</pre>
            </details>
            {agent.error.is_none().then(|| view! { <Try name=agent.name /> })}
        </li>
    }
}

/// One step of this agent alone, where nothing can be lost.
#[component]
fn Try(name: String) -> impl IntoView {
    let router = Router::from_context();
    let repo = repo_of_url();
    let hint = match repo {
        Some(_) => "It works in the repository that these agents are of, on a branch of its own.",
        None => "It works in a small repository that is made for it: one program and its test.",
    };
    let id = format!("try-{name}");
    let command = Command::new();
    let wanted = Required::new("Write what it is to do.");
    let start = move |()| {
        if let Some(text) = wanted.given() {
            command.open_made(api::try_agent(&name, bodies::trial(&text, repo.as_deref())), router);
        }
    };
    view! {
        <details class="fold try">
            <summary>"Try"</summary>
            <div class="steer-body">
                <TextField id label="What is it to do?" hint rows=2 value=wanted.text error=wanted.error() on_input=wanted.typed() />
                <div class="actions">
                    <Button pending=command.pending on_press=start>
                        "Try it"
                    </Button>
                </div>
                <Refusal error=command.error />
            </div>
        </details>
    }
}

/// The way to the text of a file, with the repository whose files are listed.
#[component]
fn FileLink(shelf: Shelf, name: String) -> impl IntoView {
    let href = with_query(&shelf.href(&name), &[("repo", repo_of_url().as_deref())]);
    view! {
        <a href=href>
            <code>{name}</code>
        </a>
    }
}

/// Why a file cannot be used: file, line and field, as the server found it.
#[component]
fn BrokenFile(error: Option<String>) -> impl IntoView {
    error.map(|error| {
        view! {
            <p class=format!("broken-file {}", Tone::Bad.class())>
                <span class="glyph" aria-hidden="true">
                    "✗"
                </span>
                <span>"This file cannot be used: " {error}</span>
            </p>
        }
    })
}
