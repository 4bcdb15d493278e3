//! One pipeline: show, cancel, diff.

use super::list::{print_json, word};
use crate::client::Client;
use crate::output::{one_line, say, write};
use agency_contract::{ApprovalStatus, Attempt, PipelineDetail, Step, Usage};
use std::process::ExitCode;

pub(crate) async fn show(client: &Client, id: i64, json: bool) -> anyhow::Result<ExitCode> {
    let detail = client.pipeline(id).await?;
    if json {
        return print_json(&detail);
    }
    print(&detail)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn cancel(client: &Client, id: i64) -> anyhow::Result<ExitCode> {
    let detail = client.cancel(id).await?;
    say(&format!("Pipeline {} is {}.", detail.pipeline.id, word(&detail.pipeline.status)))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn diff(client: &Client, id: i64, attempt: Option<i64>) -> anyhow::Result<ExitCode> {
    write(&client.diff(id, attempt).await?)?;
    Ok(ExitCode::SUCCESS)
}

fn print(detail: &PipelineDetail) -> anyhow::Result<()> {
    let pipeline = &detail.pipeline;
    say(&format!("Pipeline {}: {}", pipeline.id, one_line(&pipeline.title, 200)))?;
    say(&format!("  status    {}", word(&pipeline.status)))?;
    if let Some(reason) = &pipeline.status_reason {
        say(&format!("  reason    {}", one_line(&reason.message, 400)))?;
        if let Some(hint) = &reason.hint {
            say(&format!("            {}", one_line(hint, 400)))?;
        }
    }
    say(&format!("  template  {}", pipeline.template))?;
    say(&format!("  repo      {}", pipeline.repo))?;
    say(&format!("  branch    {} from {}", pipeline.branch, pipeline.base))?;
    if let Some(model) = &pipeline.model {
        let scripted = if pipeline.scripted { " (scripted)" } else { "" };
        say(&format!("  model     {model}{scripted}"))?;
    }
    say(&format!("  usage     {}", usage(&pipeline.usage)))?;
    for step in &detail.steps {
        print_step(step)?;
    }
    for approval in detail.approvals.iter().filter(|approval| approval.status == ApprovalStatus::Pending) {
        say(&format!("Waiting for you: {}", one_line(&approval.question, 200)))?;
        say(&format!("  agency approve {0}, agency request-changes {0} --comment …, or agency reject {0}", approval.id))?;
    }
    Ok(())
}

fn print_step(step: &Step) -> anyhow::Result<()> {
    say(&format!("{}. {} — {}", step.order_index + 1, step.agent_name, word(&step.status)))?;
    for attempt in &step.attempts {
        say(&format!("   attempt {}: {}{}", attempt.number, word(&attempt.status), outcome(attempt)))?;
    }
    Ok(())
}

fn outcome(attempt: &Attempt) -> String {
    if let Some(failure) = &attempt.failure {
        return format!(", {}: {}", failure.class, one_line(&failure.message, 300));
    }
    let verdict = attempt.verdict.map(|verdict| format!(", {}", word(&verdict))).unwrap_or_default();
    let commit = attempt.head_commit.as_deref().map(|commit| format!(", commit {}", &commit[..commit.len().min(10)]));
    let summary = attempt.handoff.as_ref().and_then(|handoff| handoff.metadata["summary"].as_str());
    let summary = summary.map(|summary| format!("\n     {}", one_line(summary, 200))).unwrap_or_default();
    format!("{verdict}{}{summary}", commit.unwrap_or_default())
}

/// Tokens, and the cost where it is known.
pub(crate) fn usage(usage: &Usage) -> String {
    let tokens = &usage.tokens;
    let cost = usage.cost.map_or_else(|| "cost unknown".to_owned(), |cost| format!("${cost:.4}"));
    format!(
        "{} tokens in, {} out, {} cached; {cost}",
        tokens.input,
        tokens.output + tokens.reasoning,
        tokens.cache_read + tokens.cache_write
    )
}
