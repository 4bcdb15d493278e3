//! The port `AgentRuntime`: what is installed, starting private servers, and cleaning up after them.

mod reporting;
mod runs;
mod server;
mod starting;

use crate::process::{Binaries, FoundBinary, Mark};
use crate::settings::OpenCodeSettings;
use crate::user_config::UserConfig;
use agency_domain::agents::{AgentRuntime, AgentServer, BootedServer, RunningServer, RuntimeError, RuntimeState, ServerRequest};
use agency_domain::{PipelineId, QuestionId};
use async_trait::async_trait;
use server::PrivateServer;
use starting::{Booted, Start};
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// What the contract tests of this crate hold for.
const SUPPORTED: &str = "1.18.x";
const SUPPORTED_PREFIX: &str = "1.18.";
const HOW_TO_INSTALL: &str =
    "Run `npm ci` in theAgency's directory, or install OpenCode 1.18 for everybody with `npm install -g opencode-ai@1.18.33`.";
const HOW_TO_CONFIGURE: &str = "Store a provider's key with `opencode auth login`, or name a configuration with AGENCY_OPENCODE__CONFIG.";

/// OpenCode on this machine.
pub struct OpenCode {
    settings: OpenCodeSettings,
    binaries: Binaries,
    servers: Servers,
}

/// The servers that run, by whose they are: a pipeline's own, and one for the question that it may have.
type ByOwner = HashMap<(PipelineId, Option<QuestionId>), Weak<PrivateServer>>;
type Servers = Arc<Mutex<ByOwner>>;

/// Whose a server is: what its mark says, and what its home is called.
#[derive(Debug, Clone, Copy)]
enum Owner {
    Pipeline(PipelineId),
    Question(QuestionId),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pipeline(id) => id.fmt(f),
            Self::Question(id) => write!(f, "question-{id}"),
        }
    }
}

impl OpenCode {
    /// Looks at nothing yet: what is missing shows in the state, and when a server is to be started.
    pub fn new(mut settings: OpenCodeSettings) -> Self {
        // Servers run elsewhere, and the marks of their processes are made of this path.
        for path in [Some(&mut settings.data_dir), settings.user_config.as_mut(), settings.binary.as_mut()].into_iter().flatten() {
            *path = std::path::absolute(&*path).unwrap_or_else(|_no_working_directory| path.clone());
        }
        let scratch = settings.data_dir.join("opencode").join("version");
        let binaries = Binaries::new(settings.binary.clone(), settings.search.clone(), scratch);
        Self { settings, binaries, servers: Servers::default() }
    }

    fn mark(&self, owner: Owner) -> Mark {
        Mark::new(&self.settings.data_dir, owner)
    }

    fn user_config(&self) -> Result<UserConfig, String> {
        UserConfig::load(self.settings.user_config.as_deref(), |name| std::env::var_os(name))
    }

    fn supports(&self, version: &str) -> bool {
        self.settings.version_override || version.starts_with(SUPPORTED_PREFIX)
    }

    /// The binary, where there is one that we drive.
    async fn usable_binary(&self) -> Result<FoundBinary, RuntimeError> {
        let unusable = |text: String| RuntimeError::Unusable(format!("{text}. {HOW_TO_INSTALL}"));
        let Some(found) = self.binaries.find().await else {
            return Err(unusable(match &self.settings.binary {
                Some(path) => format!("{} does not exist", path.display()),
                None => "it is not installed".to_owned(),
            }));
        };
        match &found.version {
            Ok(version) if self.supports(version) => Ok(found),
            Ok(version) => Err(unusable(format!("version {version} is installed, and theAgency drives {SUPPORTED}"))),
            Err(reason) => Err(unusable(format!("{} does not run: {reason}", found.path.display()))),
        }
    }

    fn running(&self) -> Vec<RunningServer> {
        let mut servers = locked(&self.servers);
        servers.retain(|_owner, server| server.upgrade().is_some_and(|server| server.is_running()));
        let alive = servers.iter().filter_map(|(owner, server)| Some((*owner, server.upgrade()?)));
        let mut running: Vec<RunningServer> = alive.map(|((pipeline, question), server)| server.running(pipeline, question)).collect();
        running.sort_by_key(|server| (server.pipeline_id, server.question_id));
        running
    }
}

