//! `agency run` and `agency try`: start a pipeline.

use super::watch;
use crate::cli::{RunArguments, TryArguments};
use crate::client::Client;
use crate::output::say;
use agency_contract::{CreatePipeline, NewAttachment, PipelineDetail, TryAgent};
use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{IsTerminal, Read};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::ExitCode;

pub(crate) async fn run(client: &Client, arguments: RunArguments) -> anyhow::Result<ExitCode> {
    let description = description(&arguments)?;
    let attachments = arguments.attach.iter().map(|path| attachment(path)).collect::<anyhow::Result<_>>()?;
    let created = client
        .create(&CreatePipeline {
            title: arguments.title,
            description,
            attachments,
            repo: resolved(&arguments.repo)?,
            template: Some(arguments.template),
            skip: places(&arguments.skip),
            ask_after: places(&arguments.ask_after),
            base: arguments.base,
            branch: arguments.branch,
            model: arguments.model,
            budget: arguments.budget.ceilings(),
            ..CreatePipeline::default()
        })
        .await?;
    told(client, &created, arguments.watch).await
}

/// A file as it is sent. What it is, its content says to the server.
fn attachment(path: &Path) -> anyhow::Result<NewAttachment> {
    let content = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(NewAttachment { name, media_type: String::new(), data: STANDARD.encode(content) })
}

/// The API counts from 0.
fn places(counted: &[NonZeroU32]) -> Vec<u32> {
    counted.iter().map(|place| place.get() - 1).collect()
}

pub(crate) async fn try_agent(client: &Client, arguments: TryArguments) -> anyhow::Result<ExitCode> {
    let TryArguments { agent, description, repo, model, watch } = arguments;
    let repo = repo.as_deref().map(resolved).transpose()?;
    let created = client.try_agent(&agent, &TryAgent { description, repo, model }).await?;
    told(client, &created, watch).await
}

async fn told(client: &Client, created: &PipelineDetail, watch: bool) -> anyhow::Result<ExitCode> {
    say(&created.pipeline.id.to_string())?;
    if watch {
        return watch::watch(client, created.pipeline.id, false).await;
    }
    Ok(ExitCode::SUCCESS)
}

/// A path as the server sees it. Links are resolved here: it may not see this directory by the same name.
fn resolved(repo: &Path) -> anyhow::Result<String> {
    let path = std::path::absolute(repo).with_context(|| format!("finding {}", repo.display()))?;
    Ok(path.canonicalize().unwrap_or(path).display().to_string())
}

fn description(arguments: &RunArguments) -> anyhow::Result<String> {
    if let Some(path) = &arguments.description_file {
        return std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()));
    }
    match arguments.description.as_deref() {
        Some("-") => {}
        Some(text) => return Ok(text.to_owned()),
        None if std::io::stdin().is_terminal() => bail!("say what shall be done: agency run \"Add a --shout flag\""),
        None => {}
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("reading the description from standard input")?;
    Ok(text)
}
