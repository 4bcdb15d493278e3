//! What waits for a person: approvals, what agents ask, paused pipelines; and answers.

use super::control::named;
use crate::cli::AnswerArguments;
use crate::client::Client;
use crate::output::{one_line, say};
use agency_contract::{AgentRequest, AnswerRequest, Approval, ListPipelines, Pipeline, RequestKind, RevokePermission};
use std::process::ExitCode;

/// More than anybody decides in one go; the rest shows once these are gone.
const ITEMS_MAX: u32 = 200;

pub(crate) async fn inbox(client: &Client) -> anyhow::Result<ExitCode> {
    let approvals = client.pending_approvals(ITEMS_MAX).await?.items;
    let requests = client.requests(ITEMS_MAX).await?.items;
    let paused = ListPipelines { status: Some("paused".into()), limit: Some(ITEMS_MAX), ..ListPipelines::default() };
    let paused = client.list(&paused).await?.items;
    if approvals.is_empty() && requests.is_empty() && paused.is_empty() {
        say("Nothing waits for you.")?;
    }
    for request in &requests {
        print_request(request)?;
    }
    for approval in &approvals {
        print_approval(approval)?;
    }
    for pipeline in &paused {
        print_paused(pipeline)?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn answer(client: &Client, arguments: AnswerArguments) -> anyhow::Result<ExitCode> {
    let AnswerArguments { request, allow, scope, patterns, revoke, message, by, .. } = arguments;
    if revoke {
        client.revoke_permission(request, &RevokePermission { by: named(by) }).await?;
        say("Taken back: it is asked for again.")?;
        return Ok(ExitCode::SUCCESS);
    }
    let scope = scope.on_the_wire();
    let detail = client.answer(request, &AnswerRequest { allow, scope, patterns, message, answered_by: named(by) }).await?;
    let asked = detail.requests.iter().find(|asked| asked.id == request);
    let what = asked.map(|asked| format!(": {}", asks(asked))).unwrap_or_default();
    say(&format!("{}{what}", if allow { "Allowed" } else { "Denied" }))?;
    if let Some(grant) = asked.and_then(|asked| asked.answer.as_ref()).and_then(|answer| answer.grant.as_ref()) {
        say(&format!("  from now on: {} (take it back with: agency answer {request} --revoke)", grant.patterns.join(" · ")))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print_request(request: &AgentRequest) -> anyhow::Result<()> {
    say(&format!("? request {} — {}", request.id, pipeline(request.pipeline_id, &request.pipeline_title)))?;
    say(&format!("  {} {}; denied at {}", request.agent_name, asks(request), request.deadline))?;
    say(&format!("  {}", how_to_answer(request.id, request.kind)))?;
    if request.kind == RequestKind::Permission {
        say(&format!("  or from now on with: --allow --scope step (or pipeline), for {}", one_line(&request.suggested.join(" · "), 200)))?;
    }
    Ok(())
}

fn print_approval(approval: &Approval) -> anyhow::Result<()> {
    say(&format!("‖ approval {} — {}", approval.id, pipeline(approval.pipeline_id, &approval.pipeline_title)))?;
    say(&format!("  {}", one_line(&approval.question, 200)))?;
    say(&format!("  {}", how_to_decide(approval.id)))?;
    Ok(())
}

fn print_paused(paused: &Pipeline) -> anyhow::Result<()> {
    say(&format!("‖ paused — {}", pipeline(paused.id, &paused.title)))?;
    if let Some(reason) = &paused.status_reason {
        say(&format!("  {}", one_line(&reason.message, 400)))?;
        say(&format!("  {}", how_to_go_on(paused.id, &reason.code)))?;
    }
    Ok(())
}

fn pipeline(id: i64, title: &str) -> String {
    format!("pipeline {id}: {}", one_line(title, 100))
}

fn asks(request: &AgentRequest) -> String {
    asks_for(request.kind, &request.subject, &request.patterns)
}

/// What an agent asks, as the end of a sentence that begins with its name.
pub(crate) fn asks_for(kind: RequestKind, subject: &str, patterns: &[String]) -> String {
    let patterns = one_line(&patterns.join(" "), 200);
    match kind {
        RequestKind::Permission => format!("asks to use {subject}: {patterns}"),
        RequestKind::Question if patterns.is_empty() => format!("asks: {}", one_line(subject, 300)),
        RequestKind::Question => format!("asks: {} ({patterns})", one_line(subject, 300)),
    }
}

pub(crate) fn how_to_answer(id: i64, kind: RequestKind) -> String {
    match kind {
        RequestKind::Permission => format!("answer with: agency answer {id} --allow, or agency answer {id} --deny --message …"),
        RequestKind::Question => format!("answer with: agency answer {id} --allow --message …, or agency answer {id} --deny"),
    }
}

pub(crate) fn how_to_decide(id: i64) -> String {
    format!("decide with: agency approve {id}, agency request-changes {id} --comment …, or agency reject {id}")
}

/// By the code of a pause.
pub(crate) fn how_to_go_on(id: i64, code: &str) -> String {
    match code {
        "budget" => format!("go on with: agency resume {id} and a higher ceiling (--tokens, --money, --minutes or --attempts)"),
        "needs_attention" => {
            format!("go on with: agency resume {id}, agency retry {id} --instruction …, or agency accept {id} AC-… --reason …")
        }
        _ => format!("go on with: agency resume {id}"),
    }
}
