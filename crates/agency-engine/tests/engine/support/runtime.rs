//! A runtime whose agent performs one play for each prompt.

mod server;

use super::FakeRepositories;
use agency_domain::agents::{Agent, AgentRuntime, AgentServer, BootedServer, Prompt, RuntimeError, RuntimeState, ServerRequest};
use agency_domain::pipelines::FailureClass;
use agency_domain::{PipelineId, QuestionId};
use agency_engine::{Engine, SubmitAnswer};
use async_trait::async_trait;
use serde_json::Value;
use server::FakeServer;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// What the agent does with one prompt.
pub(crate) enum Play {
    /// Submits this and rests.
    HandOff(Value),
    /// Submits one after the other, as long as the tool asks for more.
    HandOffs(Vec<Value>),
    /// Writes a file, submits this and rests.
    Write(&'static str, Value),
    /// Writes a file and says this, where nothing can be handed off.
    WriteAndSay(&'static str, &'static str),
    /// Says this and rests, without the tool.
    Say(&'static str),
    /// Says this piece by piece, and goes on.
    Tell(Vec<&'static str>),
    /// The provider fails.
    Fail(FailureClass),
    /// Writes a file and then nothing more comes.
    Hang,
    /// Its answers break off again and again.
    BreakOff,
    /// The server dies.
    Die,
    /// Asks for a permission, and submits this once it has the answer.
    Ask(Value),
    /// Asks for several commands at once, and hands off once each is answered.
    AskEach(&'static [&'static str], Value),
    /// Uses so many tokens in a model call, and goes on.
    Spend(u64),
    /// The same, in several calls one after the other.
    SpendEach(Vec<u64>),
    /// Thinks, and calls one tool with the same input, again and again.
    Repeat,
}

pub(crate) struct FakeRuntime {
    inner: Arc<Inner>,
}

/// What the agent does with a prompt.
type Script = Box<dyn Fn(&Prompt) -> Play + Send + Sync>;

struct Inner {
    script: Script,
    repositories: Arc<FakeRepositories>,
    engine: OnceLock<Engine>,
    prompts: Mutex<Vec<Prompt>>,
    messages: AtomicU32,
    agents: Mutex<Vec<Vec<Agent>>>,
    answers: Mutex<Vec<SubmitAnswer>>,
    servers: AtomicU32,
    stopped: AtomicU32,
    /// Of each server.
    memory: AtomicU64,
    /// Questions whose servers were put away.
    forgotten: Mutex<Vec<QuestionId>>,
}

impl FakeRuntime {
    pub(crate) fn new(plays: Vec<Play>, repositories: Arc<FakeRepositories>) -> Self {
        let plays: Mutex<VecDeque<Play>> = Mutex::new(plays.into());
        Self::following(Box::new(move |_| plays.lock().unwrap().pop_front().expect("a play for each prompt")), repositories, 0)
    }

    /// One that asks what to do at each prompt, and gives ids from `first_id` on.
    pub(crate) fn following(script: Script, repositories: Arc<FakeRepositories>, first_id: u32) -> Self {
        let inner = Inner {
            script,
            repositories,
            engine: OnceLock::new(),
            prompts: Mutex::default(),
            messages: AtomicU32::new(first_id),
            agents: Mutex::default(),
            answers: Mutex::default(),
            servers: AtomicU32::new(0),
            stopped: AtomicU32::new(0),
            memory: AtomicU64::new(0),
            forgotten: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Hand-offs go to this engine's desk.
    pub(crate) fn join(&self, engine: Engine) {
        let _ = self.inner.engine.set(engine);
    }

    /// Every prompt that was sent.
    pub(crate) fn prompts(&self) -> Vec<Prompt> {
        self.inner.prompts.lock().unwrap().clone()
    }

    /// What the hand-off tool answered.
    pub(crate) fn answers(&self) -> Vec<SubmitAnswer> {
        self.inner.answers.lock().unwrap().clone()
    }

    /// The agents that each server was started with.
    pub(crate) fn agents(&self) -> Vec<Vec<Agent>> {
        self.inner.agents.lock().unwrap().clone()
    }

    /// From now on each server says that it uses so much memory.
    pub(crate) fn use_memory(&self, bytes: u64) {
        self.inner.memory.store(bytes, Ordering::SeqCst);
    }

    pub(crate) fn forgotten(&self) -> Vec<QuestionId> {
        self.inner.forgotten.lock().unwrap().clone()
    }

    /// Servers started and stopped.
    pub(crate) fn servers(&self) -> (u32, u32) {
        (self.inner.servers.load(Ordering::SeqCst), self.inner.stopped.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl AgentRuntime for FakeRuntime {
    async fn state(&self) -> RuntimeState {
        RuntimeState {
            path: Some("/opencode".into()),
            version: Some("1.18.33".into()),
            supported: true,
            supported_versions: "1.18.x",
            how_to_install: String::new(),
            provider_configured: true,
            default_model: None,
            running: Vec::new(),
        }
    }

    async fn boot(&self, request: ServerRequest) -> Result<Box<dyn BootedServer>, RuntimeError> {
        self.inner.servers.fetch_add(1, Ordering::SeqCst);
        self.inner.agents.lock().unwrap().push(request.agents.clone());
        Ok(Box::new(FakeBooted { inner: self.inner.clone(), request, entered: false }))
    }

    async fn forget(&self, _pipeline: PipelineId) -> Result<u64, RuntimeError> {
        Ok(0)
    }

    async fn forget_question(&self, question: QuestionId) -> Result<(), RuntimeError> {
        self.inner.forgotten.lock().unwrap().push(question);
        Ok(())
    }

    async fn reap(&self, _pipeline: Option<PipelineId>) -> Result<usize, RuntimeError> {
        Ok(0)
    }
}

struct FakeBooted {
    inner: Arc<Inner>,
    request: ServerRequest,
    entered: bool,
}

#[async_trait]
impl BootedServer for FakeBooted {
    async fn enter(mut self: Box<Self>, worktree: &Path) -> Result<Arc<dyn AgentServer>, RuntimeError> {
        self.entered = true;
        Ok(Arc::new(FakeServer::new(self.inner.clone(), self.request.clone(), worktree)))
    }
}

impl Drop for FakeBooted {
    fn drop(&mut self) {
        if !self.entered {
            self.inner.stopped.fetch_add(1, Ordering::SeqCst);
        }
    }
}
