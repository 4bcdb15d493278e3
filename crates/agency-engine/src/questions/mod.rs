//! Questions about finished work: asked of a pipeline in any state, carried out apart from its run.
//!
//! What waits is read from the store on each turn of the conductor, and each question is answered by a server of its own over an export of the
//! files as the attempt left them. The pipeline's worktree, branch and server are not touched, and the run never waits.

mod answering;

use crate::signals::Signals;
use crate::use_cases::{Engine, Shared, UseCaseError};
use agency_domain::agents::RuntimeError;
use agency_domain::pipelines::{Command, Pipeline, Question, QuestionOutcome, Refused};
use agency_domain::{AttemptId, PipelineId, QuestionId, StepId, Usage};
use answering::Answering;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Questions that are answered at once, over all pipelines: each has a server of some 0.5 GB beside those of the runs.
const AT_ONCE: usize = 2;
/// Questions that are looked at in one go; the others come later.
const LOOK_MAX: u32 = 50;
/// How long an answer may take, its server's start included.
const ANSWER_WITHIN: Duration = Duration::from_mins(5);
/// How long to wait before the end of a question is recorded again, where the store did not take it.
const RECORD_AGAIN_AFTER: Duration = Duration::from_secs(5);

const CANCELLED: &str = "The pipeline was cancelled or cleaned up before it was answered: ask again if it still matters.";
const STOPPED: &str = "The server stopped before it was answered: ask again.";

/// A person's question, as it came in.
#[derive(Debug, Clone, Default)]
pub struct QuestionRequest {
    /// The step whose newest attempt is meant.
    pub step: Option<StepId>,
    /// Where neither is named, the agent that finished last is asked.
    pub attempt: Option<AttemptId>,
    pub text: String,
    pub by: String,
}

/// How a question ended, to be recorded.
struct Ended {
    outcome: QuestionOutcome,
    /// The answer, or why there is none.
    text: String,
    usage: Usage,
}

impl Engine {
    /// Asks about an attempt that has ended. Answers once the question is recorded; its answer comes as an event.
    ///
    /// # Errors
    /// Where there is no such pipeline, step or attempt, it has not ended, another question waits, or the budget is used up.
    pub async fn ask(&self, id: PipelineId, request: QuestionRequest) -> Result<Question, UseCaseError> {
        let question = self.shared.ports.ids.question();
        let QuestionRequest { step, attempt, text, by } = request;
        let command = |_: &_| Command::AskQuestion { question, step, attempt, text: text.clone(), by: by.clone() };
        let pipeline = self.shared.command(id, None, command).await?;
        self.shared.changed.notify_one();
        let asked = pipeline.questions.into_iter().find(|asked| asked.id == question);
        asked.ok_or_else(|| UseCaseError::NotFound(format!("question {question}")))
    }
}

/// Ends what an earlier process left open: its servers were ended with it.
pub(crate) async fn interrupt_left(shared: &Arc<Shared>) {
    let open = match shared.ports.store.open_questions(u32::MAX).await {
        Ok(open) => open,
        Err(error) => {
            tracing::error!(%error, "questions that an earlier process left cannot be read; they are asked anew");
            return;
        }
    };
    for (question, pipeline) in open {
        put_away(shared, question).await;
        let ended = Ended { outcome: QuestionOutcome::Interrupted, text: STOPPED.into(), usage: Usage::default() };
        if let Err(error) = record(shared, pipeline, question, &ended).await {
            tracing::error!(%pipeline, %question, %error, "a question that was interrupted cannot be recorded");
        }
    }
}

/// Begins to answer what waits, as far as there is room.
pub(crate) async fn take_up(shared: &Arc<Shared>, answering: &mut JoinSet<()>, stop: &CancellationToken) {
    let free = AT_ONCE.saturating_sub(shared.questions.count());
    if free == 0 {
        return;
    }
    let open = match shared.ports.store.open_questions(LOOK_MAX).await {
        Ok(open) => open,
        Err(error) => {
            tracing::error!(%error, "open questions cannot be read; trying again");
            return;
        }
    };
    let new = open.into_iter().filter(|(_, pipeline)| !shared.questions.is_active(*pipeline)).take(free);
    for (question, pipeline) in new.collect::<Vec<_>>() {
        let end = shared.questions.register(pipeline).end;
        answering.spawn(carry_out(Arc::clone(shared), pipeline, question, end, stop.clone()));
    }
}

