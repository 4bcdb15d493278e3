//! What people say to an attempt under way, and what its agent asks them.

use super::attempt::Visit;
use super::drive::{Driven, ignore_gone};
use super::{Runner, RunnerError};
use crate::prompt::steer_text;
use crate::use_cases::UseCaseError;
use agency_domain::agents::{Prompt, RuntimeError};
use agency_domain::pipelines::{Answer, AnsweredBy, Ask, AskKind, Command, Observation, Refused, Scope, Wanted};
use agency_domain::{AskId, Timestamp};

/// What the model reads when it asks for something that nobody may grant while the pipeline runs.
const DENIAL: &str = "This is not allowed in this pipeline, and nobody is there to allow it. Go on without it; if you cannot, hand off with outcome blocked.";
/// What it reads when somebody might have, and did not in time.
const NOBODY_ANSWERED: &str = "Nobody answered in time. Go on without it; if you cannot, hand off with outcome blocked.";

/// A permission that OpenCode asks for.
#[derive(Debug, Clone)]
pub(super) struct Permission {
    /// OpenCode's id of the request.
    pub(super) request: String,
    pub(super) permission: String,
    pub(super) patterns: Vec<String>,
    /// What OpenCode would remember.
    pub(super) always: Vec<String>,
    pub(super) detail: String,
}

impl Permission {
    fn wanted(&self) -> Wanted<'_> {
        Wanted { permission: &self.permission, patterns: &self.patterns, detail: &self.detail }
    }
}

/// What is about to be asked of a person.
pub(super) struct Asking {
    /// OpenCode's id of it.
    pub(super) request: String,
    pub(super) kind: AskKind,
    pub(super) subject: String,
    /// What a person is shown of it.
    pub(super) shown: Vec<String>,
    /// `None` for a question.
    pub(super) wanted: Option<Permission>,
}

/// Something that the agent asks a person.
pub(super) struct OpenAsk {
    id: AskId,
    /// OpenCode's id of it.
    request: String,
    kind: AskKind,
    deadline: Timestamp,
    /// A permission that is given meanwhile may cover it.
    wanted: Option<Permission>,
}

impl Runner {
    /// The agent's own rules leave it open: allowed where a permission holds on that covers it, and a person is asked otherwise.
    pub(super) async fn permission_asked(&self, visit: &mut Visit, asked: Permission) -> Result<(), RunnerError> {
        let shown = asked.wanted().shown();
        if let Some(by) = visit.pipeline.granted(visit.step, asked.wanted()) {
            let granted_by = Some(by.id);
            let notice = format!("Allowed, as {} said in request {}: {} {}", who(by), by.id, asked.permission, shown.join(" "));
            ignore_gone(visit.server.answer_permission(&asked.request, Ok(())).await);
            visit.recorder.notice(&notice).await?;
            let what = Observation::PermissionSettled { permission: asked.permission, patterns: shown, allowed: true, granted_by };
            return self.observe(Some(visit.step), Some(visit.attempt), what).await;
        }
        let (request, subject) = (asked.request.clone(), asked.permission.clone());
        self.asked(visit, Asking { request, kind: AskKind::Permission, subject, shown, wanted: Some(asked) }).await
    }

    /// Into the inbox with it, or denied at once where nobody is to be asked.
    pub(super) async fn asked(&self, visit: &mut Visit, asking: Asking) -> Result<(), RunnerError> {
        let patience = self.shared.settings.ask_deadline;
        if patience.is_zero() {
            return self.deny_at_once(visit, asking).await;
        }
        let Asking { request, kind, subject, shown, wanted } = asking;
        let (ask, attempt) = (self.shared.ports.ids.ask(), visit.attempt);
        let deadline = self.shared.ports.clock.now() + patience;
        visit.recorder.notice(&format!("Waits for a person: {subject} {}", shown.join(" "))).await?;
        let suggested = wanted.as_ref().map(|asked| asked.wanted().suggested(&asked.always)).unwrap_or_default();
        let command = |_: &_| Command::Ask {
            ask,
            attempt,
            kind,
            subject: subject.clone(),
            patterns: shown.clone(),
            suggested: suggested.clone(),
            deadline,
        };
        visit.pipeline = self.command(command).await?;
        visit.asks.push(OpenAsk { id: ask, request, kind, deadline, wanted });
        Ok(())
    }

    async fn deny_at_once(&self, visit: &mut Visit, asking: Asking) -> Result<(), RunnerError> {
        let Asking { request, kind, subject, shown, .. } = asking;
        match kind {
            AskKind::Permission => ignore_gone(visit.server.answer_permission(&request, Err(DENIAL.into())).await),
            AskKind::Question => ignore_gone(visit.server.answer_question(&request, Some(DENIAL)).await),
        }
        visit.recorder.notice(&format!("Denied: {subject} {}", shown.join(" "))).await?;
        let what = Observation::PermissionSettled { permission: subject, patterns: shown, allowed: false, granted_by: None };
        self.observe(Some(visit.step), Some(visit.attempt), what).await
    }

