//! One private server: the port `AgentServer`.

use super::reporting;
use super::runs::Runs;
use super::starting::Ready;
use crate::client::{Client, ClientError, NewSession, PromptBody};
use crate::hub::Hub;
use crate::messages::MessageIds;
use crate::permissions;
use crate::process::{ServerProcess, memory_of_tree};
use agency_domain::agents::{AgentEvents, AgentServer, Prompt, RunReport, RunningServer, RuntimeError};
use agency_domain::{MessageId, PipelineId, QuestionId, SessionId, Timestamp};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A message was always readable right after the prompt was accepted; this is for a busy machine.
const MESSAGE_WITHIN: Duration = Duration::from_secs(5);
/// How long the event stream may take to tell of a message before the server is asked, which costs the run some milliseconds: a server does
/// one thing at a time.
const TOLD_WITHIN: Duration = Duration::from_millis(500);
/// An abort takes less than half a second, unless the server is stuck.
const IDLE_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A server process with its client and its events.
pub(super) struct PrivateServer {
    process: ServerProcess,
    client: Arc<Client>,
    hub: Hub,
    version: String,
    agents: Vec<String>,
    started_at: Timestamp,
    ids: MessageIds,
    runs: Runs,
}

impl PrivateServer {
    pub(super) fn new(process: ServerProcess, ready: Ready) -> Self {
        Self {
            process,
            client: ready.client,
            hub: ready.hub,
            version: ready.version,
            agents: ready.agents,
            started_at: Timestamp::now(),
            ids: MessageIds::default(),
            runs: Runs::default(),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        !self.process.has_exited()
    }

    pub(super) fn running(&self, pipeline_id: PipelineId, question_id: Option<QuestionId>) -> RunningServer {
        RunningServer { pipeline_id, question_id, pid: self.process.pid(), started_at: self.started_at }
    }

    /// A call to a process that has ended fails in many ways, which all mean this.
    fn or_lost(&self, error: ClientError) -> RuntimeError {
        if self.is_running() { error.into() } else { RuntimeError::Lost("its process ended".into()) }
    }

    /// Sends a prompt and returns once the server has it. The request stays open until the run ends. Nobody waits for its answer, which tells
    /// less than the event stream has told by then, but that the run has ended it tells first.
    async fn deliver(&self, prompt: &Prompt) -> Result<(), RuntimeError> {
        let (client, sent, answered) = (Arc::clone(&self.client), prompt.clone(), self.hub.on_answer(&prompt.session, &prompt.message));
        let mut delivery = tokio::spawn(async move {
            let body = PromptBody {
                message: &sent.message,
                agent: sent.agent.as_str(),
                model: sent.model.as_ref(),
                text: &sent.text,
                files: &sent.files,
            };
            client.run(&sent.session, &body).await.map(answered)
        });
        let mut is_open = true;
        let deadline = Instant::now() + MESSAGE_WITHIN;
        loop {
            tokio::select! {
                kept = self.hub.until_kept(&prompt.message, TOLD_WITHIN) => if kept {
                    return Ok(());
                },
                ended = &mut delivery, if is_open => match ended {
                    Ok(Ok(())) => return Ok(()),
                    // Without an answer it may have arrived all the same.
                    Ok(Err(ClientError::Unreachable(_))) | Err(_) => is_open = false,
                    Ok(Err(error)) => return Err(self.or_lost(error)),
                },
            }
            if self.client.has_message(&prompt.session, &prompt.message).await.map_err(|error| self.or_lost(error))? {
                return Ok(());
            }
            if let Some((_name, message)) = self.hub.error(prompt.session.as_str()) {
                return Err(RuntimeError::Refused(message));
            }
            if Instant::now() > deadline {
                return Err(RuntimeError::Lost("it took a prompt and does not keep it".into()));
            }
        }
    }
}

#[async_trait]
impl AgentServer for PrivateServer {
    fn version(&self) -> String {
        self.version.clone()
    }

    async fn events(&self, session: &SessionId) -> Result<Box<dyn AgentEvents>, RuntimeError> {
        match self.hub.follow(session.as_str()) {
            Some(follower) => Ok(Box::new(follower)),
            None => Err(RuntimeError::Lost("it gives no events any more".into())),
        }
    }

