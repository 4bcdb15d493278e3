//! Deciding what waits. The decision is bound to what the approval shows now.

use super::control::named;
use crate::client::Client;
use crate::output::{one_line, say};
use agency_contract::{Approval, ApprovalDecision, DecideApproval};
use std::process::ExitCode;

pub(crate) async fn approve(client: &Client, id: i64, comment: Option<String>, by: Option<String>) -> anyhow::Result<ExitCode> {
    decide(client, id, ApprovalDecision::Approve, comment, by, None).await
}

pub(crate) async fn request_changes(
    client: &Client,
    id: i64,
    comment: String,
    by: Option<String>,
    back_to: Option<String>,
) -> anyhow::Result<ExitCode> {
    decide(client, id, ApprovalDecision::RequestChanges, Some(comment), by, back_to).await
}

pub(crate) async fn reject(client: &Client, id: i64, comment: Option<String>, by: Option<String>) -> anyhow::Result<ExitCode> {
    decide(client, id, ApprovalDecision::Reject, comment, by, None).await
}

async fn decide(
    client: &Client,
    id: i64,
    decision: ApprovalDecision,
    comment: Option<String>,
    by: Option<String>,
    back_to: Option<String>,
) -> anyhow::Result<ExitCode> {
    let shown = client.approval(id).await?;
    say(&format!("Pipeline {}: {}", shown.pipeline_id, one_line(&shown.pipeline_title, 100)))?;
    say(&format!("  {}", one_line(&shown.question, 200)))?;
    let decided: Approval = client
        .decide(id, &DecideApproval { decision, comment, decided_by: named(by), back_to, digest: Some(shown.digest), comments: Vec::new() })
        .await?;
    let by = decided.decided_by.unwrap_or_default();
    let done = match decision {
        ApprovalDecision::Approve => "Approved",
        ApprovalDecision::RequestChanges => "Sent back",
        ApprovalDecision::Reject => "Rejected",
    };
    say(&format!("{done} by {}.", one_line(&by, 100)))?;
    Ok(ExitCode::SUCCESS)
}
