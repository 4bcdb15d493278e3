//! A runtime whose agent performs one play for each prompt.

use super::FakeRepositories;
use agency_domain::agents::{
    Agent, AgentEvent, AgentEvents, AgentRuntime, AgentServer, BootedServer, Prompt, RunEnd, RunReport, RuntimeError, RuntimeState,
    ServerRequest, ToolState,
};
use agency_domain::pipelines::FailureClass;
use agency_domain::{Cost, MessageId, PipelineId, QuestionId, SessionId, Tokens, Usage};
use agency_engine::{Engine, SubmitAnswer};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::mpsc;

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
    /// Uses so many tokens in a model call, and goes on.
    Spend(u64),
    /// The same, in several calls one after the other.
    SpendEach(Vec<u64>),
    /// Calls one tool with the same input, again and again.
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
        Ok(Arc::new(FakeServer {
            inner: self.inner.clone(),
            request: self.request.clone(),
            worktree: worktree.to_owned(),
            sessions: Mutex::default(),
            reports: Mutex::default(),
            asking: Mutex::default(),
        }))
    }
}

impl Drop for FakeBooted {
    fn drop(&mut self) {
        if !self.entered {
            self.inner.stopped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

struct FakeServer {
    inner: Arc<Inner>,
    request: ServerRequest,
    worktree: PathBuf,
    sessions: Mutex<HashMap<String, mpsc::UnboundedSender<AgentEvent>>>,
    reports: Mutex<HashMap<String, RunReport>>,
    /// The prompt that waits for an answer, and what is handed off then.
    asking: Mutex<Option<(Prompt, Value)>>,
}

struct FakeEvents(mpsc::UnboundedReceiver<AgentEvent>);

#[async_trait]
impl AgentEvents for FakeEvents {
    async fn next(&mut self) -> Option<AgentEvent> {
        self.0.recv().await
    }
}

fn usage() -> Usage {
    Usage { tokens: Tokens { input: 100, output: 20, ..Tokens::default() }, cost: Cost::Known(0.25) }
}

fn report(end: RunEnd, reply: &str) -> RunReport {
    RunReport { end, reply: reply.to_owned(), usage: usage(), commands: Vec::new() }
}

impl FakeServer {
    fn emit(&self, session: &SessionId, event: AgentEvent) {
        if let Some(events) = self.sessions.lock().unwrap().get(session.as_str()) {
            let _ = events.send(event);
        }
    }

    /// Whether it is taken as it is.
    fn hand_off(&self, arguments: &Value) -> bool {
        let engine = self.inner.engine.get().unwrap();
        let answer = engine.submit_handoff(self.request.pipeline_id, &self.request.handoff_tool.as_ref().unwrap().secret, arguments);
        assert!(!matches!(answer, SubmitAnswer::Denied), "the secret opens the desk");
        let taken = matches!(answer, SubmitAnswer::Accepted(_));
        self.inner.answers.lock().unwrap().push(answer);
        taken
    }

    fn spend(&self, prompt: &Prompt, calls: &[u64]) -> RunReport {
        for tokens in calls {
            let usage = Usage { tokens: Tokens { input: *tokens, ..Tokens::default() }, cost: Cost::Known(0.0) };
            self.emit(&prompt.session, AgentEvent::ModelCallFinished { reason: "tool-calls".into(), usage });
        }
        report(RunEnd::Running, "")
    }

    fn perform(&self, prompt: &Prompt, play: &Play) -> RunReport {
        let say = |text: &str| {
            self.emit(&prompt.session, AgentEvent::Text { part: format!("p-{}", prompt.message), reasoning: false, delta: text.into() });
        };
        match play {
            Play::HandOff(arguments) => {
                say("Handing off.");
                self.hand_off(arguments);
                report(RunEnd::Finished, "Handing off.")
            }
            Play::HandOffs(all) => {
                all.iter().any(|arguments| self.hand_off(arguments));
                report(RunEnd::Finished, "")
            }
            Play::Write(file, arguments) => {
                self.inner.repositories.change(&self.worktree, file);
                self.hand_off(arguments);
                report(RunEnd::Finished, "")
            }
            Play::WriteAndSay(file, text) => {
                self.inner.repositories.change(&self.worktree, file);
                report(RunEnd::Finished, text)
            }
            Play::Say(text) => {
                say(text);
                report(RunEnd::Finished, text)
            }
            Play::Fail(class) => report(RunEnd::Failed { class: *class, message: "the provider refused".into() }, ""),
            Play::Hang => {
                self.inner.repositories.change(&self.worktree, "half.txt");
                report(RunEnd::Running, "")
            }
            Play::BreakOff => {
                for _ in 0..3 {
                    self.emit(&prompt.session, AgentEvent::ModelCallFinished { reason: "unknown".into(), usage: Usage::default() });
                }
                report(RunEnd::Running, "")
            }
            Play::Ask(arguments) => {
                *self.asking.lock().unwrap() = Some((prompt.clone(), arguments.clone()));
                let permission = AgentEvent::PermissionAsked {
                    id: "per_1".into(),
                    permission: "bash".into(),
                    patterns: vec!["make deploy".into()],
                    detail: String::new(),
                };
                self.emit(&prompt.session, permission);
                report(RunEnd::Running, "")
            }
            Play::Spend(tokens) => self.spend(prompt, &[*tokens]),
            Play::SpendEach(calls) => self.spend(prompt, calls),
            Play::Repeat => {
                for number in 0..5 {
                    let call = AgentEvent::Tool {
                        part: format!("p-{number}"),
                        tool: "bash".into(),
                        state: ToolState::Completed,
                        input: json!({ "command": "ls" }),
                        title: String::new(),
                        output: String::new(),
                        diff: None,
                    };
                    self.emit(&prompt.session, call);
                }
                report(RunEnd::Running, "")
            }
            Play::Die => {
                self.sessions.lock().unwrap().clear();
                report(RunEnd::Running, "")
            }
        }
    }
}

#[async_trait]
impl AgentServer for FakeServer {
    fn version(&self) -> String {
        "1.18.33".into()
    }

    async fn events(&self, session: &SessionId) -> Result<Box<dyn AgentEvents>, RuntimeError> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.sessions.lock().unwrap().insert(session.to_string(), sender);
        Ok(Box::new(FakeEvents(receiver)))
    }

    async fn open_session(&self, _title: &str, _permissions: Option<&Value>) -> Result<SessionId, RuntimeError> {
        Ok(SessionId::parse(&format!("ses_{}", self.inner.messages.fetch_add(1, Ordering::SeqCst))).unwrap())
    }

    fn new_message_id(&self) -> MessageId {
        MessageId::parse(&format!("msg_{}", self.inner.messages.fetch_add(1, Ordering::SeqCst))).unwrap()
    }

    async fn prompt(&self, prompt: &Prompt) -> Result<(), RuntimeError> {
        self.inner.prompts.lock().unwrap().push(prompt.clone());
        let play = (self.inner.script)(prompt);
        let report = self.perform(prompt, &play);
        self.reports.lock().unwrap().insert(prompt.message.to_string(), report.clone());
        if report.end != RunEnd::Running {
            self.emit(&prompt.session, AgentEvent::Idle);
        }
        Ok(())
    }

    async fn report(&self, _session: &SessionId, messages: &[MessageId]) -> Result<RunReport, RuntimeError> {
        Ok(self.reports.lock().unwrap()[messages.last().unwrap().as_str()].clone())
    }

    async fn answer_permission(&self, id: &str, answer: Result<(), String>) -> Result<(), RuntimeError> {
        let (prompt, arguments) = self.asking.lock().unwrap().take().expect("something was asked");
        assert_eq!(id, "per_1");
        let text = answer.map_or_else(|reason| format!("denied: {reason}"), |()| "allowed".to_owned());
        self.emit(&prompt.session, AgentEvent::TextDone { part: "p-answer".into(), reasoning: false, text });
        self.hand_off(&arguments);
        self.reports.lock().unwrap().insert(prompt.message.to_string(), report(RunEnd::Finished, ""));
        self.emit(&prompt.session, AgentEvent::Idle);
        Ok(())
    }

    async fn answer_question(&self, _id: &str, _answer: Option<&str>) -> Result<(), RuntimeError> {
        Ok(())
    }

    async fn abort(&self, _session: &SessionId) -> Result<(), RuntimeError> {
        Ok(())
    }

    async fn memory_bytes(&self) -> Option<u64> {
        Some(self.inner.memory.load(Ordering::SeqCst))
    }

    async fn stop(&self) {
        self.inner.stopped.fetch_add(1, Ordering::SeqCst);
    }
}
