//! What the log says, held against what is stored.

use crate::pipelines::{AttemptStatus, Event, Fact, Observation, Pipeline, PipelineStatus, Recorded, Step, StepStatus};
use crate::{AttemptId, PipelineId, SessionId};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Each fact once and in order, none behind the head. A part of a transcript that changed leaves a gap where it stood before.
pub(super) fn order_faults(facts: &[Recorded], head: i64) -> Vec<String> {
    let mut faults: Vec<String> = facts
        .windows(2)
        .filter(|pair| pair[0].seq >= pair[1].seq)
        .map(|pair| format!("fact {} comes after fact {}", pair[1].seq, pair[0].seq))
        .collect();
    if facts.last().is_some_and(|last| last.seq != head) {
        faults.push(format!("the log's head is {head}, and its last fact {}", facts.last().map_or(0, |last| last.seq)));
    }
    faults
}

/// The stored state must be what the events make of the pipeline as it was created.
pub(super) fn replay_faults(pipeline: &Pipeline, origin: Option<&Pipeline>, facts: &[Recorded]) -> Vec<String> {
    let mut replayed = as_created(pipeline, origin);
    let mut faults = Vec::new();
    let events = facts.iter().filter_map(|recorded| match &recorded.fact {
        Fact::Event(event) => Some((event, recorded.at)),
        Fact::Part(_) => None,
    });
    let created = events.clone().position(|(event, _)| matches!(event, Event::PipelineCreated { .. }));
    if created != Some(0) {
        faults.push("its first event is not its creation".to_owned());
    }
    // An event that names what no earlier one made is a broken invariant to `apply`, and a fault here.
    let all_fit = catch_unwind(AssertUnwindSafe(|| events.for_each(|(event, at)| replayed.apply(event, at)))).is_ok();
    if !all_fit {
        faults.push("one of its events names what no earlier one made".to_owned());
    }
    for (stored, replayed) in pipeline.steps.iter().zip(&replayed.steps).filter(|(stored, replayed)| stored != replayed) {
        faults.push(format!("step {} is not what its events make of it:\n    stored   {stored:?}\n    replayed {replayed:?}", stored.id));
    }
    let without_steps = |pipeline: &Pipeline| Pipeline { steps: Vec::new(), ..pipeline.clone() };
    let (stored, replayed) = (without_steps(pipeline), without_steps(&replayed));
    if stored != replayed {
        faults.push(format!("it is not what its events make of it:\n    stored   {stored:?}\n    replayed {replayed:?}"));
    }
    faults
}

/// A pipeline as it was created, made from what it is now: whatever an event changes is taken back, and what no event changes is as it was. What an
/// event sets as a whole (the budget, a step's model) may stay, for the newest event sets it again.
fn as_created(pipeline: &Pipeline, origin: Option<&Pipeline>) -> Pipeline {
    let taken_over = pipeline.forked_from.zip(origin).and_then(|(from, origin)| origin.index_of(from.step));
    let steps: Vec<Step> =
        pipeline.steps.iter().enumerate().map(|(index, step)| step_as_created(pipeline, step, taken_over >= Some(index))).collect();
    let copied = steps.iter().flat_map(|step| &step.attempts).filter_map(|attempt| attempt.head_commit.clone()).next_back();
    let is_fork = pipeline.forked_from.is_some();
    Pipeline {
        status: PipelineStatus::Queued,
        head_commit: copied.unwrap_or_else(|| pipeline.base_commit.clone()),
        updated_at: pipeline.created_at,
        started_at: None,
        finished_at: None,
        steps,
        approvals: Vec::new(),
        warned: Vec::new(),
        pause_requested: None,
        // A fork begins with rows of its origin; an event that changes one brings all of it.
        criteria: if is_fork { pipeline.criteria.clone() } else { Vec::new() },
        findings: if is_fork { pipeline.findings.clone() } else { Vec::new() },
        steers: Vec::new(),
        asks: Vec::new(),
        questions: Vec::new(),
        ..pipeline.clone()
    }
}

fn step_as_created(pipeline: &Pipeline, step: &Step, is_taken_over: bool) -> Step {
    let attempts: Vec<_> = step.attempts.iter().filter(|attempt| attempt.copied_from.is_some()).cloned().collect();
    // A check that found nothing to run is the only kind of step that is done without having succeeded.
    let was_skipped = step.agent().is_none() && attempts.iter().any(|attempt| attempt.checks.is_empty() && attempt.handoff.is_none());
    let done = if was_skipped { StepStatus::Skipped } else { StepStatus::Succeeded };
    Step {
        status: if is_taken_over { done } else { StepStatus::Pending },
        rounds: 0,
        tries_from: 0,
        retry_at: None,
        started_at: is_taken_over.then_some(pipeline.created_at),
        finished_at: is_taken_over.then_some(pipeline.created_at),
        attempts,
        ..step.clone()
    }
}

