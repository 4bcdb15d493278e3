//! Carries one pipeline out, from where its state says it stands, until it ends or waits for a person.
//!
//! The runner decides nothing: [`Pipeline::next`] says what comes next, the machine says what follows from it. Each write carries the
//! fence of the claim, so that a runner that lost its claim can write nothing more.

mod attempt;
mod boot;
mod check;
mod drive;
mod gate;
mod handoff;
mod overlap;
mod recorder;
mod repair;
mod talk;
pub(crate) mod watch;
mod workspace;

use crate::signals::Signal;
use crate::use_cases::{Shared, UseCaseError};
use agency_domain::agents::RuntimeError;
use agency_domain::pipelines::{
    AttemptResult, Command, FailureReason, Fence, Next, Observation, Pipeline, ReasonCode, Receipt, Refused, StoreError,
};
use agency_domain::repositories::RepositoryError;
use agency_domain::templates::CatalogError;
use agency_domain::{AttemptId, PipelineId, StepId, Usage};
use boot::Booting;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use workspace::Workspace;

pub(crate) struct Runner {
    shared: Arc<Shared>,
    id: PipelineId,
    fence: Fence,
    signal: Signal,
    /// The server stops: record the open attempt as interrupted.
    stopping: CancellationToken,
    workspace: Option<Workspace>,
    /// The pipeline as this runner's last change left it.
    known: Mutex<Option<Pipeline>>,
    /// A server that starts ahead of need.
    booting: Option<Booting>,
}

/// Why a runner cannot go on.
#[derive(Debug, Error)]
pub(crate) enum RunnerError {
    #[error(transparent)]
    UseCase(#[from] UseCaseError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The chain names an agent that is gone from the catalog.
    #[error("there is no agent {0} any more")]
    AgentGone(String),
    /// The worktree is not as the last attempt left it.
    #[error("{what}")]
    WorktreeChanged {
        what: String,
        /// Sentences, with the commands that mend it.
        mend: String,
    },
}

impl From<StoreError> for RunnerError {
    fn from(error: StoreError) -> Self {
        Self::UseCase(error.into())
    }
}

impl Runner {
    pub(crate) fn new(shared: Arc<Shared>, id: PipelineId, fence: Fence, signal: Signal, stopping: CancellationToken) -> Self {
        Self { shared, id, fence, signal, stopping, workspace: None, known: Mutex::default(), booting: None }
    }

    /// # Errors
    /// Where the store does not answer; the pipeline is as it was, and may be claimed again.
    pub(crate) async fn run(mut self) -> Result<(), RunnerError> {
        let result = self.run_chain().await;
        self.booting = None;
        if let Some(workspace) = self.workspace.take() {
            workspace.server.stop().await;
        }
        // A start that was given up half-way, and whatever an agent started and left behind.
        if let Err(error) = self.shared.ports.runtime.reap(Some(self.id)).await {
            tracing::warn!(pipeline = %self.id, %error, "processes of the agent may be left; the next start ends them");
        }
        self.shared.desk.close(self.id);
        result
    }

    /// Whether the attempt was ended from outside or the server stops: nothing new is begun.
    fn is_ending(&self) -> bool {
        self.stopping.is_cancelled() || self.signal.end.is_cancelled()
    }

    async fn run_chain(&mut self) -> Result<(), RunnerError> {
        while !self.is_ending() {
            match self.turn().await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                // Somebody cancelled or decided in between: look again.
                Err(RunnerError::UseCase(UseCaseError::Refused(Refused::Conflict(_)))) => {}
                Err(RunnerError::UseCase(UseCaseError::Store(StoreError::Fenced))) => return Ok(()),
                // A start that was given up because of the end is no failure of the pipeline.
                Err(RunnerError::Runtime(_)) if self.is_ending() => return Ok(()),
                Err(error) => match reason_of(&error) {
                    Some(reason) => self.fail(reason).await?,
                    None => return Err(error),
                },
            }
        }
        Ok(())
    }

