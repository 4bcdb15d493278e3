//! `agency watch`: follows a pipeline and prints what happens, a line each.

mod lines;

use super::inbox::{how_to_answer, how_to_decide, how_to_go_on};
use super::list::word;
use crate::client::Client;
use crate::output::{one_line, say};
use crate::stream::Events;
use agency_contract::{
    ApprovalStatus, Attempt, AttemptStatus, Failure, PartKind, PartState, PipelineDetail, PipelineStatus, PipelineStatusReason,
    RequestKind, StepKind, StepStatus, StreamPayload, TranscriptPart,
};
use std::collections::HashSet;
use std::process::ExitCode;

/// Exit code of a pipeline that waits for a person.
pub(crate) const WAITING: u8 = 3;

/// What a watcher has come to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum News {
    Nothing,
    Waiting {
        approval_id: i64,
    },
    /// An agent asks something.
    Asked {
        request_id: i64,
        kind: RequestKind,
    },
    /// It is paused still, with the code of the reason.
    Paused {
        code: String,
    },
    Ended(PipelineStatus),
}

pub(crate) async fn watch(client: &Client, id: i64, exit_on_approval: bool) -> anyhow::Result<ExitCode> {
    let mut watcher = Watcher::begin(client, id).await?;
    loop {
        let is_waiting = match watcher.next().await? {
            News::Ended(PipelineStatus::Succeeded) => return Ok(ExitCode::SUCCESS),
            News::Ended(_) => return Ok(ExitCode::FAILURE),
            News::Waiting { approval_id } if watcher.is_pending(approval_id).await? => {
                say(&format!("  {}", how_to_decide(approval_id)))?;
                true
            }
            News::Asked { request_id, kind } if watcher.is_open(request_id).await? => {
                say(&format!("  {}", how_to_answer(request_id, kind)))?;
                // Its deadline ends it, and the run goes on.
                false
            }
            News::Paused { code } => {
                say(&format!("  {}", how_to_go_on(id, &code)))?;
                true
            }
            News::Waiting { .. } | News::Asked { .. } | News::Nothing => false,
        };
        if is_waiting && exit_on_approval {
            return Ok(ExitCode::from(WAITING));
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
    /// Attempts whose end was printed.
    ended: HashSet<i64>,
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
        Ok(Self { client: client.clone(), events: Events::new(client, id), detail, printed: HashSet::new(), ended: HashSet::new() })
    }

    pub(crate) fn detail(&self) -> &PipelineDetail {
        &self.detail
    }

    /// Prints the next event, and says what it means.
    pub(crate) async fn next(&mut self) -> anyhow::Result<News> {
        let payload = self.events.next().await?.payload;
        for line in lines::lines(&payload, |step| self.name(step)) {
            say(&line)?;
        }
        match payload {
            StreamPayload::PipelineUpdated { status, status_reason } => return self.updated(status, status_reason).await,
            // It comes again once the usage of one that was stopped is known.
            StreamPayload::AttemptFinished { step_id, attempt_id, status, failure, retry_at } if self.ended.insert(attempt_id) => {
                self.attempt_finished(step_id, status, failure.as_ref(), retry_at.is_some())?;
            }
            StreamPayload::HandoffRecorded { attempt_id, .. } => self.handed_off(attempt_id).await?,
            StreamPayload::CriteriaUpdated { criterion_ids } => self.criteria(&criterion_ids).await?,
            StreamPayload::StepFinished { step_id, status } => self.step_finished(step_id, status)?,
            StreamPayload::ApprovalRequested { step_id, approval_id } => {
                say(&format!("‖ approval {approval_id}: {}", self.question(step_id)))?;
                return Ok(News::Waiting { approval_id });
            }
            StreamPayload::PermissionAsked { request_id, kind, .. } => return Ok(News::Asked { request_id, kind }),
            StreamPayload::TranscriptPart { part } => self.part(&part)?,
            // What else there is to say has been said.
            _ => {}
        }
        Ok(News::Nothing)
    }

    /// What is replayed may be over: only where the pipeline still stands so, anything follows from it.
    async fn updated(&mut self, status: PipelineStatus, reason: Option<PipelineStatusReason>) -> anyhow::Result<News> {
        match status {
            PipelineStatus::Queued | PipelineStatus::Running | PipelineStatus::WaitingForApproval => return Ok(News::Nothing),
            PipelineStatus::Paused => say("‖ paused")?,
            PipelineStatus::Succeeded | PipelineStatus::Failed | PipelineStatus::Cancelled => {
                say(&format!("Pipeline {} {}.", self.detail.pipeline.id, word(&status)))?;
            }
        }
        if let Some(reason) = &reason {
            say(&format!("  {}", one_line(&reason.message, 400)))?;
            if let Some(hint) = &reason.hint {
                say(&format!("  {}", one_line(hint, 400)))?;
            }
        }
        self.reload().await?;
        if self.detail.pipeline.status != status {
            return Ok(News::Nothing);
        }
        let code = reason.map(|reason| reason.code).unwrap_or_default();
        Ok(if status == PipelineStatus::Paused { News::Paused { code } } else { News::Ended(status) })
    }

    fn attempt_finished(&self, step_id: i64, status: AttemptStatus, failure: Option<&Failure>, again: bool) -> anyhow::Result<()> {
        if let Some(failure) = failure {
            let again = if again { "; it is tried again" } else { "" };
            say(&format!("  {} failed, {}: {}{again}", self.name(step_id), failure.class, one_line(&failure.message, 300)))?;
        } else if status != AttemptStatus::Succeeded {
            say(&format!("  {} was {}", self.name(step_id), word(&status)))?;
        }
        Ok(())
    }

    /// As they stand now: an event names them alone.
    async fn criteria(&mut self, ids: &[String]) -> anyhow::Result<()> {
        self.reload().await?;
        let named = self.detail.criteria.iter().filter(|criterion| ids.contains(&criterion.id));
        let states: Vec<String> = named.map(|criterion| format!("{} {}", criterion.id, word(&criterion.status))).collect();
        say(&format!("  criteria: {}", one_line(&states.join(", "), 300)))?;
        Ok(())
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

    /// Whether a request still waits for its answer.
    async fn is_open(&mut self, request_id: i64) -> anyhow::Result<bool> {
        self.reload().await?;
        Ok(self.detail.requests.iter().any(|request| request.id == request_id && request.answer.is_none()))
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
