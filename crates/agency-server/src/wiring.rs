//! Which adapters stand behind the ports. The only file that names them.

use crate::access::Access;
use crate::data_dir::{DataDir, DataDirError};
use crate::metrics::WriterLoad;
use crate::settings::Settings;
use crate::state::{DemoKit, SampleFile};
use agency_catalog::FileCatalog;
use agency_domain::SystemClock;
use agency_domain::agents::{AgentRuntime, RuntimeState};
use agency_domain::pipelines::{EventLog, StoreError};
use agency_domain::templates::OwnFiles;
use agency_engine::{Engine, EngineSettings, LiveHub, Ports};
use agency_git::GitCli;
use agency_opencode::{LocalChecks, OpenCode, OpenCodeSettings, ScriptedProvider};
use agency_persistence::{COMMIT_CLASSES, MigrateCommand, Persistence};
use agency_scripted_model::{Options, ScriptedModel, demo};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

const BYTES_IN_MB: u64 = 1024 * 1024;

/// Why the parts do not come together.
#[derive(Debug, Error)]
pub enum WiringError {
    #[error("{}", chain(.0))]
    Database(#[from] agency_persistence::OpenError),
    #[error("the access tokens cannot be read: {0}")]
    Access(#[from] StoreError),
    #[error("the scripted model of the demo does not start: {0:#}")]
    Demo(anyhow::Error),
}

/// The parts of a running server.
pub(crate) struct Parts {
    pub(crate) engine: Engine,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) own_files: Arc<dyn OwnFiles>,
    pub(crate) sample: Arc<[SampleFile]>,
    pub(crate) demo: Option<DemoKit>,
    pub(crate) writer_load: Arc<dyn Fn() -> WriterLoad + Send + Sync>,
    persistence: Persistence,
    /// Serves while it lives.
    _scripted: Option<ScriptedModel>,
}

impl Parts {
    /// Closes the database; nothing may write any more.
    pub(crate) async fn close(&self) {
        self.persistence.close().await;
    }
}

/// Puts the parts together. `data_dir` is absolute; `base_url` is where agents reach this server.
pub(crate) async fn connect(settings: &Settings, data_dir: &Path, base_url: &str) -> Result<Parts, WiringError> {
    let live = LiveHub::new();
    let persistence = agency_persistence::open(&settings.database.url, Arc::new(live.clone())).await?;
    let scripted = if settings.demo.enabled {
        let options = Options { script: demo::script(), ..Options::default() };
        Some(ScriptedModel::start(options).map_err(WiringError::Demo)?)
    } else {
        None
    };
    let provider = scripted.as_ref().map(|model| ScriptedProvider { base_url: model.base_url() });
    let catalog = Arc::new(FileCatalog::new(settings.catalog.dir.clone().or_else(user_dir)));
    let ports = Ports {
        store: persistence.store(),
        transcripts: persistence.transcripts(),
        repositories: Arc::new(GitCli::new()),
        runtime: Arc::new(OpenCode::new(opencode_settings(settings, data_dir, provider))),
        checks: Arc::new(LocalChecks::new(data_dir.to_owned())),
        catalog: catalog.clone(),
        clock: Arc::new(SystemClock),
        ids: persistence.ids(),
    };
    let engine_settings = EngineSettings {
        max_concurrent: settings.engine.max_concurrent,
        queue_max: settings.engine.queue_max,
        worktrees: data_dir.join("worktrees"),
        handoff_url: format!("{base_url}/mcp"),
        stall_after: settings.opencode.stall_after.0,
        tool_limit: settings.opencode.tool_limit.0,
        ask_deadline: settings.engine.ask_deadline.0,
        server_memory_max: settings.opencode.memory_max_mb * BYTES_IN_MB,
        scripted_allowed: settings.demo.enabled,
        owner: format!("process {}", std::process::id()),
    };
    Ok(Parts {
        engine: Engine::new(ports, engine_settings, live),
        log: persistence.log(),
        own_files: catalog,
        sample: sample(),
        demo: scripted.is_some().then(demo_kit),
        writer_load: writer_load(&persistence),
        persistence,
        _scripted: scripted,
    })
}

/// Who may call.
pub(crate) async fn access(settings: &Settings, parts: &Parts) -> Result<Access, WiringError> {
    let persistence = &parts.persistence;
    Ok(Access::open(settings.server.login, persistence.credentials(), persistence.ids(), Arc::new(SystemClock)).await?)
}

fn writer_load(persistence: &Persistence) -> Arc<dyn Fn() -> WriterLoad + Send + Sync> {
    let read = persistence.writer_load();
    Arc::new(move || {
        let load = read();
        let ends = COMMIT_CLASSES.map(Some).into_iter().chain([None]);
        let within = ends.zip(load.commits).scan(0, |so_far, (end, count)| {
            *so_far += count;
            Some((end, *so_far))
        });
        WriterLoad { waiting: load.waiting, within: within.collect(), spent: load.spent, failures: load.failures }
    })
}

fn demo_kit() -> DemoKit {
    DemoKit { title: demo::title(), description: demo::description(), model: format!("{}/demo", agency_scripted_model::opencode::PROVIDER) }
}

fn sample() -> Arc<[SampleFile]> {
    let files = demo::repository_files().into_iter();
    files.map(|file| SampleFile { path: file.path, content: file.content, is_executable: file.executable }).collect()
}

fn opencode_settings(settings: &Settings, data_dir: &Path, scripted: Option<ScriptedProvider>) -> OpenCodeSettings {
    OpenCodeSettings {
        binary: settings.opencode.bin.clone(),
        search: search(),
        user_config: settings.opencode.config.clone(),
        data_dir: data_dir.to_owned(),
        scripted,
        version_override: false,
    }
}

/// `node_modules/.bin` of the working directory, and of every directory above the binary.
fn search() -> Vec<PathBuf> {
    let here = std::env::current_dir().ok();
    let above = std::env::current_exe().ok();
    let above = above.iter().flat_map(|binary| binary.ancestors().skip(1));
    let mut found: Vec<PathBuf> = Vec::new();
    for directory in here.as_deref().into_iter().chain(above) {
        let candidate = directory.join("node_modules/.bin");
        if candidate.is_dir() && !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found
}

/// Where a person keeps templates and agents of their own: `agency` in the configuration directory.
fn user_dir() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))?;
    Some(config.join("agency"))
}

