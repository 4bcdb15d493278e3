//! The runtime, its servers and their events on the border.

use super::Fate;
use agency_domain::agents::{
    AgentEvent, AgentEvents, AgentRuntime, AgentServer, BootedServer, Prompt, RunReport, RuntimeError, RuntimeState, ServerRequest,
};
use agency_domain::pipelines::EventLog;
use agency_domain::testing::MemoryStore;
use agency_domain::testing::checker::SeenPrompt;
use agency_domain::{MessageId, PipelineId, QuestionId, SessionId};
use async_trait::async_trait;
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, Mutex};

pub(crate) struct KilledRuntime {
    pub(crate) inner: Arc<dyn AgentRuntime>,
    pub(crate) fate: Arc<Fate>,
    /// Looked at when a prompt arrives: what had been committed by then.
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) seen: Arc<Mutex<Vec<SeenPrompt>>>,
}

#[async_trait]
impl AgentRuntime for KilledRuntime {
    async fn state(&self) -> RuntimeState {
        self.inner.state().await
    }

    async fn boot(&self, request: ServerRequest) -> Result<Box<dyn BootedServer>, RuntimeError> {
        // What a question is sent belongs to no attempt.
        let seen = if request.question.is_some() { Arc::default() } else { self.seen.clone() };
        let inner = self.fate.cross("runtime.boot", self.inner.boot(request)).await?;
        Ok(Box::new(KilledBooted { inner, fate: self.fate.clone(), store: self.store.clone(), seen }))
    }

    async fn forget(&self, pipeline: PipelineId) -> Result<u64, RuntimeError> {
        self.fate.cross("runtime.forget", self.inner.forget(pipeline)).await
    }

    async fn forget_question(&self, question: QuestionId) -> Result<(), RuntimeError> {
        self.fate.cross("runtime.forget_question", self.inner.forget_question(question)).await
    }

    async fn reap(&self, pipeline: Option<PipelineId>) -> Result<usize, RuntimeError> {
        let whose = if pipeline.is_some() { "runtime.reap one" } else { "runtime.reap all" };
        self.fate.cross(whose, self.inner.reap(pipeline)).await
    }
}

struct KilledBooted {
    inner: Box<dyn BootedServer>,
    fate: Arc<Fate>,
    store: Arc<MemoryStore>,
    seen: Arc<Mutex<Vec<SeenPrompt>>>,
}

#[async_trait]
impl BootedServer for KilledBooted {
    async fn enter(self: Box<Self>, worktree: &Path) -> Result<Arc<dyn AgentServer>, RuntimeError> {
        let Self { inner, fate, store, seen } = *self;
        let inner = fate.cross("server.enter", inner.enter(worktree)).await?;
        Ok(Arc::new(KilledServer { inner, fate, store, seen }))
    }
}

struct KilledServer {
    inner: Arc<dyn AgentServer>,
    fate: Arc<Fate>,
    store: Arc<MemoryStore>,
    seen: Arc<Mutex<Vec<SeenPrompt>>>,
}

#[async_trait]
impl AgentServer for KilledServer {
    fn version(&self) -> String {
        self.inner.version()
    }

    async fn events(&self, session: &SessionId) -> Result<Box<dyn AgentEvents>, RuntimeError> {
        let inner = self.fate.cross("server.events", self.inner.events(session)).await?;
        Ok(Box::new(KilledEvents { inner, fate: self.fate.clone() }))
    }

    async fn open_session(&self, title: &str, permissions: Option<&Value>) -> Result<SessionId, RuntimeError> {
        self.fate.cross("server.open_session", self.inner.open_session(title, permissions)).await
    }

    fn new_message_id(&self) -> MessageId {
        self.inner.new_message_id()
    }

    async fn prompt(&self, prompt: &Prompt) -> Result<(), RuntimeError> {
        let arrive = async {
            let log_head = self.store.head().await.unwrap();
            let seen = SeenPrompt { session: prompt.session.clone(), message: prompt.message.clone(), log_head };
            self.seen.lock().unwrap().push(seen);
            self.inner.prompt(prompt).await
        };
        self.fate.cross("server.prompt", arrive).await
    }

    async fn report(&self, session: &SessionId, messages: &[MessageId]) -> Result<RunReport, RuntimeError> {
        self.fate.cross("server.report", self.inner.report(session, messages)).await
    }

    async fn answer_permission(&self, id: &str, answer: Result<(), String>) -> Result<(), RuntimeError> {
        self.fate.cross("server.answer_permission", self.inner.answer_permission(id, answer)).await
    }

    async fn answer_question(&self, id: &str, answer: Option<&str>) -> Result<(), RuntimeError> {
        self.fate.cross("server.answer_question", self.inner.answer_question(id, answer)).await
    }

    async fn abort(&self, session: &SessionId) -> Result<(), RuntimeError> {
        self.fate.cross("server.abort", self.inner.abort(session)).await
    }

    async fn memory_bytes(&self) -> Option<u64> {
        self.inner.memory_bytes().await
    }

    async fn stop(&self) {
        self.fate.cross("server.stop", self.inner.stop()).await;
    }
}

struct KilledEvents {
    inner: Box<dyn AgentEvents>,
    fate: Arc<Fate>,
}

#[async_trait]
impl AgentEvents for KilledEvents {
    async fn next(&mut self) -> Option<AgentEvent> {
        // To wait is no crossing, and may be given up at any time; to be told something is one.
        let event = self.inner.next().await;
        self.fate.cross("an event", async {}).await;
        event
    }
}
