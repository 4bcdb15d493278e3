//! One pipeline: show, cancel, diff.

use super::inbox::{asks_for, how_to_answer, how_to_decide, how_to_go_on};
use super::list::{print_json, word};
use crate::client::Client;
use crate::output::{one_line, say, write};
use agency_contract::{ApprovalStatus, Attempt, Budget, PipelineDetail, PipelineStatus, Spent, Step, Usage};
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
    if let Some(origin) = &pipeline.forked_from {
        say(&format!("  fork      of pipeline {}", origin.pipeline_id))?;
    }
    for file in &detail.attachments {
        say(&format!("  attached  {} ({}, {} bytes)", one_line(&file.name, 100), file.media_type, file.size))?;
    }
    say(&format!("  usage     {}", usage(&pipeline.usage)))?;
    if !detail.questions.is_empty() {
        say(&format!("  of which  {} for questions", usage(&detail.questions_usage)))?;
    }
    if let Some(budget) = budget(&pipeline.budget, Some(&detail.spent)) {
        say(&format!("  budget    {budget}"))?;
    }
    if let Some(by) = &pipeline.pause_requested {
        say(&format!("  pause     asked for by {}, after the attempt under way", one_line(by, 100)))?;
    }
    for step in &detail.steps {
        print_step(step)?;
    }
    print_ledgers(detail)?;
    for approval in detail.approvals.iter().filter(|approval| approval.status == ApprovalStatus::Pending) {
        say(&format!("Waiting for you: {}", one_line(&approval.question, 200)))?;
        say(&format!("  {}", how_to_decide(approval.id)))?;
    }
    for request in detail.requests.iter().filter(|request| request.answer.is_none()) {
        say(&format!("Waiting for you: {} {}", request.agent_name, asks_for(request.kind, &request.subject, &request.patterns)))?;
        say(&format!("  {}", how_to_answer(request.id, request.kind)))?;
    }
    if let Some(reason) = pipeline.status_reason.as_ref().filter(|_| pipeline.status == PipelineStatus::Paused) {
        say(&format!("Waiting for you: {}", how_to_go_on(pipeline.id, &reason.code)))?;
    }
    Ok(())
}

/// Criteria and open findings, a line each.
fn print_ledgers(detail: &PipelineDetail) -> anyhow::Result<()> {
    for criterion in &detail.criteria {
        let may_lack = if criterion.mandatory { "" } else { ", not mandatory" };
        say(&format!("{} ({}{may_lack}): {}", criterion.id, word(&criterion.status), one_line(&criterion.text, 200)))?;
    }
    for finding in detail.findings.iter().filter(|finding| finding.status == "open") {
        let place = match (&finding.file, finding.line) {
            (Some(file), Some(line)) => format!(", {}:{line}", one_line(file, 200)),
            (Some(file), None) => format!(", {}", one_line(file, 200)),
            (None, _) => String::new(),
        };
        say(&format!("{} ({}{place}): {}", finding.id, finding.severity, one_line(&finding.claim, 300)))?;
    }
    Ok(())
}

fn print_step(step: &Step) -> anyhow::Result<()> {
    say(&format!("{}. {} — {}", step.order_index + 1, step.agent_name, word(&step.status)))?;
    for attempt in &step.attempts {
        say(&format!("   attempt {}: {}{}", attempt.number, word(&attempt.status), outcome(attempt)))?;
        for run in &attempt.checks {
            say(&format!("     `{}` {}", one_line(&run.command, 120), one_line(&run.outcome, 120)))?;
        }
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

/// The ceilings that there are, with what is used of each; `None` where nothing is limited.
pub(crate) fn budget(budget: &Budget, spent: Option<&Spent>) -> Option<String> {
    let of = |used: Option<String>, ceiling: String| match (used, spent) {
        (Some(used), _) => format!("{used} of {ceiling}"),
        (None, Some(_)) => format!("unknown of {ceiling}"),
        (None, None) => ceiling,
    };
    let ceilings = [
        budget.tokens.map(|number| of(spent.map(|spent| spent.tokens.to_string()), format!("{number} tokens"))),
        budget.money.map(|dollars| of(spent.and_then(|spent| spent.money).map(|used| format!("${used:.2}")), format!("${dollars:.2}"))),
        budget.minutes.map(|number| of(spent.map(|spent| format!("{:.0}", spent.minutes)), format!("{number} minutes"))),
        budget.attempts.map(|number| of(spent.map(|spent| spent.attempts.to_string()), format!("{number} attempts"))),
    ];
    let ceilings: Vec<String> = ceilings.into_iter().flatten().collect();
    (!ceilings.is_empty()).then(|| ceilings.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_shows_its_ceilings_and_what_is_used_of_them() {
        let limits = Budget { tokens: Some(500), money: Some(2.5), ..Budget::default() };
        let spent = Spent { tokens: 120, money: None, minutes: 1.5, attempts: 2 };
        assert_eq!(budget(&limits, Some(&spent)).as_deref(), Some("120 of 500 tokens, unknown of $2.50"));
        assert_eq!(budget(&limits, None).as_deref(), Some("500 tokens, $2.50"));
        assert_eq!(budget(&Budget::default(), Some(&spent)), None);
    }
}