    /// One thing. False: nothing is left to do here.
    async fn turn(&mut self) -> Result<bool, RunnerError> {
        let pipeline = self.shared.load(self.id).await?;
        match pipeline.next() {
            Next::Start => self.command(|_| Command::Start).await.map(|_| true),
            Next::Attempt(_) | Next::Check(_) | Next::OpenApproval(_) if self.gate_opened_again(&pipeline).await? => Ok(true),
            Next::Attempt(step) if self.waits_to_retry(&pipeline, step).await => Ok(true),
            Next::Attempt(step) => self.attempt(pipeline, step).await.map(|()| true),
            Next::Check(step) => self.check(&pipeline, step).await.map(|()| true),
            Next::Resume(step, attempt) => self.interrupt(step, attempt).await.map(|()| true),
            Next::OpenApproval(step) => self.open_approval(&pipeline, step).await.map(|()| false),
            Next::PauseForBudget(step) => self.command(|_| Command::PauseForBudget { step }).await.map(|_| false),
            Next::Decision(_) | Next::Resumption | Next::Nothing => Ok(false),
        }
    }

    /// Whether it is too soon to try the step again. Waits then, until it is time or somebody does something: look again afterwards.
    async fn waits_to_retry(&self, pipeline: &Pipeline, step: StepId) -> bool {
        let Some(at) = pipeline.step(step).and_then(|step| step.retry_at) else { return false };
        let Ok(wait) = Duration::try_from(at.duration_since(self.shared.ports.clock.now())) else { return false };
        if wait.is_zero() {
            return false;
        }
        tokio::select! {
            () = self.signal.end.cancelled() => {}
            () = self.stopping.cancelled() => {}
            () = self.signal.nudge.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
        true
    }

    /// An attempt that an earlier process left open: its server was ended when this one started, so nobody carries it out any more.
    async fn interrupt(&self, step: StepId, attempt: AttemptId) -> Result<(), RunnerError> {
        let usage = self.shared.load(self.id).await?.attempt(attempt).map_or_else(Usage::default, |(_, attempt)| attempt.usage);
        let reason = "the server stopped while this attempt was under way";
        self.command(|_| Command::FinishAttempt { attempt, usage, result: AttemptResult::Interrupted(reason.into()) }).await?;
        let detail = format!("attempt {attempt} was interrupted; the step is attempted again from the commit at which it began");
        self.observe(Some(step), Some(attempt), Observation::Recovered { detail }).await
    }

    async fn fail(&self, reason: FailureReason) -> Result<(), RunnerError> {
        match self.command(|_| Command::Fail(reason.clone())).await {
            Ok(_) | Err(RunnerError::UseCase(UseCaseError::Refused(Refused::Conflict(_)))) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn command(&self, command: impl Fn(&Pipeline) -> Command + Send) -> Result<Pipeline, RunnerError> {
        self.command_with_receipt(None, command).await
    }

    async fn command_with_receipt(
        &self,
        receipt: Option<Receipt>,
        command: impl Fn(&Pipeline) -> Command + Send,
    ) -> Result<Pipeline, RunnerError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).take();
        let pipeline = self.shared.command_from(known, self.id, Some(self.fence), receipt, command).await?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(pipeline.clone());
        Ok(pipeline)
    }

    async fn observe(&self, step: Option<StepId>, attempt: Option<AttemptId>, what: Observation) -> Result<(), RunnerError> {
        self.command(|_| Command::Observe { step, attempt, what: what.clone() }).await.map(|_| ())
    }
}

/// What a person is told where the fault is not the store's.
fn reason_of(error: &RunnerError) -> Option<FailureReason> {
    let (code, hint) = match error {
        RunnerError::UseCase(_) => return None,
        RunnerError::Runtime(_) => (ReasonCode::OpencodeUnavailable, "Run `agency doctor`; it says what OpenCode needs on this machine."),
        RunnerError::WorktreeChanged { mend, .. } => (ReasonCode::GitError, mend.as_str()),
        RunnerError::Repository(_) => {
            (ReasonCode::GitError, "Look at the repository and the worktree, mend them, and retry the step; nothing was removed.")
        }
        RunnerError::Catalog(_) | RunnerError::AgentGone(_) => {
            (ReasonCode::CatalogBroken, "Mend the file that is named and retry the step.")
        }
    };
    Some(FailureReason { code, message: format!("{error}."), hint: hint.to_owned() })
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
