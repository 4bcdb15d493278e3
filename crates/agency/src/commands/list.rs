//! Lists: pipelines, templates, agents.

use crate::client::Client;
use crate::output::{one_line, say};
use agency_contract::{AgentAccess, ListPipelines, NewStep, Pipeline, Source};
use anyhow::Context;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) async fn list(client: &Client, status: Option<String>, limit: u32, json: bool) -> anyhow::Result<ExitCode> {
    let query = ListPipelines { status, limit: Some(limit), ..ListPipelines::default() };
    let page = client.list(&query).await?;
    if json {
        return print_json(&page);
    }
    if page.items.is_empty() {
        say("There are no pipelines.")?;
    }
    for pipeline in &page.items {
        say(&line(pipeline))?;
    }
    if page.next_cursor.is_some() {
        say("There are more; raise --limit or narrow with --status.")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn line(pipeline: &Pipeline) -> String {
    let scripted = if pipeline.scripted { "  (scripted model)" } else { "" };
    format!(
        "{:>5}  {:<20}  {}/{}  {:<16}  {}{scripted}",
        pipeline.id,
        word(&pipeline.status),
        pipeline.steps_done,
        pipeline.steps_total,
        pipeline.template,
        one_line(&pipeline.title, 80)
    )
}

/// A value's own word on the wire.
pub(crate) fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(|word| word.replace('_', " "))).unwrap_or_default()
}

pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<ExitCode> {
    say(&serde_json::to_string_pretty(value)?)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn templates(client: &Client, repo: Option<PathBuf>, json: bool) -> anyhow::Result<ExitCode> {
    let page = client.templates(absolute(repo)?.as_deref()).await?;
    if json {
        return print_json(&page);
    }
    for template in &page.items {
        let chain: Vec<&str> = template.steps.iter().map(step_name).collect();
        let text = match &template.error {
            Some(error) => format!("BROKEN: {error}"),
            None => format!("{}  [{}]", one_line(&template.description, 100), chain.join(" → ")),
        };
        say(&format!("{:<20}  {:<10}  {text}", template.name, source(template.source)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn step_name(step: &NewStep) -> &str {
    step.agent.as_deref().unwrap_or(if step.approval.is_some() { "approval" } else { "check" })
}

pub(crate) async fn agents(client: &Client, repo: Option<PathBuf>, json: bool) -> anyhow::Result<ExitCode> {
    let page = client.agents(absolute(repo)?.as_deref()).await?;
    if json {
        return print_json(&page);
    }
    for agent in &page.items {
        let access = match agent.access {
            AgentAccess::ReadOnly => "reads",
            AgentAccess::Write => "writes",
        };
        let text = match &agent.error {
            Some(error) => format!("BROKEN: {error}"),
            None => one_line(&agent.description, 100),
        };
        say(&format!("{:<20}  {:<10}  {access:<6}  {text}", agent.name, source(agent.source)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn source(source: Source) -> &'static str {
    match source {
        Source::BuiltIn => "built in",
        Source::User => "yours",
        Source::Repository => "repository",
    }
}

fn absolute(repo: Option<PathBuf>) -> anyhow::Result<Option<PathBuf>> {
    repo.map(|repo| std::path::absolute(&repo).with_context(|| format!("finding {}", repo.display()))).transpose()
}
