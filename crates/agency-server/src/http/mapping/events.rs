//! Durable facts as events of the stream.
//!
//! A fact may become several events. The last one is the fact's own: it alone carries `seq` and the SSE id. Those before it say what follows
//! from it (a gate that opens makes the pipeline wait), so that a reader that reconnects by id sees the group as a whole or not at all.

mod surroundings;

use super::{approvals, pipelines, questions, requests, steps, time, transcript};
use crate::state::State;
use agency_contract::{ApprovalStatus, AttemptStatus, PipelineStatus, StepStatus, StreamEvent, StreamPayload};
use agency_domain::pipelines::{Event, Fact, Observation, Recorded};
use agency_domain::reviews::LedgerFinding;
use agency_domain::{ApprovalId, AttemptId, StepId};
use agency_engine::TextDelta;
pub(crate) use surroundings::Surroundings;

/// The events of a fact, in order. Empty where nobody but the audit log cares.
pub(crate) fn events(recorded: &Recorded, around: &Surroundings, state: &State) -> Vec<StreamEvent> {
    let payloads = match &recorded.fact {
        Fact::Event(event) => of_event(event, around),
        Fact::Part(part) => vec![StreamPayload::TranscriptPart { part: Box::new(transcript::part(recorded.seq, part, state)) }],
    };
    let last = payloads.len();
    payloads
        .into_iter()
        .enumerate()
        .map(|(index, payload)| StreamEvent {
            pipeline_id: Some(recorded.pipeline_id.0),
            seq: (index + 1 == last).then_some(recorded.seq),
            at: Some(time(recorded.at)),
            payload,
        })
        .collect()
}

/// More text of an open part; live only.
pub(crate) fn delta(delta: &TextDelta) -> StreamEvent {
    StreamEvent {
        pipeline_id: Some(delta.pipeline_id.0),
        seq: None,
        at: None,
        payload: StreamPayload::TranscriptDelta {
            attempt_id: delta.attempt_id.0,
            step_id: delta.step_id.0,
            part_id: delta.part_id.clone(),
            ordinal: delta.ordinal,
            kind: transcript::kind(delta.kind),
            offset: delta.offset,
            text: delta.text.clone(),
        },
    }
}

fn of_event(event: &Event, around: &Surroundings) -> Vec<StreamPayload> {
    match event {
        Event::PipelineCreated { .. }
        | Event::PipelineStarted
        | Event::AttemptRunning { .. }
        | Event::AttemptFinishing { .. }
        | Event::UsageReported { .. }
        | Event::PipelinePaused { .. }
        | Event::PipelineResumed { .. }
        | Event::PauseRequested { .. }
        | Event::BudgetChanged { .. }
        | Event::BudgetWarning { .. }
        | Event::PipelineSucceeded
        | Event::PipelineFailed { .. }
        | Event::PipelineCancelled { .. } => of_pipeline(event).into_iter().collect(),
        Event::StepStarted { step_id } => vec![StreamPayload::StepStarted { step_id: step_id.0 }],
        Event::StepFinished { step_id, status } => {
            vec![StreamPayload::StepFinished { step_id: step_id.0, status: steps::step_status(*status) }]
        }
        Event::SentBack { .. } => pending(&around.begin_again).collect(),
        Event::StepRetried { .. } => pending(&around.begin_again).chain([updated(PipelineStatus::Running)]).collect(),
        Event::AttemptStarted { .. }
        | Event::HandoffRecorded { .. }
        | Event::VerdictRecorded { .. }
        | Event::ChecksRan { .. }
        | Event::AttemptSucceeded { .. }
        | Event::AttemptFailed { .. }
        | Event::AttemptInterrupted { .. }
        | Event::AttemptCancelled { .. }
        | Event::UsageSettled { .. } => of_attempt(event, around).into_iter().collect(),
        Event::CriteriaUpdated { .. }
        | Event::CriterionAccepted { .. }
        | Event::FindingOpened { .. }
        | Event::FindingReworded { .. }
        | Event::FindingClosed { .. } => of_ledger(event).into_iter().collect(),
        Event::ApprovalRequested { .. }
        | Event::ApprovalDecided { .. }
        | Event::ApprovalWithdrawn { .. }
        | Event::ApprovalReminded { .. }
        | Event::ApprovalReopened { .. } => of_approval(event),
        Event::QuestionAsked { .. } | Event::QuestionAnswered { .. } | Event::QuestionFailed { .. } => {
            of_question(event).into_iter().collect()
        }
        Event::Steered { .. }
        | Event::SteerDelivered { .. }
        | Event::PermissionAsked { .. }
        | Event::PermissionAnswered { .. }
        | Event::PermissionRevoked { .. }
        | Event::Observed { .. } => of_talk(event, around).into_iter().collect(),
    }
}

