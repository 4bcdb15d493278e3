//! Attempts: what follows from how they end.

use super::{SAME_FAILURES_MAX, after, close_asks, expect_attempt, fail_step, finish_step, needs_attention};
use crate::budgets::Ceiling;
use crate::checks::CheckRun;
use crate::criteria::{Facts, updated};
use crate::handoffs::Outcome;
use crate::pipelines::{
    AttemptFailure, AttemptResult, AttemptStatus, Event, FailureClass, FailureReason, Finished, PauseReason, Pipeline, ReasonCode, Refused,
    SentBackBy, Step, StepStatus,
};
use crate::reviews::{Review, Verdict};
use crate::templates::{RetryPolicy, ReviewLoop, StepKind};
use crate::{AttemptId, CommitId, StepId, Timestamp, Usage};
use std::time::Duration;

/// What a step that is left to a person is good for.
const ANSWER_HINT: &str = "Say what it needs to know and resume, retry a step with an instruction, or cancel.";

pub(super) fn finish_attempt(
    pipeline: &Pipeline,
    id: AttemptId,
    usage: Usage,
    result: AttemptResult,
    at: Timestamp,
) -> Result<Vec<Event>, Refused> {
    let (step, known) = expect_attempt(pipeline, id, AttemptStatus::is_open)?;
    let usage = usage.or_more(known.usage);
    match (&step.plan.kind, &result) {
        (StepKind::Check(_), AttemptResult::Succeeded(_))
        | (StepKind::Agent { .. } | StepKind::Approval { .. }, AttemptResult::Checked(_)) => {
            return Err(Refused::Conflict(format!("attempt {id} is of another kind than its result")));
        }
        (StepKind::Agent { .. } | StepKind::Approval { .. }, AttemptResult::Succeeded(_))
        | (StepKind::Check(_), AttemptResult::Checked(_))
        | (_, AttemptResult::Failed(_) | AttemptResult::Interrupted(_)) => {}
    }
    let ending = Ending { pipeline, step, id, usage, at };
    let mut events = close_asks(pipeline, id, at);
    events.extend(match result {
        AttemptResult::Succeeded(finished) => ending.handed_off(*finished),
        AttemptResult::Checked(checks) => ending.checked(checks),
        AttemptResult::Failed(failure) => ending.failed(failure),
        AttemptResult::Interrupted(reason) => vec![Event::AttemptInterrupted { step_id: step.id, attempt_id: id, reason, usage }],
    });
    let left = after(pipeline, &events, at);
    if let Some(by) = left.pause_requested.as_ref().filter(|_| !left.status.is_final() && !left.is_paused()) {
        events.push(Event::PipelinePaused { reason: PauseReason::by_user(by) });
    }
    Ok(events)
}

/// An attempt that has ended, with what is known of it.
struct Ending<'a> {
    pipeline: &'a Pipeline,
    step: &'a Step,
    id: AttemptId,
    usage: Usage,
    at: Timestamp,
}