/// What is known of OpenCode, without a server. For `agency doctor`.
pub(crate) async fn opencode_state(settings: &Settings) -> RuntimeState {
    OpenCode::new(opencode_settings(settings, &settings.data_dir, None)).state().await
}

/// What to do with the database's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrateStep {
    Status,
    Up,
    /// Takes the newest migration back, with everything that its tables hold.
    Down,
}

/// Why the tables could not be migrated.
#[derive(Debug, Error)]
pub enum MigrateError {
    #[error("{}", chain(.0))]
    Database(#[from] agency_persistence::OpenError),
    /// A server uses the database, or the directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
}

/// Migrates the database that the settings name, and answers what is applied, as text for people.
///
/// # Errors
/// Where the database cannot be opened or refuses a migration, or a server uses it.
pub async fn migrate(settings: &Settings, step: MigrateStep) -> Result<String, MigrateError> {
    let command = match step {
        MigrateStep::Status => MigrateCommand::Status,
        MigrateStep::Up => MigrateCommand::Up,
        MigrateStep::Down => MigrateCommand::Down,
    };
    // A change under a running server would pull the tables away from it; to look is harmless.
    let taken = match step {
        MigrateStep::Status => None,
        MigrateStep::Up | MigrateStep::Down => Some(DataDir::take(&settings.data_dir, "agency migrate")?),
    };
    let report = agency_persistence::migrate(&settings.database.url, command).await;
    if let Some(taken) = taken {
        taken.release();
    }
    Ok(report?)
}

/// An error with its causes, for a person at a terminal.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
