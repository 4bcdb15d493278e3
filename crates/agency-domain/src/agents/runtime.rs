//! The port to OpenCode, in our words.
//!
//! One [`AgentServer`] is a private server process for one pipeline. Its events are hints; the truth is what [`AgentServer::report`] reads
//! from the session afterwards.

use super::Agent;
use crate::attachments::AttachedFile;
use crate::{MessageId, ModelName, PipelineId, QuestionId, SessionId, Timestamp, Usage};
use async_trait::async_trait;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// What is known of the runtime on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeState {
    pub path: Option<PathBuf>,
    pub version: Option<String>,
    /// Whether this version is one that we drive.
    pub supported: bool,
    /// For people: `1.18.x`.
    pub supported_versions: &'static str,
    /// One or two sentences with the command.
    pub how_to_install: String,
    /// Whether a provider (a configuration or a stored key) was found.
    pub provider_configured: bool,
    /// `model` of the user's configuration.
    pub default_model: Option<ModelName>,
    pub running: Vec<RunningServer>,
}

/// A server of ours that runs now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningServer {
    pub pipeline_id: PipelineId,
    /// The question that it answers, where it is not the run's own.
    pub question_id: Option<QuestionId>,
    pub pid: u32,
    pub started_at: Timestamp,
}

/// What to start a server for.
#[derive(Debug, Clone)]
pub struct ServerRequest {
    pub pipeline_id: PipelineId,
    /// A question about finished work has a server apart from the run's, with a mark and a home of its own.
    pub question: Option<QuestionId>,
    /// Every agent that a step of the chain names.
    pub agents: Vec<Agent>,
    /// Whether a step asks for the scripted model of the demo.
    pub scripted: bool,
    /// `None` where nothing is to be handed off.
    pub handoff_tool: Option<HandoffTool>,
}

/// Where the MCP server `agency` with the tool `submit_handoff` answers for this pipeline.
#[derive(Debug, Clone)]
pub struct HandoffTool {
    pub url: String,
    /// Sent as `Authorization: Bearer …`; never logged.
    pub secret: String,
}

/// One prompt. The ids are ours, so that they can be stored before it is sent.
#[derive(Debug, Clone)]
pub struct Prompt {
    pub session: SessionId,
    pub message: MessageId,
    pub agent: crate::AgentName,
    /// `None`: the configuration's default.
    pub model: Option<ModelName>,
    pub text: String,
    /// Sent beside the text.
    pub files: Vec<AttachedFile>,
}

/// Starts servers and cleans up after them.
#[async_trait]
pub trait AgentRuntime: Send + Sync {
    /// What is installed and configured. Cheap enough for each page load.
    async fn state(&self) -> RuntimeState;

    /// Starts a private server and returns once it answers and refuses strangers (401 seen); it has seen no worktree yet, so there need be none.
    /// Processes of an earlier server of the same pipeline, or question, are ended first; a check of it that runs is not. What is given up half-way,
    /// or dropped, is ended.
    async fn boot(&self, request: ServerRequest) -> Result<Box<dyn BootedServer>, RuntimeError>;

    /// Boots a server and lets it into a worktree that is there.
    async fn start(&self, request: ServerRequest, worktree: &Path) -> Result<Arc<dyn AgentServer>, RuntimeError> {
        self.boot(request).await?.enter(worktree).await
    }

    /// Removes what servers of this pipeline kept (sessions, logs, copies of keys), and answers how many bytes that were. No server of it may run.
    async fn forget(&self, pipeline: PipelineId) -> Result<u64, RuntimeError>;

    /// Ends every process of a question's server and removes what it kept. Nothing there is nothing to do.
    async fn forget_question(&self, question: QuestionId) -> Result<(), RuntimeError>;

    /// Ends every process that carries the mark of this pipeline (servers and what their tools started), and answers how many there were.
    /// `None`: of every pipeline of this data directory, whatever server process started them.
    async fn reap(&self, pipeline: Option<PipelineId>) -> Result<usize, RuntimeError>;
}

/// A server that answers and has no worktree yet.
#[async_trait]
pub trait BootedServer: Send {
    /// Lets it into a worktree, which must exist, and returns once it knows every agent and offers the hand-off tool, where there is one.
    /// On a failure it is ended.
    async fn enter(self: Box<Self>, worktree: &Path) -> Result<Arc<dyn AgentServer>, RuntimeError>;
}

/// One private server.
#[async_trait]
pub trait AgentServer: Send + Sync {
    /// The version that answered.
    fn version(&self) -> String;

    /// Events of one session and its children, from now on. Subscribe before prompting.
    async fn events(&self, session: &SessionId) -> Result<Box<dyn AgentEvents>, RuntimeError>;

    /// A new session, titled. On the session itself go `permissions` (a map in OpenCode's form, whose order matters, of this step alone), and
    /// behind them the hard denials (subagents, and commands that no file can allow).
    async fn open_session(&self, title: &str, permissions: Option<&Value>) -> Result<SessionId, RuntimeError>;

    /// A fresh message id that sorts after all earlier ones.
    fn new_message_id(&self) -> MessageId;

    /// Sends a prompt and returns once the server has the message. Sending the same id again is harmless. While a run is under way in the session,
    /// it is read after the model's current turn.
    async fn prompt(&self, prompt: &Prompt) -> Result<(), RuntimeError>;

