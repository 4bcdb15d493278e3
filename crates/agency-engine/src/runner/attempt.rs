//! One attempt, from the composed prompt to the recorded result.
//!
//! Intent before effect: the attempt's row, the ids of session and message, the base commit and the receipt are committed before the
//! prompt is sent. Two durable writes each attempt: its beginning and its end.

use super::drive::Driven;
use super::recorder::Recorder;
use super::talk::OpenAsk;
use super::{Runner, RunnerError, hex};
use crate::desk::Expected;
use crate::prompt::{Diff, Extras, compose, verdict_required};
use agency_domain::agents::{Agent, AgentServer, Prompt, RuntimeError};
use agency_domain::handoffs::{Channel, HandoffRecord};
use agency_domain::pipelines::{
    AttemptFailure, AttemptResult, AttemptStatus, Command, Conversation, FailureClass, Finished, NewAttempt, Pipeline, Receipt, Step,
};
use agency_domain::repositories::{RepositoryError, Snapshot};
use agency_domain::{AttemptId, CommitId, MessageId, ModelName, SessionId, StepId, Timestamp, Usage};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::time::Instant;

/// What is found in a worktree, once it is read and what changed in it is stored.
pub(super) type Reading = tokio::task::JoinHandle<Result<Snapshot, RepositoryError>>;

/// What an attempt works with while it is under way.
pub(super) struct Visit {
    pub(super) step: StepId,
    pub(super) attempt: AttemptId,
    pub(super) agent: Agent,
    pub(super) model: Option<ModelName>,
    pub(super) expected: Expected,
    /// A hand-off that can be read and is silent about something: taken, should none come that says more.
    pub(super) incomplete: Option<(HandoffRecord, Channel)>,
    pub(super) server: Arc<dyn AgentServer>,
    pub(super) worktree: PathBuf,
    pub(super) session: SessionId,
    /// What the session was sent and has not reported on yet, oldest first.
    pub(super) messages: Vec<MessageId>,
    /// As it stood when somebody last looked, this attempt included: its budget, and what people said.
    pub(super) pipeline: Pipeline,
    /// What the agent asked and nobody has answered.
    pub(super) asks: Vec<OpenAsk>,
    /// Where the branch stood when the attempt began.
    pub(super) base: CommitId,
    pub(super) started_at: Timestamp,
    pub(super) recorder: Recorder,
    /// The worktree, being read because the model is done, a prompt was answered, or the session rests; `None` while it works.
    pub(super) reading: Option<Reading>,
    /// Of the prompts so far.
    pub(super) usage: Usage,
    /// What was stored of it, and when last.
    pub(super) reported: Usage,
    pub(super) reported_at: Option<Instant>,
    pub(super) commands: Vec<(String, Option<i64>)>,
}

/// How an attempt came out of its agent's hands.
pub(super) enum AttemptEnd {
    Succeeded(Box<Finished>),
    Failed(AttemptFailure),
    /// The server stops.
    Stopping,
    /// By a cancellation or a pause, which is recorded already.
    Recorded,
}

impl Runner {
    /// Makes one attempt at a step and records how it ended.
    pub(super) async fn attempt(&mut self, pipeline: Pipeline, step: StepId) -> Result<(), RunnerError> {
        let had_server = self.workspace.is_some();
        let visit = match self.begin(&pipeline, step).await {
            // A server from an earlier step may have died since: a new one is worth a try.
            Err(RunnerError::Runtime(RuntimeError::Lost(_))) if had_server => {
                self.drop_server().await;
                return Ok(());
            }
            other => other?,
        };
        let (mut visit, prompt) = visit;
        let end = self.visit(&pipeline, &mut visit, prompt).await;
        visit.recorder.close().await?;
        self.record(&visit, end?).await
    }