impl Ending<'_> {
    fn failed(&self, failure: AttemptFailure) -> Vec<Event> {
        let (step_id, id) = (self.step.id, self.id);
        let again = may_try_again(self.step, id, &failure).then(|| self.at + pause_before_retry(self.step, id));
        let sentence = format!("The step {} failed: {}", self.step.name(), failure.message);
        let class = failure.class;
        let ended = Event::AttemptFailed { step_id, attempt_id: id, failure, usage: self.usage, retry_at: again };
        match class {
            FailureClass::Budget => {
                let reason =
                    PauseReason::budget(self.pipeline.ceiling_reached_after(self.step, self.usage, self.at).unwrap_or(Ceiling::Tokens));
                vec![ended, Event::PipelinePaused { reason }]
            }
            _ if again.is_some() => vec![ended],
            // Nothing that cannot be read ever passes, and nothing is lost by asking a person.
            FailureClass::HandoffInvalid if self.reviews() => vec![
                ended,
                needs_attention(sentence, "Read the review, then resume to have it judged again, retry with another model, or cancel."),
            ],
            FailureClass::AgentError
            | FailureClass::ProviderRateLimited
            | FailureClass::ProviderUnavailable
            | FailureClass::ContextOverflow
            | FailureClass::Stalled
            | FailureClass::HandoffInvalid
            | FailureClass::NoChanges
            | FailureClass::CheckFailed
            | FailureClass::GitError
            | FailureClass::OpencodeLost => {
                let reason = FailureReason { code: ReasonCode::StepFailed, message: sentence, hint: class.hint().to_owned() };
                std::iter::once(ended).chain(fail_step(step_id, reason)).collect()
            }
        }
    }

    fn reviews(&self) -> bool {
        matches!(&self.step.plan.kind, StepKind::Agent { on_changes_requested: Some(_), .. })
    }

    fn handed_off(&self, finished: Finished) -> Vec<Event> {
        let (step_id, attempt_id) = (self.step.id, self.id);
        let record = finished.handoff.record.clone();
        // A step with a loop never passes without a verdict, whatever its agent is.
        let verdict_required = finished.verdict_required || self.reviews();
        let verdict = record.verdict.filter(|_| verdict_required);
        let mut events = vec![Event::HandoffRecorded { step_id, attempt_id, handoff: Box::new(finished.handoff.clone()) }];
        let fault = match (verdict_required, verdict) {
            (true, None) => Some("the reviewing agent gave no verdict that can be read".to_owned()),
            (true, Some(_)) => self.pipeline.review_rules(step_id, None).fault(&record).filter(|_| verdict == Some(Verdict::Approved)),
            (false, _) => None,
        };
        if record.outcome == Outcome::Failed {
            events.extend(self.failed(AttemptFailure { class: FailureClass::AgentError, message: record.summary }));
            return events;
        }
        if let Some(message) = fault {
            events.extend(self.failed(AttemptFailure { class: FailureClass::HandoffInvalid, message }));
            return events;
        }
        events.extend(verdict.map(|verdict| Event::VerdictRecorded { step_id, attempt_id, verdict }));
        events.extend(self.criteria(&finished));
        let review =
            verdict.map(|_| Review::of(&self.pipeline.findings, &record, (step_id, attempt_id), self.step.rounds + 1)).unwrap_or_default();
        events.extend(review.closed.iter().map(|finding| Event::FindingClosed { step_id, finding: finding.clone() }));
        events.extend(review.opened.iter().map(|finding| Event::FindingOpened { step_id, finding: finding.clone() }));
        events.extend(review.reworded.iter().map(|finding| Event::FindingReworded { step_id, finding: finding.clone() }));
        events.push(Event::AttemptSucceeded { step_id, attempt_id, head_commit: finished.head_commit, usage: self.usage });
        match (record.outcome, verdict) {
            (Outcome::Blocked, _) | (_, Some(Verdict::Blocked)) => {
                events.push(needs_attention(format!("{} cannot go on: {}", self.step.name(), record.summary), ANSWER_HINT));
            }
            (_, Some(Verdict::ChangesRequested)) => events.extend(self.changes_requested(&record.summary, &review)),
            (Outcome::Done | Outcome::NoChangeNeeded | Outcome::Failed, Some(Verdict::Approved) | None) => {
                let left = after(self.pipeline, &events, self.at);
                events.extend(finish_step(&left, step_id, StepStatus::Succeeded));
            }
        }
        events
    }

    /// The criteria that a hand-off changes, its claims held against what the branch and the commands say.
    fn criteria(&self, finished: &Finished) -> Option<Event> {
        let head: &CommitId = finished.head_commit.as_ref().unwrap_or(&self.pipeline.head_commit);
        let record = &finished.handoff.record;
        let mut commands = if *head == self.pipeline.head_commit { self.pipeline.commands_at_head() } else { Vec::new() };
        commands.extend(record.engine.commands_run.iter().cloned());
        let facts = Facts { branch: &finished.branch, commands: &commands };
        let place = |step: StepId| self.pipeline.index_of(step);
        let may_withdraw = |definer| place(self.step.id) <= place(definer);
        let criteria = updated(&self.pipeline.criteria, &record.criteria, (self.step.id, self.id), may_withdraw, facts, head);
        (!criteria.is_empty()).then_some(Event::CriteriaUpdated { step_id: self.step.id, attempt_id: self.id, criteria })
    }

    fn changes_requested(&self, summary: &str, review: &Review) -> Vec<Event> {
        let name = self.step.name();
        let StepKind::Agent { on_changes_requested: Some(back), .. } = &self.step.plan.kind else {
            return fail_step(
                self.step.id,
                FailureReason {
                    code: ReasonCode::StepFailed,
                    message: format!("{name} asks for changes, and its step names nobody to make them: {summary}"),
                    hint: "Give the step on_changes_requested with back_to and max_rounds in its template.".into(),
                },
            );
        };
        let rounds = self.step.rounds;
        let not_converging = if rounds > 0 && review.is_standstill() {
            Some(format!(
                "{name} asks for changes again, and round {} closed no finding and raised none that is grave: {summary}",
                rounds + 1
            ))
        } else if rounds >= back.max_rounds {
            Some(format!("{name} still asks for changes after {}: {summary}", counted(back.max_rounds)))
        } else {
            None
        };
        match not_converging {
            None => vec![self.back_to(back, SentBackBy::Review)],
            Some(message) => fail_step(
                self.step.id,
                FailureReason {
                    code: ReasonCode::NotConverging,
                    message,
                    hint: "Read the open findings and the branch: retry a step with an instruction, or finish it by hand.".into(),
                },
            ),
        }
    }

    fn back_to(&self, back: &ReviewLoop, by: SentBackBy) -> Event {
        let target = self.pipeline.nearest_before(self.step.id, back.back_to.as_str());
        let to = target.expect("the loop's target is an earlier step: checked when the chain was made").id;
        Event::SentBack { from: self.step.id, to, by }
    }

    fn checked(&self, checks: Vec<CheckRun>) -> Vec<Event> {
        let (step_id, attempt_id, usage) = (self.step.id, self.id, self.usage);
        let failed = checks.iter().find(|check| !check.passed()).map(|check| format!("`{}` {}", check.command, check.outcome()));
        let status = if checks.is_empty() { StepStatus::Skipped } else { StepStatus::Succeeded };
        let mut events = vec![Event::ChecksRan { step_id, attempt_id, checks }];
        let Some(message) = failed else {
            events.push(Event::AttemptSucceeded { step_id, attempt_id, head_commit: None, usage });
            let left = after(self.pipeline, &events, self.at);
            events.extend(finish_step(&left, step_id, status));
            return events;
        };
        let failure = AttemptFailure { class: FailureClass::CheckFailed, message: message.clone() };
        events.push(Event::AttemptFailed { step_id, attempt_id, failure, usage, retry_at: None });
        match self.pipeline.loop_of_check(self.step) {
            Some(back) if self.step.rounds < back.max_rounds => events.push(self.back_to(&back, SentBackBy::Check)),
            back => {
                let rounds = back.map(|back| format!(" after {}", counted(back.max_rounds))).unwrap_or_default();
                let reason = FailureReason {
                    code: ReasonCode::StepFailed,
                    message: format!("The check failed{rounds}: {message}"),
                    hint: "Read its output in the transcript; retry an earlier step with an instruction, or mend it by hand.".into(),
                };
                events.extend(fail_step(step_id, reason));
            }
        }
        events
    }
}