/// Each attempt was begun once, and ended once where it is not open and never where it is.
pub(super) fn attempt_faults(pipeline: &Pipeline, facts: &[Recorded]) -> Vec<String> {
    let mut begun: BTreeMap<AttemptId, u32> = BTreeMap::new();
    let mut ended: BTreeMap<AttemptId, u32> = BTreeMap::new();
    for recorded in facts {
        let Fact::Event(event) = &recorded.fact else { continue };
        if let Event::AttemptStarted { attempt_id, .. } = event {
            *begun.entry(*attempt_id).or_default() += 1;
        }
        if let Some(attempt) = ends(event) {
            *ended.entry(attempt).or_default() += 1;
        }
    }
    let mut faults = Vec::new();
    for (_, attempt) in pipeline.attempts_in_order() {
        let own = u32::from(attempt.copied_from.is_none());
        let times = |counted: &BTreeMap<AttemptId, u32>| counted.get(&attempt.id).copied().unwrap_or(0);
        let expected_ends = if attempt.status.is_open() { 0 } else { own };
        if (times(&begun), times(&ended)) != (own, expected_ends) {
            let (begun, ended, status) = (times(&begun), times(&ended), attempt.status.as_str());
            faults.push(format!("attempt {} is {status}, and was begun {begun} and ended {ended} times", attempt.id));
        }
    }
    let unknown = begun.keys().chain(ended.keys()).filter(|id| pipeline.attempt(**id).is_none());
    faults.extend(unknown.map(|id| format!("the log knows attempt {id}, and the pipeline does not")));
    let accepted = pipeline.attempts_in_order().into_iter().filter(|(_, attempt)| attempt.status == AttemptStatus::Succeeded);
    faults.extend(
        accepted
            .filter(|(step, attempt)| step.agent().is_some() && attempt.handoff.is_none())
            .map(|(_, attempt)| format!("attempt {} succeeded without a hand-off", attempt.id)),
    );
    faults
}

/// Refs that keep a pipeline's work and that none of its events names.
pub(super) fn ref_faults(pipeline: PipelineId, refs: &[String], facts: &[Recorded]) -> Vec<String> {
    let named = |wanted: &String| {
        facts.iter().any(|recorded| match &recorded.fact {
            Fact::Event(Event::Observed {
                what: Observation::PreservationBegun { reference } | Observation::WorkPreserved { reference, .. },
                ..
            }) => recorded.pipeline_id == pipeline && reference == wanted,
            Fact::Event(_) | Fact::Part(_) => false,
        })
    };
    let prefix = format!("refs/agency/{pipeline}/");
    let own = refs.iter().filter(|reference| reference.starts_with(&prefix));
    own.filter(|reference| !named(reference)).map(|reference| format!("{reference} keeps work, and no event names it")).collect()
}

/// What an attempt was once reported to have used is counted for ever.
pub(super) fn usage_faults(pipeline: &Pipeline, facts: &[Recorded]) -> Vec<String> {
    let reported = facts.iter().filter_map(|recorded| match &recorded.fact {
        Fact::Event(Event::UsageReported { attempt_id, usage, .. }) => Some((*attempt_id, *usage)),
        Fact::Event(_) | Fact::Part(_) => None,
    });
    let counted = |id: AttemptId| pipeline.attempt(id).map(|(_, attempt)| attempt.usage).unwrap_or_default();
    reported
        .filter(|(attempt, usage)| counted(*attempt).or_more(*usage) != counted(*attempt))
        .map(|(attempt, usage)| format!("attempt {attempt} reported {usage:?}, and {:?} is counted", counted(attempt)))
        .collect()
}

/// The attempt whose end an event is.
fn ends(event: &Event) -> Option<AttemptId> {
    match event {
        Event::AttemptSucceeded { attempt_id, .. }
        | Event::AttemptFailed { attempt_id, .. }
        | Event::AttemptInterrupted { attempt_id, .. }
        | Event::AttemptCancelled { attempt_id, .. } => Some(*attempt_id),
        Event::PipelineCreated { .. }
        | Event::PipelineStarted
        | Event::StepStarted { .. }
        | Event::AttemptStarted { .. }
        | Event::AttemptRunning { .. }
        | Event::AttemptFinishing { .. }
        | Event::HandoffRecorded { .. }
        | Event::VerdictRecorded { .. }
        | Event::ChecksRan { .. }
        | Event::CriteriaUpdated { .. }
        | Event::CriterionAccepted { .. }
        | Event::FindingOpened { .. }
        | Event::FindingReworded { .. }
        | Event::FindingClosed { .. }
        | Event::UsageReported { .. }
        | Event::UsageSettled { .. }
        | Event::StepFinished { .. }
        | Event::SentBack { .. }
        | Event::ApprovalRequested { .. }
        | Event::ApprovalDecided { .. }
        | Event::ApprovalWithdrawn { .. }
        | Event::ApprovalReminded { .. }
        | Event::ApprovalReopened { .. }
        | Event::PauseRequested { .. }
        | Event::PipelinePaused { .. }
        | Event::PipelineResumed { .. }
        | Event::BudgetChanged { .. }
        | Event::BudgetWarning { .. }
        | Event::StepRetried { .. }
        | Event::Steered { .. }
        | Event::SteerDelivered { .. }
        | Event::PermissionAsked { .. }
        | Event::PermissionAnswered { .. }
        | Event::PermissionRevoked { .. }
        | Event::PipelineSucceeded
        | Event::PipelineFailed { .. }
        | Event::PipelineCancelled { .. }
        | Event::QuestionAsked { .. }
        | Event::QuestionAnswered { .. }
        | Event::QuestionFailed { .. }
        | Event::Observed { .. } => None,
    }
}

/// The attempt that an event begins in a session.
pub(super) fn begins_in(event: &Event, wanted: &SessionId) -> Option<AttemptId> {
    match event {
        Event::AttemptStarted { attempt_id, session: Some(session), .. } if session == wanted => Some(*attempt_id),
        _ => None,
    }
}