fn updated(status: PipelineStatus) -> StreamPayload {
    StreamPayload::PipelineUpdated { status, status_reason: None }
}

fn pending(steps: &[StepId]) -> impl Iterator<Item = StreamPayload> {
    steps.iter().map(|step| StreamPayload::StepFinished { step_id: step.0, status: StepStatus::Pending })
}

fn of_pipeline(event: &Event) -> Option<StreamPayload> {
    Some(match event {
        Event::PipelineCreated { title, .. } => StreamPayload::PipelineCreated { title: title.clone() },
        // There is no event of its own for these; the pipeline has changed, and it runs.
        Event::PipelineStarted
        | Event::AttemptRunning { .. }
        | Event::AttemptFinishing { .. }
        | Event::UsageReported { .. }
        | Event::PipelineResumed { .. } => updated(PipelineStatus::Running),
        Event::PipelinePaused { reason } => {
            StreamPayload::PipelineUpdated { status: PipelineStatus::Paused, status_reason: Some(pipelines::pause_reason(reason)) }
        }
        Event::PauseRequested { by } => StreamPayload::PauseRequested { by: by.clone() },
        Event::BudgetChanged { budget, .. } => StreamPayload::BudgetChanged { budget: pipelines::budget(budget) },
        Event::BudgetWarning { ceiling, percent } => {
            StreamPayload::BudgetWarning { ceiling: ceiling.as_str().to_owned(), percent: *percent }
        }
        Event::PipelineSucceeded => updated(PipelineStatus::Succeeded),
        Event::PipelineFailed { reason } => {
            StreamPayload::PipelineUpdated { status: PipelineStatus::Failed, status_reason: Some(pipelines::reason(reason)) }
        }
        Event::PipelineCancelled { .. } => updated(PipelineStatus::Cancelled),
        _ => return None,
    })
}

fn of_attempt(event: &Event, around: &Surroundings) -> Option<StreamPayload> {
    let finished = |step: StepId, attempt: AttemptId, status| StreamPayload::AttemptFinished {
        step_id: step.0,
        attempt_id: attempt.0,
        status,
        failure: None,
        retry_at: None,
    };
    Some(match event {
        Event::AttemptStarted { step_id, attempt_id, number, .. } => {
            StreamPayload::AttemptStarted { step_id: step_id.0, attempt_id: attempt_id.0, number: *number }
        }
        Event::HandoffRecorded { step_id, attempt_id, handoff } => {
            StreamPayload::HandoffRecorded { step_id: step_id.0, attempt_id: attempt_id.0, handoff_id: handoff.id.0 }
        }
        Event::VerdictRecorded { step_id, attempt_id, verdict } => {
            StreamPayload::VerdictRecorded { step_id: step_id.0, attempt_id: attempt_id.0, verdict: steps::verdict(*verdict) }
        }
        Event::ChecksRan { step_id, attempt_id, checks } => StreamPayload::ChecksRan {
            step_id: step_id.0,
            attempt_id: attempt_id.0,
            checks: checks.iter().map(steps::check_result).collect(),
        },
        Event::AttemptSucceeded { step_id, attempt_id, .. } => finished(*step_id, *attempt_id, AttemptStatus::Succeeded),
        Event::AttemptInterrupted { step_id, attempt_id, .. } => finished(*step_id, *attempt_id, AttemptStatus::Interrupted),
        Event::AttemptCancelled { step_id, attempt_id } => finished(*step_id, *attempt_id, AttemptStatus::Cancelled),
        Event::UsageSettled { step_id, attempt_id, .. } => {
            let status = around.stopped.as_ref().map_or(AttemptStatus::Cancelled, |status| steps::attempt_status(status).0);
            finished(*step_id, *attempt_id, status)
        }
        Event::AttemptFailed { step_id, attempt_id, failure, retry_at, .. } => StreamPayload::AttemptFinished {
            step_id: step_id.0,
            attempt_id: attempt_id.0,
            status: AttemptStatus::Failed,
            failure: Some(steps::failure(failure)),
            retry_at: retry_at.map(time),
        },
        _ => return None,
    })
}

fn of_ledger(event: &Event) -> Option<StreamPayload> {
    let opened = |step: StepId, finding: &LedgerFinding| StreamPayload::FindingOpened {
        step_id: step.0,
        finding_id: finding.id.clone(),
        severity: finding.severity.as_str().to_owned(),
        claim: finding.claim.clone(),
    };
    Some(match event {
        Event::CriteriaUpdated { criteria, .. } => {
            StreamPayload::CriteriaUpdated { criterion_ids: criteria.iter().map(|criterion| criterion.id.clone()).collect() }
        }
        Event::CriterionAccepted { criterion_id, .. } => StreamPayload::CriteriaUpdated { criterion_ids: vec![criterion_id.clone()] },
        Event::FindingOpened { step_id, finding } | Event::FindingReworded { step_id, finding } => opened(*step_id, finding),
        Event::FindingClosed { step_id, finding } => {
            StreamPayload::FindingClosed { step_id: step_id.0, finding_id: finding.id.clone(), status: finding.status.as_str().to_owned() }
        }
        _ => return None,
    })
}