/// Whether the step is tried again: its class may pass by itself, the policy allows it, and it is not the same failure over and over.
fn may_try_again(step: &Step, id: AttemptId, failure: &AttemptFailure) -> bool {
    let failures = failures_in_a_row(step, id);
    let count = failures.len() + 1;
    let same = 1 + failures.iter().take_while(|earlier| earlier.signature() == failure.signature()).count();
    let allowed = usize::try_from(step.plan.settings.retry.attempts).unwrap_or(usize::MAX);
    failure.class.is_transient() && count < allowed && same < SAME_FAILURES_MAX
}

/// Earlier failures of the step since it began afresh, newest first, up to the last success. Interruptions are nobody's failure.
fn failures_in_a_row(step: &Step, id: AttemptId) -> Vec<&AttemptFailure> {
    let counted = |number: u32| number > step.tries_from;
    let earlier = step.attempts.iter().rev().filter(|attempt| attempt.id != id && counted(attempt.number));
    earlier
        .filter(|attempt| attempt.status != AttemptStatus::Interrupted)
        .map_while(|attempt| match &attempt.status {
            AttemptStatus::Failed(failure) => Some(failure),
            AttemptStatus::Starting
            | AttemptStatus::Running
            | AttemptStatus::Finishing
            | AttemptStatus::Succeeded
            | AttemptStatus::Interrupted
            | AttemptStatus::Cancelled => None,
        })
        .collect()
}

/// Doubled with each failure in a row, and up to a quarter longer: runs that failed together do not come back together. The share comes from the
/// attempt's id, so that the same story always ends the same way.
fn pause_before_retry(step: &Step, id: AttemptId) -> Duration {
    let policy = step.plan.settings.retry;
    let doublings = u32::try_from(failures_in_a_row(step, id).len()).unwrap_or(u32::MAX).min(16);
    let pause = policy.pause.saturating_mul(1 << doublings).min(RetryPolicy::PAUSE_MAX);
    let share = u32::try_from(id.0.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56).unwrap_or(0);
    let with_share = pause + pause / 4 * share / 256;
    // What is stored has milliseconds.
    Duration::from_millis(u64::try_from(with_share.as_millis()).unwrap_or(u64::MAX))
}

fn counted(rounds: u32) -> String {
    format!("{rounds} round{}", if rounds == 1 { "" } else { "s" })
}