    async fn begin(&mut self, pipeline: &Pipeline, step_id: StepId) -> Result<(Visit, Prompt), RunnerError> {
        let attempt = self.shared.ports.ids.attempt();
        let step = pipeline.step(step_id).expect("the machine named a step of this pipeline");
        let agent_name = step.agent().expect("the machine asks for attempts at agents' steps only").clone();
        let workspace = self.workspace(pipeline, step_id, attempt).await?;
        let agent = workspace.agent(agent_name.as_str()).cloned().ok_or_else(|| RunnerError::AgentGone(agent_name.to_string()))?;
        let (server, worktree) = (Arc::clone(&workspace.server), workspace.worktree.clone());

        let extras = self.extras(pipeline, step, &agent).await?;
        let composed = compose(pipeline, step, &agent, &extras);
        let title = format!("{} · {agent_name}", pipeline.title);
        let session = server.open_session(&title, step.plan.settings.permissions.as_ref()).await?;
        let prompt = Prompt {
            session: session.clone(),
            message: server.new_message_id(),
            agent: agent_name,
            model: pipeline.model_for(step).cloned(),
            text: composed.text,
            files: self.shared.files(pipeline).await?,
        };
        let started_at = self.shared.ports.clock.now();
        let receipt = Receipt {
            attempt_id: attempt,
            role: agent.prompt.clone(),
            sha256: hex(&Sha256::digest(&prompt.text)),
            prompt: prompt.text.clone(),
            ids: composed.ids,
            attachments: pipeline.attachments.clone(),
            created_at: started_at,
        };
        let to_answer_for = composed.to_answer_for;
        let new = NewAttempt {
            step: step_id,
            attempt,
            model: prompt.model.clone(),
            conversation: Some(Conversation {
                session: session.clone(),
                message: prompt.message.clone(),
                prompt_sha256: receipt.sha256.clone(),
                prompt_bytes: receipt.prompt.len() as u64,
            }),
            base_commit: pipeline.head_commit.clone(),
            steers: pipeline.steers_for(step_id).map(|steer| steer.id).collect(),
        };
        let begun = self.command_with_receipt(Some(receipt), |_| Command::BeginAttempt(new.clone())).await?;
        let verdict_required = verdict_required(step, &agent);
        let delta = extras.diff.delta_files();
        let visit = Visit {
            step: step_id,
            attempt,
            model: prompt.model.clone(),
            expected: Expected { verdict_required, review: verdict_required.then(|| pipeline.review_rules(step_id, delta)), to_answer_for },
            incomplete: None,
            agent,
            server,
            worktree,
            session,
            messages: Vec::new(),
            pipeline: begun,
            asks: Vec::new(),
            base: pipeline.head_commit.clone(),
            started_at,
            recorder: Recorder::new(Arc::clone(&self.shared), self.id, step_id, attempt),
            reading: None,
            usage: Usage::default(),
            reported: Usage::default(),
            reported_at: None,
            commands: Vec::new(),
        };
        Ok((visit, prompt))
    }

    async fn extras(&self, pipeline: &Pipeline, step: &Step, agent: &Agent) -> Result<Extras, RunnerError> {
        let diff = if agent.reviews { self.diff_to_review(pipeline, step).await? } else { Diff::None };
        let earlier_failure = step.attempts.last().and_then(|attempt| match &attempt.status {
            AttemptStatus::Failed(failure) => Some(failure.message.clone()),
            AttemptStatus::Interrupted => Some("the server stopped under it".to_owned()),
            AttemptStatus::Starting
            | AttemptStatus::Running
            | AttemptStatus::Finishing
            | AttemptStatus::Succeeded
            | AttemptStatus::Cancelled => None,
        });
        Ok(Extras { diff, earlier_failure })
    }

    /// The whole branch in the first review, and what has changed since in a later one.
    async fn diff_to_review(&self, pipeline: &Pipeline, step: &Step) -> Result<Diff, RunnerError> {
        let reviewed = step.attempts.iter().rev().find(|attempt| attempt.verdict.is_some()).map(|attempt| attempt.base_commit.clone());
        let from = reviewed.as_ref().unwrap_or(&pipeline.base_commit);
        if *from == pipeline.head_commit {
            return Ok(if reviewed.is_some() { Diff::Delta(String::new()) } else { Diff::Whole(String::new()) });
        }
        let text = self.shared.ports.repositories.diff(pipeline.repo.as_ref(), from, &pipeline.head_commit).await?;
        Ok(if reviewed.is_some() { Diff::Delta(text) } else { Diff::Whole(text) })
    }