    async fn open_session(&self, title: &str, permissions: Option<&Value>) -> Result<SessionId, RuntimeError> {
        let rules = permissions::of_session(permissions).map_err(RuntimeError::Refused)?;
        let id = self.client.create_session(&NewSession { title, rules: &rules }).await.map_err(|error| self.or_lost(error))?;
        SessionId::parse(&id).map_err(|error| RuntimeError::Protocol(error.to_string()))
    }

    fn new_message_id(&self) -> MessageId {
        self.ids.next(u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0))
    }

    async fn prompt(&self, prompt: &Prompt) -> Result<(), RuntimeError> {
        if !self.agents.iter().any(|agent| agent == prompt.agent.as_str()) {
            // It would take the prompt, and neither keep nor answer it.
            return Err(RuntimeError::Refused(format!("there is no agent {}", prompt.agent)));
        }
        // The same id again would add to the message rather than be recognised.
        if !self.ids.use_first(&prompt.message)
            && self.client.has_message(&prompt.session, &prompt.message).await.map_err(|error| self.or_lost(error))?
        {
            return Ok(());
        }
        let tampered = self.hub.forget(prompt.session.as_str());
        self.runs.begin(&prompt.session, &prompt.message, tampered);
        self.deliver(prompt).await
    }

    async fn report(&self, session: &SessionId, messages: &[MessageId]) -> Result<RunReport, RuntimeError> {
        let run = self.runs.of(session, messages);
        let report = reporting::report(&self.client, &self.hub, session, messages, run.as_ref()).await;
        report.map_err(|error| self.or_lost(error))
    }

    async fn answer_permission(&self, id: &str, answer: Result<(), String>) -> Result<(), RuntimeError> {
        let body = match answer {
            Ok(()) => json!({ "reply": "once" }),
            Err(message) => json!({ "reply": "reject", "message": message }),
        };
        if body["reply"] == "once" {
            self.hub.will_grant(id);
        }
        self.already_answered_is_fine(self.client.reply_permission(path_segment(id)?, &body).await)
    }

    async fn answer_question(&self, id: &str, answer: Option<&str>) -> Result<(), RuntimeError> {
        let id = path_segment(id)?;
        let answered = match answer {
            Some(text) => self.reply_to_all(id, text).await,
            None => self.client.reject_question(id).await,
        };
        self.already_answered_is_fine(answered)
    }

    async fn abort(&self, session: &SessionId) -> Result<(), RuntimeError> {
        self.runs.abort(session);
        let stopped = tokio::time::timeout(IDLE_WITHIN, self.stopped(session)).await;
        stopped.unwrap_or(Err(RuntimeError::Unconfirmed))
    }

    async fn memory_bytes(&self) -> Option<u64> {
        let pid = self.process.pid();
        tokio::task::spawn_blocking(move || memory_of_tree(pid)).await.ok().flatten()
    }

    async fn stop(&self) {
        self.process.stop().await;
    }
}

impl PrivateServer {
    /// Asks for an abort until it is taken, and returns when the session rests.
    async fn stopped(&self, session: &SessionId) -> Result<(), RuntimeError> {
        let mut is_asked = false;
        loop {
            if !self.is_running() {
                return Err(RuntimeError::Lost("its process ended".into()));
            }
            is_asked = is_asked || self.client.abort(session).await.is_ok();
            let rests = self.client.status().await.is_ok_and(|status| status.get(session.as_str()).is_none());
            if is_asked && rests {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// A request may hold several questions, and wants an answer to each.
    async fn reply_to_all(&self, id: &str, text: &str) -> Result<(), ClientError> {
        let open = self.client.questions().await?;
        match open.iter().find(|request| request["id"] == id) {
            Some(request) => {
                let questions = request["questions"].as_array().map_or(1, Vec::len);
                self.client.reply_question(id, &vec![vec![text]; questions]).await
            }
            // It was answered meanwhile, or its run was stopped.
            None => Ok(()),
        }
    }

    fn already_answered_is_fine(&self, answered: Result<(), ClientError>) -> Result<(), RuntimeError> {
        match answered {
            Err(error) if !error.is_not_found() => Err(self.or_lost(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Ids of requests come from events, and go into paths.
fn path_segment(id: &str) -> Result<&str, RuntimeError> {
    let fits = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if fits { Ok(id) } else { Err(RuntimeError::Protocol(format!("{id:?} is no id of a request"))) }
}
