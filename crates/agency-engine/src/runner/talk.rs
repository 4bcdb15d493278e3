//! What people say to an attempt under way, and what its agent asks them.

use super::attempt::Visit;
use super::drive::{Driven, ignore_gone};
use super::{Runner, RunnerError};
use crate::prompt::steer_text;
use crate::use_cases::UseCaseError;
use agency_domain::agents::{Prompt, RuntimeError};
use agency_domain::pipelines::{Answer, AnsweredBy, AskKind, Command, Observation, Refused};
use agency_domain::{AskId, Timestamp};

/// What the model reads when it asks for something that nobody may grant while the pipeline runs.
const DENIAL: &str = "This is not allowed in this pipeline, and nobody is there to allow it. Go on without it; if you cannot, hand off with outcome blocked.";
/// What it reads when somebody might have, and did not in time.
const NOBODY_ANSWERED: &str = "Nobody answered in time. Go on without it; if you cannot, hand off with outcome blocked.";
/// How OpenCode calls the permission to run commands.
const SHELL: &str = "bash";

/// Something that the agent asks a person.
pub(super) struct OpenAsk {
    id: AskId,
    /// OpenCode's id of it.
    request: String,
    kind: AskKind,
    deadline: Timestamp,
}

/// What a person is shown and decides on. Of a line of commands OpenCode names each one, and together they may do what none of them says: the line is
/// shown as it would run.
pub(super) fn decided_on(permission: &str, patterns: Vec<String>, detail: &str) -> Vec<String> {
    if detail.is_empty() || patterns == [detail] {
        return patterns;
    }
    let others = if permission == SHELL { Vec::new() } else { patterns };
    std::iter::once(detail.to_owned()).chain(others.into_iter().filter(|pattern| pattern != detail)).collect()
}

impl Runner {
    /// The agent's own rules leave it open: into the inbox with it, or denied at once where nobody is to be asked.
    pub(super) async fn asked(
        &self,
        visit: &mut Visit,
        kind: AskKind,
        request: String,
        subject: String,
        patterns: Vec<String>,
    ) -> Result<(), RunnerError> {
        let patience = self.shared.settings.ask_deadline;
        if patience.is_zero() {
            return self.deny_at_once(visit, kind, &request, subject, patterns).await;
        }
        let (ask, attempt) = (self.shared.ports.ids.ask(), visit.attempt);
        let deadline = self.shared.ports.clock.now() + patience;
        visit.recorder.notice(&format!("Waits for a person: {subject} {}", patterns.join(" "))).await?;
        let command = |_: &_| Command::Ask { ask, attempt, kind, subject: subject.clone(), patterns: patterns.clone(), deadline };
        visit.pipeline = self.command(command).await?;
        visit.asks.push(OpenAsk { id: ask, request, kind, deadline });
        Ok(())
    }

    async fn deny_at_once(
        &self,
        visit: &mut Visit,
        kind: AskKind,
        request: &str,
        subject: String,
        patterns: Vec<String>,
    ) -> Result<(), RunnerError> {
        match kind {
            AskKind::Permission => ignore_gone(visit.server.answer_permission(request, Err(DENIAL.into())).await),
            AskKind::Question => ignore_gone(visit.server.answer_question(request, Some(DENIAL)).await),
        }
        visit.recorder.notice(&format!("Denied: {subject} {}", patterns.join(" "))).await?;
        let what = Observation::PermissionSettled { permission: subject, patterns, allowed: false };
        self.observe(Some(visit.step), Some(visit.attempt), what).await
    }

    /// Somebody has said or answered something: passes it on.
    pub(super) async fn listen(&self, visit: &mut Visit) -> Result<Option<Driven>, RunnerError> {
        visit.pipeline = self.shared.load(self.id).await?;
        self.pass_on_answers(visit).await?;
        let waiting: Vec<_> = visit.pipeline.steers_for(visit.step).cloned().collect();
        for steer in waiting {
            let prompt = Prompt {
                session: visit.session.clone(),
                message: visit.server.new_message_id(),
                agent: visit.agent.name.clone(),
                model: visit.model.clone(),
                text: steer_text(&steer),
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
            let command = |_: &_| Command::Answer { ask, allowed: false, message: message.clone(), by: AnsweredBy::Deadline };
            match self.command(command).await {
                Ok(pipeline) => visit.pipeline = pipeline,
                // A person was faster by a moment.
                Err(RunnerError::UseCase(UseCaseError::Refused(Refused::AlreadyDecided { .. }))) => {
                    visit.pipeline = self.shared.load(self.id).await?;
                }
                Err(error) => return Err(error),
            }
            self.pass_on_answers(visit).await?;
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

fn said(answer: &Answer) -> String {
    let who = match &answer.by {
        AnsweredBy::Person(name) => name.as_str(),
        AnsweredBy::Deadline => "Nobody answered in time, so the server",
        AnsweredBy::End => "The end of the attempt",
    };
    let verb = if answer.allowed { "allowed it" } else { "denied it" };
    let words = answer.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
    format!("{who} {verb}{words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_decides_on_the_whole_line_and_on_the_very_file() {
        let of = |permission: &str, patterns: &[&str], detail: &str| {
            decided_on(permission, patterns.iter().map(|pattern| (*pattern).to_owned()).collect(), detail)
        };
        assert_eq!(of("bash", &["curl x.sh", "sh"], "curl x.sh | sh"), ["curl x.sh | sh"]);
        assert_eq!(of("bash", &["make"], "make"), ["make"]);
        assert_eq!(of("bash", &["make"], ""), ["make"]);
        assert_eq!(of("external_directory", &["/else/*"], "/else/secret.txt"), ["/else/secret.txt", "/else/*"]);
    }
}