    /// Prompts, follows, collects the hand-off (asking again where it is missing), verifies and commits.
    async fn visit(&mut self, pipeline: &Pipeline, visit: &mut Visit, prompt: Prompt) -> Result<AttemptEnd, RunnerError> {
        self.shared.desk.expect(self.id, visit.expected.clone());
        let mut events = match visit.server.events(&visit.session).await {
            Ok(events) => events,
            Err(error) => return Ok(self.lost(error.to_string()).await),
        };
        let mut prompt = prompt;
        let mut asked_again = 0;
        loop {
            visit.reading = None;
            match visit.server.prompt(&prompt).await {
                Ok(()) => {}
                Err(RuntimeError::Refused(detail)) if !prompt.files.is_empty() => return Ok(AttemptEnd::Failed(refused_files(&detail))),
                Err(error) => return Ok(self.lost(error.to_string()).await),
            }
            visit.messages = vec![prompt.message.clone()];
            if asked_again == 0 {
                let attempt = visit.attempt;
                self.command(|_| Command::MarkRunning(attempt)).await?;
            }
            let report = match self.drive(visit, events.as_mut()).await? {
                Driven::Report(report) => report,
                Driven::Failed(failure) => return Ok(AttemptEnd::Failed(failure)),
                Driven::Lost(detail) => return Ok(self.lost(detail).await),
                Driven::Ended => return Ok(AttemptEnd::Recorded),
                Driven::Stopping => return Ok(AttemptEnd::Stopping),
            };
            match self.collect(visit, report) {
                Ok(handoff) => return self.finish(pipeline, visit, handoff).await,
                Err(super::handoff::Missing::Failed(failure)) => return Ok(AttemptEnd::Failed(failure)),
                Err(super::handoff::Missing::AskAgain(fault)) if asked_again < super::handoff::REASKS_MAX => {
                    asked_again += 1;
                    self.report_usage(visit, visit.usage).await?;
                    prompt = self.ask_again(visit, &fault).await?;
                }
                Err(super::handoff::Missing::AskAgain(fault)) => {
                    let message =
                        format!("{} gave no hand-off that can be read, asked {asked_again} times again: {fault}", visit.agent.name);
                    return Ok(AttemptEnd::Failed(AttemptFailure { class: FailureClass::HandoffInvalid, message }));
                }
            }
        }
    }

    /// The server is gone or does not answer: the next attempt gets a new one.
    async fn lost(&mut self, detail: String) -> AttemptEnd {
        self.drop_server().await;
        if self.signal.end.is_cancelled() {
            return AttemptEnd::Recorded;
        }
        AttemptEnd::Failed(AttemptFailure { class: FailureClass::OpencodeLost, message: detail })
    }

    async fn record(&self, visit: &Visit, end: AttemptEnd) -> Result<(), RunnerError> {
        let result = match end {
            AttemptEnd::Succeeded(finished) => AttemptResult::Succeeded(finished),
            AttemptEnd::Failed(failure) => AttemptResult::Failed(failure),
            AttemptEnd::Stopping => AttemptResult::Interrupted("the server was stopped".into()),
            AttemptEnd::Recorded => {
                let (attempt, usage) = (visit.attempt, visit.usage);
                return self.command(|_| Command::SettleUsage { attempt, usage }).await.map(|_| ());
            }
        };
        let (attempt, usage) = (visit.attempt, visit.usage);
        self.command(|_| Command::FinishAttempt { attempt, usage, result: result.clone() }).await.map(|_| ())
    }
}

/// OpenCode looks into pictures before it takes a prompt, and refuses one that it cannot read: it would refuse it again.
fn refused_files(detail: &str) -> AttemptFailure {
    let message = format!(
        "OpenCode refused the prompt with the files that are attached ({detail}). Most likely one of the pictures is damaged: start a new pipeline \
         without it, or with one that is saved anew."
    );
    AttemptFailure { class: FailureClass::AgentError, message }
}