#[async_trait]
impl AgentRuntime for OpenCode {
    async fn state(&self) -> RuntimeState {
        let found = self.binaries.find().await;
        let version = found.as_ref().and_then(|found| found.version.clone().ok());
        let supported = version.as_deref().is_some_and(|version| self.supports(version));
        let user = self.user_config();
        if let Err(error) = &user {
            tracing::warn!(%error, "OpenCode's configuration is of no use");
        }
        let user = user.unwrap_or_default();
        let provider_configured = user.names_a_provider();
        RuntimeState {
            path: found.map(|found| found.path),
            version,
            supported,
            supported_versions: SUPPORTED,
            how_to_install: if supported && !provider_configured { HOW_TO_CONFIGURE } else { HOW_TO_INSTALL }.to_owned(),
            provider_configured,
            default_model: user.default_model(),
            running: self.running(),
        }
    }

    async fn boot(&self, request: ServerRequest) -> Result<Box<dyn BootedServer>, RuntimeError> {
        let whose = (request.pipeline_id, request.question);
        let owner = request.question.map_or(Owner::Pipeline(request.pipeline_id), Owner::Question);
        let binary = self.usable_binary().await?;
        let user = self.user_config().map_err(RuntimeError::Unusable)?;
        ended(self.mark(owner).reap_beside_checks().await)?;
        let (settings, mark) = (&self.settings, self.mark(owner));
        let booted = Start { settings, binary: binary.path, user: &user, request, owner, mark }.boot().await?;
        if !self.supports(booted.version()) {
            let version = booted.version().to_owned();
            booted.stop().await;
            return Err(RuntimeError::Unusable(format!("version {version} answered, and theAgency drives {SUPPORTED}")));
        }
        Ok(Box::new(Waiting { booted, whose, servers: Arc::clone(&self.servers) }))
    }

    async fn forget(&self, pipeline: PipelineId) -> Result<u64, RuntimeError> {
        self.remove_home(Owner::Pipeline(pipeline)).await
    }

    async fn forget_question(&self, question: QuestionId) -> Result<(), RuntimeError> {
        let owner = Owner::Question(question);
        ended(self.mark(owner).reap().await)?;
        self.remove_home(owner).await.map(drop)
    }

    async fn reap(&self, pipeline: Option<PipelineId>) -> Result<usize, RuntimeError> {
        let mark = match pipeline {
            Some(pipeline) => self.mark(Owner::Pipeline(pipeline)),
            None => Mark::of_all(&self.settings.data_dir),
        };
        ended(mark.reap().await)
    }
}

impl OpenCode {
    async fn remove_home(&self, owner: Owner) -> Result<u64, RuntimeError> {
        let data_dir = self.settings.data_dir.clone();
        let removed = tokio::task::spawn_blocking(move || crate::home::Home::remove(&data_dir, owner));
        let failed = |error: &dyn fmt::Display| RuntimeError::Refused(format!("its home cannot be removed: {error}"));
        removed.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    }
}

fn ended(reaped: std::io::Result<usize>) -> Result<usize, RuntimeError> {
    reaped.map_err(|error| RuntimeError::Start(format!("processes of an earlier server cannot be ended: {error}")))
}

/// A server that waits for its worktree.
struct Waiting {
    booted: Booted,
    whose: (PipelineId, Option<QuestionId>),
    servers: Servers,
}

#[async_trait]
impl BootedServer for Waiting {
    async fn enter(self: Box<Self>, worktree: &Path) -> Result<Arc<dyn AgentServer>, RuntimeError> {
        let server = Arc::new(self.booted.enter(worktree).await?);
        locked(&self.servers).insert(self.whose, Arc::downgrade(&server));
        Ok(server)
    }
}

fn locked(servers: &Servers) -> MutexGuard<'_, ByOwner> {
    servers.lock().unwrap_or_else(PoisonError::into_inner)
}
