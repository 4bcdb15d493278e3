//! Fakes of the runtime, of git and of the catalog, for the runner's own logic. The real ones have suites of their own.

mod catalog;
mod checks;
pub(crate) mod crossings;
mod repositories;
mod runtime;

pub(crate) use catalog::FakeCatalog;
pub(crate) use checks::FakeChecks;
pub(crate) use repositories::FakeRepositories;
pub(crate) use runtime::{FakeRuntime, Play};

use agency_domain::budgets::Budget;
use agency_domain::pipelines::{Created, Pipeline, PipelineStore};
use agency_domain::testing::{MemoryStore, TestIds};
use agency_domain::{Clock, PipelineId, Timestamp};
use agency_engine::{CreateRequest, Engine, EngineSettings, LiveHub, Ports};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A clock that goes as tokio's does, which tests pause.
struct PausedClock {
    origin: Timestamp,
    began: tokio::time::Instant,
}

impl Default for PausedClock {
    fn default() -> Self {
        Self { origin: Timestamp::from_second(1_764_000_000).unwrap(), began: tokio::time::Instant::now() }
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.began.elapsed().as_millis()).unwrap();
        Timestamp::from_millisecond(self.origin.as_millisecond() + elapsed).unwrap()
    }
}

/// An engine that runs, with everything around it faked.
pub(crate) struct Bench {
    pub(crate) engine: Engine,
    pub(crate) runtime: Arc<FakeRuntime>,
    pub(crate) repositories: Arc<FakeRepositories>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) checks: Arc<FakeChecks>,
    pub(crate) catalog: Arc<FakeCatalog>,
    stop: CancellationToken,
}

impl Bench {
    /// `plays` are performed in order, whatever agent is prompted.
    pub(crate) fn start(plays: Vec<Play>) -> Self {
        Self::start_with(plays, Path::new("/nowhere"))
    }

    /// With a directory for worktrees that is there.
    pub(crate) fn start_with(plays: Vec<Play>, worktrees: &Path) -> Self {
        let live = LiveHub::new();
        let store = Arc::new(MemoryStore::new(Arc::new(live.clone())));
        let repositories = Arc::new(FakeRepositories::default());
        let runtime = Arc::new(FakeRuntime::new(plays, Arc::clone(&repositories)));
        let checks = Arc::new(FakeChecks::default());
        let catalog = Arc::new(FakeCatalog::default());
        let ports = Ports {
            store: store.clone(),
            transcripts: store.clone(),
            repositories: repositories.clone(),
            runtime: runtime.clone(),
            checks: checks.clone(),
            catalog: catalog.clone(),
            clock: Arc::new(PausedClock::default()),
            ids: Arc::new(TestIds::default()),
        };
        let settings = EngineSettings {
            max_concurrent: 2,
            queue_max: 100,
            worktrees: worktrees.to_owned(),
            handoff_url: "http://127.0.0.1:1/mcp".into(),
            stall_after: Duration::from_secs(600),
            tool_limit: Duration::from_secs(900),
            ask_deadline: Duration::from_secs(300),
            server_memory_max: 1_000,
            scripted_allowed: true,
            owner: "test".into(),
        };
        let engine = Engine::new(ports, settings, live);
        runtime.join(engine.clone());
        let stop = CancellationToken::new();
        let (conductor, token) = (engine.clone(), stop.clone());
        tokio::spawn(async move { conductor.run(token).await });
        Self { engine, runtime, repositories, store, checks, catalog, stop }
    }

    /// A pipeline of these agents, gates (`approval`) and checks (whatever has a space); `senior-reviewer` goes back to `developer` twice.
    pub(crate) async fn create(&self, agents: &[&str]) -> PipelineId {
        let step = |agent: &&str| match *agent {
            "senior-reviewer" => json!({ "agent": agent, "back_to": "developer" }),
            "approval" => json!({ "approval": "Go?" }),
            command if command.contains(' ') => json!({ "check": command }),
            _ => json!({ "agent": agent }),
        };
        self.create_with(Value::Array(agents.iter().map(step).collect()), Budget::default()).await
    }

    pub(crate) async fn create_with(&self, steps: Value, budget: Budget) -> PipelineId {
        let request = CreateRequest {
            description: "Add --shout".into(),
            repo: "/repo".into(),
            steps: Some(steps),
            budget,
            ..CreateRequest::default()
        };
        match self.engine.create(request, None).await.unwrap() {
            Created::New(id) | Created::Before(id) => id,
        }
    }

    /// Waits until the pipeline fits.
    pub(crate) async fn until(&self, id: PipelineId, fits: impl Fn(&Pipeline) -> bool) -> Pipeline {
        let mut live = self.engine.live().subscribe();
        loop {
            let pipeline = self.store.load(id).await.unwrap().unwrap();
            if fits(&pipeline) {
                return pipeline;
            }
            live.events.recv().await.unwrap();
        }
    }

    /// Waits until it has ended.
    pub(crate) async fn end(&self, id: PipelineId) -> Pipeline {
        self.until(id, |pipeline| pipeline.status.is_final()).await
    }

    /// Stops the conductor as a server's shutdown does.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The least hand-off.
pub(crate) fn done() -> Value {
    json!({ "summary": "Done.", "outcome": "done" })
}

/// A reviewer's, with one finding that is open where it asks for changes and fixed otherwise.
pub(crate) fn review(verdict: &str) -> Value {
    let status = if verdict == "changes_requested" { "open" } else { "fixed" };
    let finding = json!({ "id": "F-1", "severity": "major", "claim": "No test.", "status": status });
    json!({ "summary": "Judged.", "outcome": "done", "verdict": verdict, "findings": [finding] })
}
