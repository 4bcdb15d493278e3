//! Questions about finished work: asked in any state of the pipeline, one at a time, as long as its budget allows.

use crate::budgets::Budget;
use crate::pipelines::{Attempt, Event, Pipeline, Question, QuestionEnd, QuestionOutcome, Refused, Step};
use crate::{AttemptId, QuestionId, StepId, Timestamp, Usage};

/// Longest question, in bytes: what is longer is a task.
const QUESTION_BYTES_MAX: usize = 20_000;

/// What is asked, and of whom.
pub(super) struct Asking {
    pub(super) id: QuestionId,
    pub(super) step: Option<StepId>,
    pub(super) attempt: Option<AttemptId>,
    pub(super) text: String,
    pub(super) by: String,
}

pub(super) fn ask(pipeline: &Pipeline, asking: Asking, at: Timestamp) -> Result<Vec<Event>, Refused> {
    let Asking { id, step, attempt, text, by } = asking;
    let (step, attempt) = meant(pipeline, step, attempt)?;
    if text.trim().is_empty() {
        return Err(Refused::Invalid { field: "text", message: "write the question".into() });
    }
    if text.len() > QUESTION_BYTES_MAX {
        return Err(Refused::Invalid { field: "text", message: format!("use at most {QUESTION_BYTES_MAX} bytes") });
    }
    if let Some(open) = pipeline.open_question() {
        return Err(Refused::Conflict(format!("question {} waits for its answer: ask again once it has one", open.id)));
    }
    // A question is no attempt.
    let budget = Budget { attempts: None, ..pipeline.budget };
    if let Some(ceiling) = budget.reached(&pipeline.spent(at)) {
        let name = ceiling.as_str();
        return Err(Refused::Conflict(format!("the budget's ceiling of {name} is reached, and an answer would use more of it")));
    }
    let question = Question { id, step: step.id, attempt: attempt.id, text, by, asked_at: at, end: None, usage: Usage::default() };
    Ok(vec![Event::QuestionAsked { step_id: step.id, attempt_id: attempt.id, question }])
}

/// The attempt that is named, else the newest of the step that is named, else the agent's that ended last.
fn meant(pipeline: &Pipeline, step: Option<StepId>, attempt: Option<AttemptId>) -> Result<(&Step, &Attempt), Refused> {
    let (step, attempt) = match (step, attempt) {
        (step, Some(id)) => {
            let of_step = |(of, _): &(&Step, &Attempt)| step.is_none_or(|step| step == of.id);
            pipeline.attempt(id).filter(of_step).ok_or_else(|| Refused::NoSuch(format!("attempt {id}")))?
        }
        (Some(id), None) => {
            let step = pipeline.step(id).ok_or_else(|| Refused::NoSuch(format!("step {id}")))?;
            let begun = step.attempts.last().map(|attempt| (step, attempt));
            begun
                .ok_or_else(|| no_agent(step).unwrap_or_else(|| Refused::Conflict(format!("step {id} ({}) has not begun", step.name()))))?
        }
        (None, None) => {
            let ended = |(step, attempt): &&(&Step, &Attempt)| step.agent().is_some() && !attempt.status.is_open();
            let last = pipeline.attempts_in_order().iter().rev().find(ended).copied();
            last.ok_or_else(|| Refused::Conflict(format!("no agent of pipeline {} has finished yet: ask once one has", pipeline.id)))?
        }
    };
    if let Some(refused) = no_agent(step) {
        return Err(refused);
    }
    if attempt.status.is_open() {
        let (step, name, status) = (step.id, step.name(), attempt.status.as_str());
        return Err(Refused::Conflict(format!(
            "step {step} ({name}) has not finished: its attempt {} is {status}. Ask once it has ended, or send it a message",
            attempt.id
        )));
    }
    Ok((step, attempt))
}

fn no_agent(step: &Step) -> Option<Refused> {
    let message = || format!("step {} ({}) has no agent that could answer: name an agent's step", step.id, step.name());
    step.agent().is_none().then(|| Refused::Invalid { field: "step_id", message: message() })
}

pub(super) fn end(
    pipeline: &Pipeline,
    id: QuestionId,
    outcome: QuestionOutcome,
    text: String,
    usage: Usage,
    at: Timestamp,
) -> Result<Vec<Event>, Refused> {
    let question = pipeline.questions.iter().find(|question| question.id == id).ok_or_else(|| Refused::NoSuch(format!("question {id}")))?;
    if let Some(end) = &question.end {
        return Err(Refused::Conflict(format!("question {id} is {} already", end.outcome.as_str())));
    }
    let end = QuestionEnd { outcome, text, at };
    let (step_id, attempt_id) = (question.step, question.attempt);
    Ok(vec![match outcome {
        QuestionOutcome::Answered => Event::QuestionAnswered { step_id, attempt_id, question_id: id, end, usage },
        QuestionOutcome::Failed | QuestionOutcome::Interrupted | QuestionOutcome::Cancelled => {
            Event::QuestionFailed { step_id, attempt_id, question_id: id, end, usage }
        }
    }])
}
