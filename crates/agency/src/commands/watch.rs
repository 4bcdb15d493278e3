//! `agency watch`: follows a pipeline and prints what happens, a line each.

use super::list::word;
use crate::client::Client;
use crate::output::{one_line, say};
use crate::stream::Events;
use agency_contract::{
    ApprovalStatus, Attempt, AttemptStatus, PartKind, PartState, PipelineDetail, PipelineStatus, StepKind, StepStatus, StreamPayload,
    TranscriptPart,
};
use std::collections::HashSet;
use std::process::ExitCode;

/// Exit code of a pipeline that waits for a person.
pub(crate) const WAITING: u8 = 3;

/// What a watcher has come to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum News {
    Nothing,
    Waiting { approval_id: i64 },
    Ended(PipelineStatus),
}

pub(crate) async fn watch(client: &Client, id: i64, exit_on_approval: bool) -> anyhow::Result<ExitCode> {
    let mut watcher = Watcher::begin(client, id).await?;
    loop {
        match watcher.next().await? {
            News::Ended(PipelineStatus::Succeeded) => return Ok(ExitCode::SUCCESS),
            News::Ended(_) => return Ok(ExitCode::FAILURE),
            News::Waiting { approval_id } if watcher.is_pending(approval_id).await? => {
                say(&format!(
                    "  decide with: agency approve {approval_id}, agency request-changes {approval_id} --comment …, or agency reject {approval_id}"
                ))?;
                if exit_on_approval {
                    return Ok(ExitCode::from(WAITING));
                }
            }
            News::Waiting { .. } | News::Nothing => {}
        }
    }
}

/// Follows one pipeline from its beginning.
pub(crate) struct Watcher {
    client: Client,
    events: Events,
    detail: PipelineDetail,
    /// Tool calls that were printed: a part may come again.
    printed: HashSet<(i64, String)>,
}

impl Watcher {
    pub(crate) async fn begin(client: &Client, id: i64) -> anyhow::Result<Self> {
        let detail = client.pipeline(id).await?;
        let pipeline = &detail.pipeline;
        say(&format!("Pipeline {id}: {}", one_line(&pipeline.title, 200)))?;
        let chain: Vec<&str> = detail.steps.iter().map(|step| step.agent_name.as_str()).collect();
        say(&format!("  {} on {}: {}", pipeline.template, pipeline.branch, chain.join(" → ")))?;
        if pipeline.scripted {
            say("  The language model is scripted; everything else is real.")?;
        }
        Ok(Self { client: client.clone(), events: Events::new(client, id), detail, printed: HashSet::new() })
    }

    pub(crate) fn detail(&self) -> &PipelineDetail {
        &self.detail
    }

    /// Prints the next event, and says what it means.
    pub(crate) async fn next(&mut self) -> anyhow::Result<News> {
        let event = self.events.next().await?;
        match event.payload {
            StreamPayload::PipelineUpdated { status, status_reason } => {
                return self.updated(status, status_reason.map(|r| (r.message, r.hint))).await;
            }
            StreamPayload::AttemptStarted { step_id, number, .. } => {
                let again = if number > 1 { format!(" (attempt {number})") } else { String::new() };
                say(&format!("▶ {}{again}", self.name(step_id)))?;
            }
            StreamPayload::AttemptFinished { step_id, status, failure, .. } => {
                if let Some(failure) = failure {
                    say(&format!("  {} failed, {}: {}", self.name(step_id), failure.class, one_line(&failure.message, 300)))?;
                } else if status != AttemptStatus::Succeeded {
                    say(&format!("  {} was {}", self.name(step_id), word(&status)))?;
                }
            }
            StreamPayload::HandoffRecorded { attempt_id, .. } => self.handed_off(attempt_id).await?,
            StreamPayload::VerdictRecorded { verdict, .. } => say(&format!("  verdict: {}", word(&verdict)))?,
            StreamPayload::StepFinished { step_id, status } => self.step_finished(step_id, status)?,
            StreamPayload::ApprovalRequested { step_id, approval_id } => {
                say(&format!("⏸ approval {approval_id}: {}", self.question(step_id)))?;
                return Ok(News::Waiting { approval_id });
            }
            StreamPayload::ApprovalDecided { approval_id, status, .. } => say(&format!("  approval {approval_id}: {}", word(&status)))?,
            StreamPayload::TranscriptPart { part } => self.part(&part)?,
            StreamPayload::PermissionAnswered { permission, patterns, allowed, .. } => {
                let answer = if allowed { "allowed" } else { "denied" };
                say(&format!("  {answer}: {permission} {}", one_line(&patterns.join(" "), 120)))?;
            }
            StreamPayload::PipelineCreated { .. }
            | StreamPayload::StepStarted { .. }
            | StreamPayload::FindingOpened { .. }
            | StreamPayload::FindingClosed { .. }
            | StreamPayload::PermissionAsked { .. }
            | StreamPayload::BudgetWarning { .. }
            | StreamPayload::TranscriptDelta { .. }
            | StreamPayload::Heartbeat { .. }
            | StreamPayload::Reset
            | StreamPayload::Closing
            | StreamPayload::Unknown => {}
        }
        Ok(News::Nothing)
    }

