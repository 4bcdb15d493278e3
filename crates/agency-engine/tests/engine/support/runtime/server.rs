//! A server whose sessions do at once what their plays say.

use super::{Inner, Play};
use agency_domain::agents::{AgentEvent, AgentEvents, AgentServer, Prompt, RunEnd, RunReport, RuntimeError, ServerRequest, ToolState};
use agency_domain::{Cost, MessageId, SessionId, Tokens, Usage};
use agency_engine::SubmitAnswer;
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

pub(super) struct FakeServer {
    inner: Arc<Inner>,
    request: ServerRequest,
    worktree: PathBuf,
    sessions: Mutex<HashMap<String, mpsc::UnboundedSender<AgentEvent>>>,
    reports: Mutex<HashMap<String, RunReport>>,
    /// The prompt that waits for answers, what is handed off after the last, and how many are open.
    asking: Mutex<Option<(Prompt, Value, usize)>>,
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
    pub(super) fn new(inner: Arc<Inner>, request: ServerRequest, worktree: &Path) -> Self {
        Self {
            inner,
            request,
            worktree: worktree.to_owned(),
            sessions: Mutex::default(),
            reports: Mutex::default(),
            asking: Mutex::default(),
        }
    }

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

    /// For each of the commands, at once; it hands off once all are answered.
    fn ask(&self, prompt: &Prompt, arguments: &Value, commands: &[&str]) -> RunReport {
        *self.asking.lock().unwrap() = Some((prompt.clone(), arguments.clone(), commands.len()));
        for (number, command) in commands.iter().enumerate() {
            let permission = AgentEvent::PermissionAsked {
                id: format!("per_{number}"),
                permission: "bash".into(),
                patterns: vec![(*command).into()],
                always: vec!["make *".into()],
                detail: String::new(),
            };
            self.emit(&prompt.session, permission);
        }
        report(RunEnd::Running, "")
    }

    fn spend(&self, prompt: &Prompt, calls: &[u64]) -> RunReport {
        for tokens in calls {
            let usage = Usage { tokens: Tokens { input: *tokens, ..Tokens::default() }, cost: Cost::Known(0.0) };
            self.emit(&prompt.session, AgentEvent::ModelCallFinished { reason: "tool-calls".into(), usage });
        }
        report(RunEnd::Running, "")
    }

    fn repeat(&self, prompt: &Prompt) {
        let thought =
            AgentEvent::TextDone { part: "p-thought".into(), reasoning: true, text: "What is there?".into(), took_ms: Some(3_400) };
        self.emit(&prompt.session, thought);
        for number in 0..5 {
            for (state, took_ms) in [(ToolState::Running, None), (ToolState::Completed, Some(1_200))] {
                let call = AgentEvent::Tool {
                    part: format!("p-{number}"),
                    tool: "bash".into(),
                    state,
                    input: json!({ "command": "ls" }),
                    title: String::new(),
                    output: String::new(),
                    diff: None,
                    took_ms,
                };
                self.emit(&prompt.session, call);
            }
        }
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
            Play::Tell(pieces) => {
                pieces.iter().for_each(|piece| say(piece));
                report(RunEnd::Running, "")
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
            Play::Ask(arguments) => self.ask(prompt, arguments, &["make deploy"]),
            Play::AskEach(commands, arguments) => self.ask(prompt, arguments, commands),
            Play::Spend(tokens) => self.spend(prompt, &[*tokens]),
            Play::SpendEach(calls) => self.spend(prompt, calls),
            Play::Repeat => {
                self.repeat(prompt);
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
        let (prompt, arguments, open) = self.asking.lock().unwrap().take().expect("something was asked");
        let text = answer.map_or_else(|reason| format!("denied: {reason}"), |()| "allowed".to_owned());
        self.emit(&prompt.session, AgentEvent::TextDone { part: format!("p-answer-{id}"), reasoning: false, text, took_ms: None });
        if open > 1 {
            *self.asking.lock().unwrap() = Some((prompt, arguments, open - 1));
            return Ok(());
        }
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
