//! Fakes of the runtime, of git and of the catalog, for the runner's own logic. The real ones have suites of their own.

mod catalog;
mod repositories;
mod runtime;

pub(crate) use catalog::FakeCatalog;
pub(crate) use repositories::FakeRepositories;
pub(crate) use runtime::{FakeRuntime, Play};

use agency_domain::pipelines::{Created, Pipeline, PipelineStore};
use agency_domain::testing::{MemoryStore, TestIds};
use agency_domain::{PipelineId, SystemClock};
use agency_engine::{CreateRequest, Engine, EngineSettings, LiveHub, Ports};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// An engine that runs, with everything around it faked.
pub(crate) struct Bench {
    pub(crate) engine: Engine,
    pub(crate) runtime: Arc<FakeRuntime>,
    pub(crate) repositories: Arc<FakeRepositories>,
    pub(crate) store: Arc<MemoryStore>,
    stop: CancellationToken,
}

impl Bench {
    /// `plays` are performed in order, whatever agent is prompted.
    pub(crate) fn start(plays: Vec<Play>) -> Self {
        let live = LiveHub::new();
        let store = Arc::new(MemoryStore::new(Arc::new(live.clone())));
        let repositories = Arc::new(FakeRepositories::default());
        let runtime = Arc::new(FakeRuntime::new(plays, Arc::clone(&repositories)));
        let ports = Ports {
            store: store.clone(),
            transcripts: store.clone(),
            repositories: repositories.clone(),
            runtime: runtime.clone(),
            catalog: Arc::new(FakeCatalog),
            clock: Arc::new(SystemClock),
            ids: Arc::new(TestIds::default()),
        };
        let settings = EngineSettings {
            max_concurrent: 2,
            worktrees: "/nowhere".into(),
            handoff_url: "http://127.0.0.1:1/mcp".into(),
            stall_after: Duration::from_secs(600),
            tool_limit: Duration::from_secs(900),
            scripted_allowed: true,
            owner: "test".into(),
        };
        let engine = Engine::new(ports, settings, live);
        runtime.join(engine.clone());
        let stop = CancellationToken::new();
        let (conductor, token) = (engine.clone(), stop.clone());
        tokio::spawn(async move { conductor.run(token).await });
        Self { engine, runtime, repositories, store, stop }
    }

    /// A pipeline of these agents; `senior-reviewer` goes back to `developer` twice.
    pub(crate) async fn create(&self, agents: &[&str]) -> PipelineId {
        let step = |agent: &&str| match *agent {
            "senior-reviewer" => json!({ "agent": agent, "back_to": "developer" }),
            _ => json!({ "agent": agent }),
        };
        let steps = Value::Array(agents.iter().map(step).collect());
        let request =
            CreateRequest { description: "Add --shout".into(), repo: "/repo".into(), steps: Some(steps), ..CreateRequest::default() };
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

/// A reviewer's.
pub(crate) fn review(verdict: &str) -> Value {
    json!({ "summary": "Judged.", "outcome": "done", "verdict": verdict, "findings": [{ "severity": "major", "claim": "No test." }] })
}