fn of_approval(event: &Event) -> Vec<StreamPayload> {
    let decided =
        |step: StepId, approval: ApprovalId, status| StreamPayload::ApprovalDecided { step_id: step.0, approval_id: approval.0, status };
    match event {
        Event::ApprovalRequested { step_id, approval_id, .. } => vec![
            updated(PipelineStatus::WaitingForApproval),
            StreamPayload::ApprovalRequested { step_id: step_id.0, approval_id: approval_id.0 },
        ],
        Event::ApprovalDecided { step_id, approval_id, decision, .. } => {
            vec![updated(PipelineStatus::Running), decided(*step_id, *approval_id, approvals::decided(*decision))]
        }
        Event::ApprovalWithdrawn { step_id, approval_id } => vec![decided(*step_id, *approval_id, ApprovalStatus::Withdrawn)],
        Event::ApprovalReminded { step_id, approval_id } => {
            vec![StreamPayload::ApprovalReminded { step_id: step_id.0, approval_id: approval_id.0 }]
        }
        Event::ApprovalReopened { step_id, approval_id, changed } => pending(&[*step_id])
            .chain([StreamPayload::ApprovalReopened { step_id: step_id.0, approval_id: approval_id.0, changed: changed.clone() }])
            .collect(),
        _ => Vec::new(),
    }
}

fn of_question(event: &Event) -> Option<StreamPayload> {
    Some(match event {
        Event::QuestionAsked { step_id, attempt_id, question } => StreamPayload::QuestionAsked {
            step_id: step_id.0,
            attempt_id: attempt_id.0,
            question_id: question.id.0,
            by: question.by.clone(),
            text: question.text.clone(),
        },
        Event::QuestionAnswered { step_id, attempt_id, question_id, end, .. } => StreamPayload::QuestionAnswered {
            step_id: step_id.0,
            attempt_id: attempt_id.0,
            question_id: question_id.0,
            answer: end.text.clone(),
        },
        Event::QuestionFailed { step_id, attempt_id, question_id, end, .. } => StreamPayload::QuestionFailed {
            step_id: step_id.0,
            attempt_id: attempt_id.0,
            question_id: question_id.0,
            status: questions::status(end.outcome),
            message: end.text.clone(),
        },
        _ => return None,
    })
}

fn of_talk(event: &Event, around: &Surroundings) -> Option<StreamPayload> {
    Some(match event {
        Event::Steered { steer } => StreamPayload::MessageReceived {
            message_id: steer.id.0,
            step_id: steer.step.map(|id| id.0),
            by: steer.by.clone(),
            text: steer.text.clone(),
        },
        Event::SteerDelivered { steer_id, attempt_id } => {
            StreamPayload::MessageDelivered { message_id: steer_id.0, attempt_id: attempt_id.0 }
        }
        Event::PermissionAsked { step_id, attempt_id, ask } => StreamPayload::PermissionAsked {
            step_id: step_id.0,
            attempt_id: attempt_id.0,
            request_id: ask.id.0,
            kind: requests::kind(ask.kind),
            permission: ask.subject.clone(),
            patterns: ask.patterns.clone(),
            deadline: time(ask.deadline),
        },
        Event::PermissionAnswered { step_id, attempt_id, ask_id, answer } => StreamPayload::PermissionAnswered {
            step_id: step_id.0,
            attempt_id: attempt_id.0,
            request_id: Some(ask_id.0),
            permission: around.ask.as_ref().map(|ask| ask.subject.clone()).unwrap_or_default(),
            patterns: around.ask.as_ref().map(|ask| ask.patterns.clone()).unwrap_or_default(),
            allowed: answer.allowed,
            by: requests::person(&answer.by).map(str::to_owned),
        },
        Event::PermissionRevoked { step_id, ask_id, revocation, .. } => {
            StreamPayload::PermissionRevoked { step_id: step_id.0, request_id: ask_id.0, by: revocation.by.clone() }
        }
        Event::Observed { what: Observation::FilesOverlap { with, files }, .. } => {
            StreamPayload::FilesOverlap { with_pipeline_id: with.0, files: files.clone() }
        }
        Event::Observed {
            step_id: Some(step),
            attempt_id: Some(attempt),
            what: Observation::PermissionSettled { permission, patterns, allowed, .. },
        } => StreamPayload::PermissionAnswered {
            step_id: step.0,
            attempt_id: attempt.0,
            request_id: None,
            permission: permission.clone(),
            patterns: patterns.clone(),
            allowed: *allowed,
            by: None,
        },
        _ => return None,
    })
}
