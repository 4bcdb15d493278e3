//! What the server asks for: the use cases, each load, decide, commit, again where somebody was faster.

mod control;

use crate::LiveHub;
use crate::desk::Desk;
use agency_domain::agents::AgentRuntime;
use agency_domain::attachments::AttachedFile;
use agency_domain::checks::CheckRunner;
use agency_domain::pipelines::{Command, Fence, Pipeline, PipelineChange, PipelineStore, Receipt, Refused, StoreError, decide};
use agency_domain::repositories::Repositories;
use agency_domain::templates::Catalog;
use agency_domain::transcripts::TranscriptStore;
use agency_domain::{Clock, Ids, PipelineId};
pub use control::{AskAnswer, DecisionRequest, RetryRequest};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{Notify, Semaphore};

/// Everything that the engine needs from outside.
#[derive(Clone)]
pub struct Ports {
    pub store: Arc<dyn PipelineStore>,
    pub transcripts: Arc<dyn TranscriptStore>,
    pub repositories: Arc<dyn Repositories>,
    pub runtime: Arc<dyn AgentRuntime>,
    pub checks: Arc<dyn CheckRunner>,
    pub catalog: Arc<dyn Catalog>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

/// The engine's own settings.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// Pipelines that run at once; each has an OpenCode of its own, of some 0.5 GB.
    pub max_concurrent: usize,
    /// Pipelines that may wait to be started; one more is refused.
    pub queue_max: u32,
    /// Absolute; worktrees are made in it, as `<id>-<slug>`.
    pub worktrees: PathBuf,
    /// Where OpenCode reaches the hand-off tool: `http://127.0.0.1:8000/mcp`; the pipeline's id is appended.
    pub handoff_url: String,
    /// Silence of a run (no event, no tool in flight) after which it counts as stalled.
    pub stall_after: Duration,
    /// How long one tool call may be silent.
    pub tool_limit: Duration,
    /// How long a person may take to answer what an agent asks; it is denied then. Zero denies at once.
    pub ask_deadline: Duration,
    /// Memory that a server may have grown to before the next attempt gets a new one, in bytes.
    pub server_memory_max: u64,
    /// Whether pipelines may use the scripted model of the demo.
    pub scripted_allowed: bool,
    /// Names this process in claims.
    pub owner: String,
}

/// The engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) ports: Ports,
    pub(crate) settings: EngineSettings,
    pub(crate) live: LiveHub,
    pub(crate) desk: Desk,
    /// Wakes the conductor: something may be due.
    pub(crate) changed: Notify,
    pub(crate) signals: crate::signals::Signals,
    pub(crate) questions: crate::questions::Questions,
    /// One permit for each OpenCode server that may be starting.
    pub(crate) starts: Semaphore,
}

/// Why a use case did nothing.
#[derive(Debug, Error)]
pub enum UseCaseError {
    #[error("there is no {0}")]
    NotFound(String),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How often a command is decided anew when somebody else was faster; each round is one commit of somebody, so this many are never needed.
const CONFLICTS_MAX: usize = 50;

/// OpenCode servers that start at the same time; each wants a core for some two seconds.
const STARTS_AT_ONCE: usize = 2;

impl Engine {
    pub fn new(ports: Ports, settings: EngineSettings, live: LiveHub) -> Self {
        let shared = Shared {
            ports,
            settings,
            live,
            desk: Desk::default(),
            changed: Notify::new(),
            signals: crate::signals::Signals::default(),
            questions: crate::questions::Questions::default(),
            starts: Semaphore::new(STARTS_AT_ONCE),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Where a pipeline's worktree is, or would be.
    pub fn worktree_of(&self, pipeline: &Pipeline) -> PathBuf {
        self.shared.worktree_of(pipeline)
    }

    /// The hub that server-sent events come from.
    pub fn live(&self) -> &LiveHub {
        &self.shared.live
    }

    /// The ports, for reading.
    pub fn ports(&self) -> &Ports {
        &self.shared.ports
    }
}

impl Shared {
    /// Loads, decides and commits, again while somebody else commits in between. Answers the pipeline as it is afterwards.
    pub(crate) async fn command(
        &self,
        id: PipelineId,
        fence: Option<Fence>,
        command: impl Fn(&Pipeline) -> Command + Send,
    ) -> Result<Pipeline, UseCaseError> {
        self.command_from(None, id, fence, None, command).await
    }

    /// The same, beginning with the pipeline as the caller last knew it: that nobody has committed since is for the store to find out.
    pub(crate) async fn command_from(
        &self,
        mut known: Option<Pipeline>,
        id: PipelineId,
        fence: Option<Fence>,
        receipt: Option<Receipt>,
        command: impl Fn(&Pipeline) -> Command + Send,
    ) -> Result<Pipeline, UseCaseError> {
        for _ in 0..CONFLICTS_MAX {
            let from_memory = known.is_some();
            let mut pipeline = match known.take() {
                Some(known) => known,
                None => self.load(id).await?,
            };
            // A clock that is set back turns no pipeline's history round.
            let at = self.ports.clock.now().max(pipeline.updated_at);
            let events = match decide(&pipeline, command(&pipeline), at) {
                Ok(events) => events,
                // What is refused to the pipeline of a moment ago may be right by now.
                Err(_) if from_memory => continue,
                Err(refused) => return Err(refused.into()),
            };
            if events.is_empty() && from_memory {
                continue;
            }
            if events.is_empty() {
                return Ok(pipeline);
            }
            pipeline.apply_all(&events, at);
            let change = PipelineChange {
                after: pipeline.clone(),
                events,
                at,
                fence,
                receipt: receipt.clone(),
                agents: Vec::new(),
                contents: Vec::new(),
            };
            match self.ports.store.commit(change).await {
                Ok(_) => {
                    pipeline.version += 1;
                    return Ok(pipeline);
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// What is attached to a pipeline, with the contents.
    pub(crate) async fn files(&self, pipeline: &Pipeline) -> Result<Vec<AttachedFile>, StoreError> {
        let mut files = Vec::new();
        for (place, about) in (0..).zip(&pipeline.attachments) {
            let content = self.ports.store.attachment(pipeline.id, place).await?;
            let id = || format!("{place} of pipeline {}", pipeline.id);
            let content = content.ok_or_else(|| StoreError::Corrupt { table: "attachments", id: id(), detail: "it is gone".into() })?;
            files.push(AttachedFile { about: about.clone(), content });
        }
        Ok(files)
    }

    pub(crate) async fn load(&self, id: PipelineId) -> Result<Pipeline, UseCaseError> {
        self.ports.store.load(id).await?.ok_or_else(|| UseCaseError::NotFound(format!("pipeline {id}")))
    }

    /// Where a pipeline's worktree is, or would be.
    pub(crate) fn worktree_of(&self, pipeline: &Pipeline) -> PathBuf {
        let slug = pipeline.branch.as_str().trim_start_matches("agency/").replace('/', "-");
        let prefix = format!("{}-", pipeline.id);
        let name = if slug.starts_with(&prefix) { slug } else { format!("{prefix}{slug}") };
        self.settings.worktrees.join(name)
    }
}
