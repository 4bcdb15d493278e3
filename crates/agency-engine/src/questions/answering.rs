//! One answer: the files exported, a server that can only read them, the record of the attempt as its prompt, the reply as the answer.

use crate::prompt::{Record, only_reading, question_prompt, question_role};
use crate::runner::watch::{Alarm, Watch};
use crate::use_cases::{Shared, UseCaseError};
use agency_domain::agents::{Access, Agent, AgentEvent, AgentEvents, AgentServer, Prompt, RunEnd, RunReport, RuntimeError, ServerRequest};
use agency_domain::pipelines::{Attempt, Pipeline, Question, SCRIPTED_PROVIDER, Step, StoreError};
use agency_domain::repositories::RepositoryError;
use agency_domain::templates::CatalogError;
use agency_domain::transcripts::{PartsQuery, TranscriptPart};
use agency_domain::{ModelName, SessionId, Usage};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// Silence after which the session is asked how it stands: an event may have been lost.
const LOOK_AFTER: Duration = Duration::from_secs(10);
/// Parts of a transcript that are looked at; the newest of them are shown.
const PARTS_MAX: u32 = 5_000;
/// What the model reads when it asks for what it may not do.
const DENIAL: &str = "You can only read here. Answer with what you can see.";

/// Why there is no answer.
#[derive(Debug, Error)]
pub(super) enum Unanswered {
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    UseCase(#[from] UseCaseError),
    #[error("the attempt that it is about is not there")]
    AttemptGone,
    #[error("the budget's ceiling of {0} was reached before it was answered")]
    Budget(&'static str),
    /// The session was stopped, failed, or said nothing.
    #[error("{0}")]
    NoReply(String),
    /// Nothing that it can do changes a file; should it have, its word is not taken.
    #[error("its session changed files, which it must not: {0}")]
    Changed(String),
}

impl From<StoreError> for Unanswered {
    fn from(error: StoreError) -> Self {
        Self::UseCase(error.into())
    }
}

/// A question that is being answered.
pub(super) struct Answering {
    shared: Arc<Shared>,
    pipeline: Pipeline,
    question: Question,
    /// As far as it is known.
    pub(super) usage: Usage,
}

impl Answering {
    pub(super) fn new(shared: Arc<Shared>, pipeline: Pipeline, question: Question) -> Self {
        Self { shared, pipeline, question, usage: Usage::default() }
    }

    /// The answer in Markdown. May be given up at any time; what it leaves then is put away by its id.
    pub(super) async fn answer(&mut self) -> Result<String, Unanswered> {
        let repositories = Arc::clone(&self.shared.ports.repositories);
        let (step, attempt) = self.pipeline.attempt(self.question.attempt).ok_or(Unanswered::AttemptGone)?;
        let (step, attempt) = (step.clone(), attempt.clone());
        let files = self.shared.export_of(self.question.id);
        let commit = attempt.head_commit.as_ref().unwrap_or(&attempt.base_commit);
        repositories.remove_export(&files).await?;
        repositories.export(self.pipeline.repo.as_ref(), commit, &files).await?;
        let before = repositories.list_export(&files).await?;

        let record = self.record(&attempt).await?;
        let agent = self.agent(&step, &record).await?;
        let model = attempt.model.clone().or_else(|| self.pipeline.model_for(&step).cloned());
        let server = self.server(&agent, model.as_ref(), &files).await?;
        let replied = self.converse(server.as_ref(), &step, &attempt, (agent, model), &record).await;
        server.stop().await;
        let reply = replied?;
        let changed = before.changes(&repositories.list_export(&files).await?);
        if changed.is_empty() { Ok(reply) } else { Err(Unanswered::Changed(changed.join(", "))) }
    }

    /// What is known of the attempt. The result that a fork took over was made in another pipeline.
    async fn record(&self, attempt: &Attempt) -> Result<Record, Unanswered> {
        let ports = &self.shared.ports;
        let (pipeline, source) = match (attempt.copied_from, self.pipeline.forked_from) {
            (Some(source), Some(origin)) => (origin.pipeline, source),
            (_, _) => (self.pipeline.id, attempt.id),
        };
        let query = PartsQuery { pipeline, step: None, attempt: Some(source), after: None, backwards: false, limit: PARTS_MAX };
        let parts: Vec<TranscriptPart> = ports.transcripts.parts(query).await?.into_iter().map(|stored| stored.part).collect();
        let diff = match &attempt.head_commit {
            Some(head) => ports.repositories.diff(self.pipeline.repo.as_ref(), &attempt.base_commit, head).await?,
            None => String::new(),
        };
        Ok(Record { receipt: ports.store.receipt(source).await?, parts, diff })
    }

    /// The step's agent, with its role as it was then, and no more rights than to read.
    async fn agent(&self, step: &Step, record: &Record) -> Result<Agent, Unanswered> {
        let name = step.agent().ok_or(Unanswered::AttemptGone)?.clone();
        // A pipeline from before agents were kept has none; its role then is still known.
        let kept = self.shared.ports.store.agents(self.pipeline.id).await?;
        let known = kept.into_iter().map(|kept| kept.agent).find(|agent| agent.name == name);
        let role = record.receipt.as_ref().map(|receipt| receipt.role.clone());
        let role = role.or_else(|| known.as_ref().map(|known| known.prompt.clone())).unwrap_or_default();
        Ok(Agent {
            name,
            description: "Answers a question about finished work".into(),
            prompt: question_role(&role),
            model: known.as_ref().and_then(|known| known.model.clone()),
            sha256: known.as_ref().map(|known| known.sha256.clone()).unwrap_or_default(),
            access: Access::ReadOnly,
            reviews: false,
            permission: only_reading(),
            options: known.map(|known| known.options).unwrap_or_default(),
        })
    }

    async fn server(&self, agent: &Agent, model: Option<&ModelName>, files: &std::path::Path) -> Result<Arc<dyn AgentServer>, Unanswered> {
        let is_scripted = model.is_some_and(|model| model.provider() == SCRIPTED_PROVIDER);
        let request = ServerRequest {
            pipeline_id: self.pipeline.id,
            question: Some(self.question.id),
            agents: vec![agent.clone()],
            scripted: is_scripted || self.pipeline.is_scripted(),
            handoff_tool: None,
        };
        let start = self.shared.ports.runtime.start(request, files);
        Ok(self.shared.with_start_permit(start).await?)
    }

    async fn converse(
        &mut self,
        server: &dyn AgentServer,
        step: &Step,
        attempt: &Attempt,
        (agent, model): (Agent, Option<ModelName>),
        record: &Record,
    ) -> Result<String, Unanswered> {
        let title = format!("{} · question {}", self.pipeline.title, self.question.id);
        let session = server.open_session(&title, Some(&only_reading())).await?;
        let text = question_prompt(&self.pipeline, step, attempt, &self.question, record);
        let message = server.new_message_id();
        let prompt = Prompt { session: session.clone(), message: message.clone(), agent: agent.name, model, text, files: Vec::new() };
        let mut events = server.events(&session).await?;
        server.prompt(&prompt).await?;
        let report = self.follow(server, &session, &message, events.as_mut()).await?;
        self.usage = report.usage;
        match report.end {
            RunEnd::Finished if !report.reply.trim().is_empty() => Ok(report.reply.trim().to_owned()),
            RunEnd::Finished => Err(Unanswered::NoReply("the agent said nothing".into())),
            RunEnd::Incomplete { reason } => Err(Unanswered::NoReply(format!("the agent stopped before it had answered ({reason})"))),
            RunEnd::Failed { message, .. } => Err(Unanswered::NoReply(message)),
            RunEnd::Running | RunEnd::Interrupted | RunEnd::Unknown => {
                Err(Unanswered::NoReply("its session was lost before it had answered".into()))
            }
        }
    }

    /// Follows the prompt until the session rests.
    async fn follow(
        &mut self,
        server: &dyn AgentServer,
        session: &SessionId,
        message: &agency_domain::MessageId,
        events: &mut dyn AgentEvents,
    ) -> Result<RunReport, Unanswered> {
        let mut watch = Watch::new();
        loop {
            let event = match tokio::time::timeout(LOOK_AFTER, events.next()).await {
                Ok(Some(event)) => event,
                Ok(None) => return Err(RuntimeError::Lost("its process ended".into()).into()),
                Err(_silence) => AgentEvent::Gap,
            };
            let alarm = watch.note(&event);
            self.usage = watch.seen;
            if let Some(Alarm { message, .. }) = alarm {
                return Err(Unanswered::NoReply(message));
            }
            match event {
                AgentEvent::Idle | AgentEvent::Gap => {
                    let report = server.report(session, std::slice::from_ref(message)).await?;
                    if report.end != RunEnd::Running {
                        return Ok(report);
                    }
                }
                AgentEvent::ModelCallFinished { .. } => self.hold_to_budget()?,
                // Late answers do no harm, and none of these can be granted.
                AgentEvent::PermissionAsked { id, .. } => server.answer_permission(&id, Err(DENIAL.into())).await?,
                AgentEvent::QuestionAsked { id, .. } => server.answer_question(&id, Some(DENIAL)).await?,
                AgentEvent::Text { .. }
                | AgentEvent::TextDone { .. }
                | AgentEvent::Tool { .. }
                | AgentEvent::Retrying { .. }
                | AgentEvent::SessionError { .. }
                | AgentEvent::Answered
                | AgentEvent::Alive => {}
            }
        }
    }

    fn hold_to_budget(&self) -> Result<(), Unanswered> {
        let mut spent = self.pipeline.spent(self.shared.ports.clock.now());
        spent.usage = spent.usage.plus(self.usage);
        let ceiling = self.pipeline.budget.reached_within(&spent);
        ceiling.map_or(Ok(()), |ceiling| Err(Unanswered::Budget(ceiling.as_str())))
    }
}
