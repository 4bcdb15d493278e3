//! The port `AgentRuntime`: what is installed, starting private servers, and cleaning up after them.

mod reporting;
mod runs;
mod server;
mod starting;

use crate::process::{Binaries, FoundBinary, Mark};
use crate::settings::OpenCodeSettings;
use crate::user_config::UserConfig;
use agency_domain::PipelineId;
use agency_domain::agents::{AgentRuntime, AgentServer, RunningServer, RuntimeError, RuntimeState, ServerRequest};
use async_trait::async_trait;
use server::PrivateServer;
use starting::Start;
use std::collections::HashMap;
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
    servers: Mutex<HashMap<PipelineId, Weak<PrivateServer>>>,
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
        Self { settings, binaries, servers: Mutex::default() }
    }

    fn mark(&self, pipeline: PipelineId) -> Mark {
        Mark::new(&self.settings.data_dir, pipeline)
    }

    fn servers(&self) -> MutexGuard<'_, HashMap<PipelineId, Weak<PrivateServer>>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut servers = self.servers();
        servers.retain(|_pipeline, server| server.upgrade().is_some_and(|server| server.is_running()));
        let alive = servers.iter().filter_map(|(pipeline, server)| Some((*pipeline, server.upgrade()?)));
        let mut running: Vec<RunningServer> = alive.map(|(pipeline, server)| server.running(pipeline)).collect();
        running.sort_by_key(|server| server.pipeline_id);
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

    async fn start(&self, request: ServerRequest) -> Result<Arc<dyn AgentServer>, RuntimeError> {
        let pipeline = request.pipeline_id;
        let binary = self.usable_binary().await?;
        let user = self.user_config().map_err(RuntimeError::Unusable)?;
        self.reap(Some(pipeline)).await?;
        let (settings, mark) = (&self.settings, self.mark(pipeline));
        let server = Start { settings, binary: binary.path, user: &user, request: &request, mark }.run().await?;
        if !self.supports(server.running_version()) {
            let version = server.running_version().to_owned();
            server.stop().await;
            return Err(RuntimeError::Unusable(format!("version {version} answered, and theAgency drives {SUPPORTED}")));
        }
        let server = Arc::new(server);
        self.servers().insert(pipeline, Arc::downgrade(&server));
        Ok(server)
    }

    async fn forget(&self, pipeline: PipelineId) -> Result<u64, RuntimeError> {
        let removed = tokio::task::spawn_blocking({
            let data_dir = self.settings.data_dir.clone();
            move || crate::home::Home::remove(&data_dir, pipeline)
        });
        let failed = |error: &dyn std::fmt::Display| RuntimeError::Refused(format!("its home cannot be removed: {error}"));
        removed.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    }

    async fn reap(&self, pipeline: Option<PipelineId>) -> Result<usize, RuntimeError> {
        let mark = match pipeline {
            Some(pipeline) => self.mark(pipeline),
            None => Mark::of_all(&self.settings.data_dir),
        };
        let reaped = mark.reap().await;
        reaped.map_err(|error| RuntimeError::Start(format!("processes of an earlier server cannot be ended: {error}")))
    }
}