    /// Allows what waits and is covered by now: an agent may have asked for several things at once.
    async fn allow_what_is_granted(&self, visit: &mut Visit) -> Result<(), RunnerError> {
        let covered = |ask: &OpenAsk| {
            let by = ask.wanted.as_ref().and_then(|asked| visit.pipeline.granted(visit.step, asked.wanted()))?;
            Some((ask.id, by.answer.as_ref()?.by.clone()))
        };
        let covered: Vec<(AskId, AnsweredBy)> = visit.asks.iter().filter_map(covered).collect();
        for (ask, by) in covered {
            self.answer(visit, Command::Answer { ask, allowed: true, message: None, by, grant: None }).await?;
        }
        Ok(())
    }

    /// Unless a person is faster by a moment.
    async fn answer(&self, visit: &mut Visit, answer: Command) -> Result<(), RunnerError> {
        visit.pipeline = match self.command(|_| answer.clone()).await {
            Err(RunnerError::UseCase(UseCaseError::Refused(Refused::AlreadyDecided { .. }))) => self.shared.load(self.id).await?,
            answered => answered?,
        };
        self.pass_on_answers(visit).await
    }

    /// Somebody has said or answered something: passes it on.
    pub(super) async fn listen(&self, visit: &mut Visit) -> Result<Option<Driven>, RunnerError> {
        visit.pipeline = self.shared.load(self.id).await?;
        self.pass_on_answers(visit).await?;
        self.allow_what_is_granted(visit).await?;
        let waiting: Vec<_> = visit.pipeline.steers_for(visit.step).cloned().collect();
        for steer in waiting {
            let prompt = Prompt {
                session: visit.session.clone(),
                message: visit.server.new_message_id(),
                agent: visit.agent.name.clone(),
                model: visit.model.clone(),
                text: steer_text(&steer),
                files: Vec::new(),
            };
            visit.reading = None;
            match visit.server.prompt(&prompt).await {
                Ok(()) => {}
                Err(RuntimeError::Lost(detail)) => return Ok(Some(Driven::Lost(detail))),
                // It stays undelivered, and goes to the next attempt.
                Err(error) => {
                    visit.recorder.notice(&format!("The message could not be passed on: {error}")).await?;
                    continue;
                }
            }
            visit.messages.push(prompt.message);
            visit.recorder.notice(&format!("{} says: {}", steer.by, steer.text)).await?;
            let (id, attempt) = (steer.id, visit.attempt);
            visit.pipeline = self.command(|_| Command::MarkDelivered { steer: id, attempt }).await?;
        }
        Ok(None)
    }

    /// Ends what nobody answered in time.
    pub(super) async fn expire_asks(&self, visit: &mut Visit) -> Result<(), RunnerError> {
        let now = self.shared.ports.clock.now();
        let late: Vec<AskId> = visit.asks.iter().filter(|ask| ask.deadline <= now).map(|ask| ask.id).collect();
        for ask in late {
            let message = Some(NOBODY_ANSWERED.to_owned());
            self.answer(visit, Command::Answer { ask, allowed: false, message, by: AnsweredBy::Deadline, grant: None }).await?;
        }
        Ok(())
    }

    async fn pass_on_answers(&self, visit: &mut Visit) -> Result<(), RunnerError> {
        let answered = |id: AskId| visit.pipeline.asks.iter().find(|ask| ask.id == id).and_then(|ask| ask.answer.clone());
        let (done, open): (Vec<_>, Vec<_>) =
            std::mem::take(&mut visit.asks).into_iter().map(|ask| (answered(ask.id), ask)).partition(|(answer, _)| answer.is_some());
        visit.asks = open.into_iter().map(|(_, ask)| ask).collect();
        for (answer, ask) in done {
            let Some(answer) = answer else { continue };
            visit.recorder.notice(&said(&answer)).await?;
            let outcome = match (ask.kind, answer.allowed) {
                (AskKind::Permission, true) => visit.server.answer_permission(&ask.request, Ok(())).await,
                (AskKind::Permission, false) => {
                    let reason = answer.message.unwrap_or_else(|| "A person denied this. Go on without it.".into());
                    visit.server.answer_permission(&ask.request, Err(reason)).await
                }
                (AskKind::Question, _) => {
                    let text =
                        answer.message.unwrap_or_else(|| "A person did not answer this. Decide yourself, and record the decision.".into());
                    visit.server.answer_question(&ask.request, Some(&text)).await
                }
            };
            ignore_gone(outcome);
        }
        Ok(())
    }
}

/// Who gave the permission that holds on.
fn who(ask: &Ask) -> &str {
    match ask.answer.as_ref().map(|answer| &answer.by) {
        Some(AnsweredBy::Person(name)) => name,
        _ => "a person",
    }
}

fn said(answer: &Answer) -> String {
    let who = match &answer.by {
        AnsweredBy::Person(name) => name.as_str(),
        AnsweredBy::Deadline => "Nobody answered in time, so the server",
        AnsweredBy::End => "The end of the attempt",
    };
    let verb = match (answer.allowed, answer.grant.as_ref().map(|grant| grant.scope)) {
        (false, _) => "denied it",
        (true, None) => "allowed it",
        (true, Some(Scope::Step)) => "allowed it in this step from now on",
        (true, Some(Scope::Pipeline)) => "allowed it in this pipeline from now on",
    };
    let words = answer.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
    format!("{who} {verb}{words}")
}
