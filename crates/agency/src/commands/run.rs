//! `agency run`: starts a pipeline.

use super::watch;
use crate::cli::RunArguments;
use crate::client::Client;
use crate::output::say;
use agency_contract::CreatePipeline;
use anyhow::{Context, bail};
use std::io::{IsTerminal, Read};
use std::process::ExitCode;

pub(crate) async fn run(client: &Client, arguments: RunArguments) -> anyhow::Result<ExitCode> {
    let description = description(&arguments)?;
    let repo = std::path::absolute(&arguments.repo).with_context(|| format!("finding {}", arguments.repo.display()))?;
    // Links are resolved here: the server may not see this directory by the same name.
    let repo = repo.canonicalize().unwrap_or(repo);
    let created = client
        .create(&CreatePipeline {
            title: arguments.title,
            description,
            repo: repo.display().to_string(),
            template: Some(arguments.template),
            base: arguments.base,
            branch: arguments.branch,
            model: arguments.model,
            budget: arguments.budget.ceilings(),
            ..CreatePipeline::default()
        })
        .await?;
    say(&created.pipeline.id.to_string())?;
    if arguments.watch {
        return watch::watch(client, created.pipeline.id, false).await;
    }
    Ok(ExitCode::SUCCESS)
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