/// Answers one question and records how that ended; nothing of it is left by then.
async fn carry_out(shared: Arc<Shared>, pipeline: PipelineId, question: QuestionId, end: CancellationToken, stop: CancellationToken) {
    // In a task of its own, so that a broken invariant ends this answer and nothing else.
    let answered = tokio::spawn(answer(Arc::clone(&shared), pipeline, question, end, stop.clone())).await;
    let ended = answered.unwrap_or_else(|panic| {
        tracing::error!(%pipeline, %question, error = %panic, "answering a question broke");
        let text = "Answering it broke; the server's log says more.".to_owned();
        Some(Ended { outcome: QuestionOutcome::Failed, text, usage: Usage::default() })
    });
    if let Some(ended) = ended {
        put_away(&shared, question).await;
        while let Err(error) = record(&shared, pipeline, question, &ended).await {
            tracing::error!(%pipeline, %question, %error, "the end of a question cannot be recorded; trying again");
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(RECORD_AGAIN_AFTER) => {}
            }
        }
    }
    shared.questions.forget(pipeline);
    shared.changed.notify_one();
}

/// How a question ended; `None` where it has ended already.
async fn answer(
    shared: Arc<Shared>,
    id: PipelineId,
    question: QuestionId,
    end: CancellationToken,
    stop: CancellationToken,
) -> Option<Ended> {
    let failed = |text: String| Some(Ended { outcome: QuestionOutcome::Failed, text, usage: Usage::default() });
    let pipeline = match shared.load(id).await {
        Ok(pipeline) => pipeline,
        Err(error) => return failed(format!("The pipeline cannot be read: {error}.")),
    };
    let open = pipeline.open_question().filter(|open| open.id == question)?.clone();
    let mut work = Answering::new(shared, pipeline, open);
    let (outcome, text) = tokio::select! {
        biased;
        () = end.cancelled() => (QuestionOutcome::Cancelled, CANCELLED.to_owned()),
        () = stop.cancelled() => (QuestionOutcome::Interrupted, STOPPED.to_owned()),
        worked = tokio::time::timeout(ANSWER_WITHIN, work.answer()) => match worked {
            Ok(Ok(answer)) => (QuestionOutcome::Answered, answer),
            Ok(Err(error)) => (QuestionOutcome::Failed, sentence(&error.to_string())),
            Err(_elapsed) => {
                let minutes = ANSWER_WITHIN.as_secs() / 60;
                (QuestionOutcome::Failed, format!("It was not answered within {minutes} minutes: ask for something smaller."))
            }
        },
    };
    Some(Ended { outcome, text, usage: work.usage })
}

/// A fragment as a sentence.
fn sentence(fragment: &str) -> String {
    let fragment = fragment.trim().trim_end_matches('.');
    let mut letters = fragment.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// Ends the question's processes and removes its files.
async fn put_away(shared: &Shared, question: QuestionId) {
    if let Err(error) = shared.ports.runtime.forget_question(question).await {
        tracing::warn!(%question, %error, "what the server of a question left cannot be removed; the next start ends its processes");
    }
    if let Err(error) = shared.ports.repositories.remove_export(&shared.export_of(question)).await {
        tracing::warn!(%question, %error, "the files of a question cannot be removed");
    }
}

async fn record(shared: &Shared, pipeline: PipelineId, question: QuestionId, ended: &Ended) -> Result<(), UseCaseError> {
    let Ended { outcome, text, usage } = ended;
    let command = |_: &_| Command::EndQuestion { question, outcome: *outcome, text: text.clone(), usage: *usage };
    match shared.command(pipeline, None, command).await {
        // It has ended already.
        Ok(_) | Err(UseCaseError::Refused(Refused::Conflict(_))) => Ok(()),
        Err(error) => Err(error),
    }
}

impl Shared {
    /// Ends the question of a pipeline that is cancelled or cleaned up, whether it is being answered or waits for its turn.
    pub(crate) async fn cancel_question(&self, pipeline: &Pipeline) -> Result<(), UseCaseError> {
        if self.questions.is_active(pipeline.id) {
            self.questions.end(pipeline.id);
            return Ok(());
        }
        let Some(open) = pipeline.open_question() else { return Ok(()) };
        let ended = Ended { outcome: QuestionOutcome::Cancelled, text: CANCELLED.into(), usage: Usage::default() };
        record(self, pipeline.id, open.id, &ended).await?;
        // Its turn may have come meanwhile.
        self.questions.end(pipeline.id);
        Ok(())
    }

    /// Where the files of a question are while it is answered.
    fn export_of(&self, question: QuestionId) -> PathBuf {
        self.settings.worktrees.join(format!("question-{question}"))
    }

    /// A server that is ready to be let into a directory: few start at once, and again where one failed.
    pub(crate) async fn with_start_permit<T>(
        &self,
        start: impl std::future::Future<Output = Result<T, RuntimeError>> + Send,
    ) -> Result<T, RuntimeError> {
        let _permit = self.starts.acquire().await.map_err(|closed| RuntimeError::Start(closed.to_string()))?;
        start.await
    }
}

/// The signals of the questions that are answered here, by their pipelines: each has one at a time.
pub(crate) type Questions = Signals;
