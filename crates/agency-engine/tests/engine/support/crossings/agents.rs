//! The runtime, its servers and their events on the border.

use super::Fate;
use agency_domain::agents::{
    AgentEvent, AgentEvents, AgentRuntime, AgentServer, Prompt, RunReport, RuntimeError, RuntimeState, ServerRequest,
};
use agency_domain::pipelines::EventLog;
use agency_domain::testing::MemoryStore;
use agency_domain::testing::checker::SeenPrompt;
use agency_domain::{MessageId, PipelineId, SessionId};
use async_trait::async_trait;
use serde_json::Value;
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

    async fn start(&self, request: ServerRequest) -> Result<Arc<dyn AgentServer>, RuntimeError> {
        let inner = self.fate.cross("runtime.start", self.inner.start(request)).await?;
        Ok(Arc::new(KilledServer { inner, fate: self.fate.clone(), store: self.store.clone(), seen: self.seen.clone() }))
    }

    async fn forget(&self, pipeline: PipelineId) -> Result<u64, RuntimeError> {
        self.fate.cross("runtime.forget", self.inner.forget(pipeline)).await
    }

    async fn reap(&self, pipeline: Option<PipelineId>) -> Result<usize, RuntimeError> {
        let whose = if pipeline.is_some() { "runtime.reap one" } else { "runtime.reap all" };
        self.fate.cross(whose, self.inner.reap(pipeline)).await
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