    async fn updated(&mut self, status: PipelineStatus, reason: Option<(String, Option<String>)>) -> anyhow::Result<News> {
        match status {
            PipelineStatus::Queued | PipelineStatus::Running | PipelineStatus::WaitingForApproval | PipelineStatus::Paused => {
                return Ok(News::Nothing);
            }
            PipelineStatus::Succeeded | PipelineStatus::Failed | PipelineStatus::Cancelled => {}
        }
        self.reload().await?;
        say(&format!("Pipeline {} {}.", self.detail.pipeline.id, word(&status)))?;
        if let Some((message, hint)) = reason {
            say(&format!("  {}", one_line(&message, 400)))?;
            if let Some(hint) = hint {
                say(&format!("  {}", one_line(&hint, 400)))?;
            }
        }
        Ok(News::Ended(status))
    }

    async fn handed_off(&mut self, attempt_id: i64) -> anyhow::Result<()> {
        self.reload().await?;
        let summary = self
            .attempt(attempt_id)
            .and_then(|attempt| attempt.handoff.as_ref()?.metadata["summary"].as_str())
            .map(|summary| one_line(summary, 200));
        if let Some(summary) = summary {
            say(&format!("  hand-off: {summary}"))?;
        }
        Ok(())
    }

    fn step_finished(&self, step_id: i64, status: StepStatus) -> anyhow::Result<()> {
        match status {
            StepStatus::Succeeded => say(&format!("✔ {}", self.name(step_id)))?,
            StepStatus::Pending => say(&format!("↩ {} again", self.name(step_id)))?,
            StepStatus::Failed | StepStatus::Cancelled => say(&format!("✘ {}: {}", self.name(step_id), word(&status)))?,
            StepStatus::Running | StepStatus::WaitingForApproval | StepStatus::Skipped => {}
        }
        Ok(())
    }

    fn part(&mut self, part: &TranscriptPart) -> anyhow::Result<()> {
        if part.kind != PartKind::Tool || part.state == PartState::Open {
            return Ok(());
        }
        if self.printed.insert((part.attempt_id, part.part_id.clone())) {
            let tool = part.tool.as_deref().unwrap_or("tool");
            let failed = if part.state == PartState::Error { " (failed)" } else { "" };
            let line = format!("  · {tool} {}{failed}", one_line(&part.text, 120));
            say(line.trim_end())?;
        }
        Ok(())
    }

    /// Whether an approval still waits: what is replayed may be decided long since.
    pub(crate) async fn is_pending(&mut self, approval_id: i64) -> anyhow::Result<bool> {
        self.reload().await?;
        let found = self.detail.approvals.iter().find(|approval| approval.id == approval_id);
        Ok(found.is_some_and(|approval| approval.status == ApprovalStatus::Pending))
    }

    async fn reload(&mut self) -> anyhow::Result<()> {
        self.detail = self.client.pipeline(self.detail.pipeline.id).await?;
        Ok(())
    }

    fn name(&self, step_id: i64) -> String {
        let step = self.detail.steps.iter().find(|step| step.id == step_id);
        step.map_or_else(
            || format!("step {step_id}"),
            |step| match step.kind {
                StepKind::Approval => "approval".to_owned(),
                StepKind::Agent | StepKind::Check => step.agent_name.clone(),
            },
        )
    }

    fn question(&self, step_id: i64) -> String {
        let step = self.detail.steps.iter().find(|step| step.id == step_id);
        step.map(|step| one_line(&step.description, 200)).unwrap_or_default()
    }

    fn attempt(&self, id: i64) -> Option<&Attempt> {
        self.detail.steps.iter().flat_map(|step| &step.attempts).find(|attempt| attempt.id == id)
    }
}