    /// Reads from the session itself what has become of a prompt and of what was said after it: `messages` are their ids, oldest first, at least
    /// one. The end is that of the newest; text, usage (child sessions' too) and commands are of all of them.
    async fn report(&self, session: &SessionId, messages: &[MessageId]) -> Result<RunReport, RuntimeError>;

    /// Allows a permission once, or denies it with a message that the model reads (it then goes on).
    async fn answer_permission(&self, id: &str, answer: Result<(), String>) -> Result<(), RuntimeError>;

    /// Answers a question with a text, or rejects it, which ends the run.
    async fn answer_question(&self, id: &str, answer: Option<&str>) -> Result<(), RuntimeError>;

    /// Stops a run and returns once the session is idle; fails as `Unconfirmed` where it does not become idle in time.
    async fn abort(&self, session: &SessionId) -> Result<(), RuntimeError>;

    /// Bytes of memory that the server and its child processes use; `None` where the system does not say.
    async fn memory_bytes(&self) -> Option<u64>;

    /// Ends the server and every process that carries its mark, apart from checks. Idempotent.
    async fn stop(&self);
}

/// The events of a session, in order.
#[async_trait]
pub trait AgentEvents: Send {
    /// The next event; `None` once the stream is gone for good (then the server is lost). Dropping the future loses nothing.
    async fn next(&mut self) -> Option<AgentEvent>;
}

/// A hint of what goes on in a session.
#[derive(Debug, Clone, PartialEq)]
pub enum AgentEvent {
    /// More text of a part (`reasoning` tells thinking from speech).
    Text { part: String, reasoning: bool, delta: String },
    /// A part of text or reasoning is complete; `text` is all of it, of which `Text` may have told less. No more of it follows.
    TextDone {
        part: String,
        reasoning: bool,
        text: String,
        /// Milliseconds from its first piece to its last, by OpenCode's clock; `None` where it does not say.
        took_ms: Option<u64>,
    },
    /// A tool call changed its state.
    Tool {
        part: String,
        tool: String,
        state: ToolState,
        input: Value,
        title: String,
        output: String,
        diff: Option<String>,
        /// Milliseconds from its beginning to its end, by OpenCode's clock, the wait for a permission included; `None` before its end.
        took_ms: Option<u64>,
    },
    /// One call of the model ended. `reason` is the provider's: `stop`, `tool-calls`, `length`, `unknown`, …
    ModelCallFinished { reason: String, usage: Usage },
    PermissionAsked {
        id: String,
        permission: String,
        patterns: Vec<String>,
        /// What OpenCode would allow from then on, were it to remember the answer.
        always: Vec<String>,
        detail: String,
    },
    QuestionAsked {
        id: String,
        text: String,
        /// The answers that it offers, if any.
        options: Vec<String>,
    },
    /// A prompt's run is over, though events of it may still be on their way. Not every run's end is told like this: [`AgentEvent::Idle`] is.
    Answered,
    /// The provider refused and OpenCode tries again at `next`.
    Retrying { attempt: u32, message: String, next: Option<Timestamp> },
    /// An error of the session. Not the end: wait for `Idle` and then ask for the report.
    SessionError { name: String, message: String },
    /// The session rests: look now.
    Idle,
    /// The stream had a gap: some events may be missing, look at the report.
    Gap,
    /// Something went on that is not shown (a child session works): the run makes progress. Never sent for a mere heartbeat.
    Alive,
}

/// State of a tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolState {
    Pending,
    Running,
    Completed,
    Failed,
}

/// What has become of a prompt, read from the session.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReport {
    pub end: RunEnd,
    /// All text that the assistant said in answer to this prompt, in order.
    pub reply: String,
    /// Of this prompt alone, child sessions included.
    pub usage: Usage,
    /// Shell commands that ran, in order, with their exit codes where known.
    pub commands: Vec<(String, Option<i64>)>,
}

/// How a prompt's run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEnd {
    /// Still going on.
    Running,
    /// The model stopped by itself.
    Finished,
    /// The model stopped for another reason (`length`, `tool-calls` after a rejection, `unknown`, …) or said nothing.
    Incomplete { reason: String },
    /// The provider or the session failed.
    Failed { class: crate::pipelines::FailureClass, message: String },
    /// Neither finished nor running: the server was restarted under it.
    Interrupted,
    /// The session does not know the message.
    Unknown,
}

/// What can go wrong with the runtime.
#[derive(Debug, Error)]
pub enum RuntimeError {
    /// Not installed, or a version that we do not drive; the text says what to do.
    #[error("OpenCode cannot be used: {0}")]
    Unusable(String),
    /// The server did not start or did not become ready; the text carries the end of its log.
    #[error("OpenCode did not start: {0}")]
    Start(String),
    /// The server is gone or does not answer; a new server may.
    #[error("the OpenCode server is lost: {0}")]
    Lost(String),
    /// The server refused a request.
    #[error("OpenCode refused: {0}")]
    Refused(String),
    /// The server answered something that we do not understand.
    #[error("OpenCode answered something unexpected: {0}")]
    Protocol(String),
    /// An abort was not confirmed in time: replace the server.
    #[error("the abort was not confirmed in time")]
    Unconfirmed,
}
