//! The pipeline's OpenCode server: started ahead of need, while the worktree is prepared or a check runs, and replaced between two attempts once it
//! has grown or served for long.

use super::{Runner, RunnerError, hex};
use crate::signals::Signal;
use crate::use_cases::Shared;
use agency_domain::agents::{Agent, AgentServer, BootedServer, HandoffTool, RuntimeError, ServerRequest};
use agency_domain::pipelines::{Observation, Pipeline, Step};
use agency_domain::templates::StepKind;
use agency_domain::{PipelineId, StepId};
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Random bytes of a hand-off secret: 256 bits, as for a session token.
const SECRET_BYTES: usize = 32;
/// How often a start is tried before the pipeline fails.
const STARTS_MAX: u32 = 3;
/// Attempts that one server serves: what leaks a little in each of them leaks no more then.
const ATTEMPTS_MAX: u32 = 20;
const BYTES_IN_MB: u64 = 1024 * 1024;

/// A server that starts, with the agents that it was given. Dropping it ends the start; the runner's end reaps what that leaves.
pub(super) struct Booting {
    agents: Vec<Agent>,
    started: AbortOnDropHandle<Result<Box<dyn BootedServer>, RuntimeError>>,
}

/// What a start needs to know of its runner.
#[derive(Clone)]
struct Patience {
    shared: Arc<Shared>,
    id: PipelineId,
    signal: Signal,
    stopping: CancellationToken,
}

impl Runner {
    /// Begins to start a server, unless there is one or one starts.
    pub(super) async fn boot_ahead(&mut self, pipeline: &Pipeline) -> Result<(), RunnerError> {
        if self.workspace.is_none() && self.booting.is_none() {
            let agents = self.agents_of(pipeline).await?;
            let request = self.request(pipeline, agents.clone())?;
            let patience = self.patience();
            let started = tokio::spawn(async move { patience.boot(request, 0).await });
            self.booting = Some(Booting { agents, started: AbortOnDropHandle::new(started) });
        }
        Ok(())
    }

    /// The server that was started ahead, in its worktree; where that fails, another one.
    pub(super) async fn booted_server(
        &mut self,
        pipeline: &Pipeline,
        worktree: &Path,
    ) -> Result<(Arc<dyn AgentServer>, Vec<Agent>), RunnerError> {
        let Booting { agents, started } = self.booting.take().expect("a server was started ahead");
        let booted = started.await.map_err(|error| RuntimeError::Start(format!("it was given up: {error}")))??;
        let server = match self.patience().enter(booted, worktree).await {
            Err(RuntimeError::Start(detail) | RuntimeError::Lost(detail)) if !self.is_ending() => {
                tracing::warn!(pipeline = %self.id, "OpenCode could not use the worktree; trying again: {detail}");
                let request = self.request(pipeline, agents.clone())?;
                self.patience().start(request, worktree, 1).await?
            }
            other => other?,
        };
        Ok((server, agents))
    }

    /// Between two attempts: ends a server that has grown beyond its bound or served for long.
    pub(super) async fn recycle(&mut self, step: StepId) -> Result<(), RunnerError> {
        let Some(workspace) = &self.workspace else { return Ok(()) };
        let memory = workspace.server.memory_bytes().await;
        let attempts = workspace.attempts;
        let has_grown = memory.is_some_and(|memory| memory > self.shared.settings.server_memory_max);
        if !has_grown && attempts < ATTEMPTS_MAX {
            return Ok(());
        }
        self.drop_server().await;
        let memory_mb = memory.map(|bytes| bytes / BYTES_IN_MB);
        self.observe(Some(step), None, Observation::OpencodeReplaced { attempts, memory_mb }).await
    }

    fn request(&self, pipeline: &Pipeline, agents: Vec<Agent>) -> Result<ServerRequest, RunnerError> {
        let mut bytes = [0_u8; SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| RuntimeError::Start(format!("the system gives no random bytes: {error}")))?;
        let secret = hex(&bytes);
        self.shared.desk.open(pipeline.id, secret.clone());
        Ok(ServerRequest {
            pipeline_id: pipeline.id,
            question: None,
            agents,
            scripted: pipeline.is_scripted(),
            handoff_tool: Some(HandoffTool { url: format!("{}/{}", self.shared.settings.handoff_url, pipeline.id), secret }),
        })
    }

    fn patience(&self) -> Patience {
        Patience { shared: Arc::clone(&self.shared), id: self.id, signal: self.signal.clone(), stopping: self.stopping.clone() }
    }
}

impl Patience {
    fn is_ending(&self) -> bool {
        self.stopping.is_cancelled() || self.signal.end.is_cancelled()
    }

    /// A start costs some seconds of processor time, and a machine that is busy may not make it in time: few at once, and again where one failed.
    /// `failures`: how many there were before.
    async fn boot(&self, request: ServerRequest, mut failures: u32) -> Result<Box<dyn BootedServer>, RuntimeError> {
        loop {
            let booted = self.unless_ending(self.shared.ports.runtime.boot(request.clone())).await;
            match booted {
                Err(RuntimeError::Start(detail) | RuntimeError::Lost(detail)) if failures + 1 < STARTS_MAX && !self.is_ending() => {
                    failures += 1;
                    tracing::warn!(pipeline = %self.id, failures, "OpenCode did not start; trying again: {detail}");
                }
                other => return other,
            }
        }
    }

    /// A server in its worktree, from the beginning.
    async fn start(&self, request: ServerRequest, worktree: &Path, mut failures: u32) -> Result<Arc<dyn AgentServer>, RuntimeError> {
        loop {
            let booted = self.boot(request.clone(), failures).await?;
            match self.enter(booted, worktree).await {
                Err(RuntimeError::Start(detail) | RuntimeError::Lost(detail)) if failures + 1 < STARTS_MAX && !self.is_ending() => {
                    failures += 1;
                    tracing::warn!(pipeline = %self.id, failures, "OpenCode could not use the worktree; trying again: {detail}");
                }
                other => return other,
            }
        }
    }

    async fn enter(&self, booted: Box<dyn BootedServer>, worktree: &Path) -> Result<Arc<dyn AgentServer>, RuntimeError> {
        self.unless_ending(booted.enter(worktree)).await
    }

    async fn unless_ending<T>(&self, start: impl Future<Output = Result<T, RuntimeError>> + Send) -> Result<T, RuntimeError> {
        tokio::select! {
            biased;
            () = self.signal.end.cancelled() => Err(RuntimeError::Start("the pipeline was cancelled".into())),
            () = self.stopping.cancelled() => Err(RuntimeError::Start("the server stops".into())),
            started = self.shared.with_start_permit(start) => started,
        }
    }
}

/// Whether an agent works next once this step is done, with no gate before it.
pub(super) fn agent_follows(pipeline: &Pipeline, step: &Step) -> bool {
    let behind = pipeline.index_of(step.id).map(|index| &pipeline.steps[index + 1..]).unwrap_or_default();
    let next = behind.iter().find(|step| !matches!(step.plan.kind, StepKind::Check(_)));
    next.is_some_and(|step| step.agent().is_some())
}
