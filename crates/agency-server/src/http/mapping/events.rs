//! Durable facts as events of the stream.
//!
//! A fact may become several events. The last one is the fact's own: it alone carries `seq` and the SSE id. Those before it say what follows
//! from it (a gate that opens makes the pipeline wait), so that a reader that reconnects by id sees the group as a whole or not at all.

use super::{approvals, pipelines, time, transcript};
use crate::markdown::Markdown;
use agency_contract::{ApprovalStatus, AttemptStatus, PipelineStatus, StepStatus, StreamEvent, StreamPayload};
use agency_domain::StepId;
use agency_domain::pipelines::{Event, Fact, Observation, Recorded};
use agency_engine::TextDelta;

/// The events of a fact, in order. `sent_back`: the steps of an [`Event::SentBack`], in the order of the chain. Empty where nobody but the audit log cares.
pub(crate) fn events(recorded: &Recorded, sent_back: &[StepId], markdown: &Markdown) -> Vec<StreamEvent> {
    let payloads = match &recorded.fact {
        Fact::Event(event) => of_event(event, sent_back),
        Fact::Part(part) => vec![StreamPayload::TranscriptPart { part: Box::new(transcript::part(recorded.seq, part, markdown)) }],
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

fn of_event(event: &Event, sent_back: &[StepId]) -> Vec<StreamPayload> {
    match event {
        Event::PipelineCreated { title, .. } => vec![StreamPayload::PipelineCreated { title: title.clone() }],
        // There is no event of its own for these two; the pipeline has changed, and it runs.
        Event::PipelineStarted | Event::AttemptRunning { .. } | Event::AttemptFinishing { .. } => vec![updated(PipelineStatus::Running)],
        Event::PipelineSucceeded => vec![updated(PipelineStatus::Succeeded)],
        Event::PipelineFailed { reason } => {
            vec![StreamPayload::PipelineUpdated { status: PipelineStatus::Failed, status_reason: Some(pipelines::reason(reason)) }]
        }
        Event::PipelineCancelled { .. } => vec![updated(PipelineStatus::Cancelled)],
        Event::StepStarted { step_id } => vec![StreamPayload::StepStarted { step_id: step_id.0 }],
        Event::StepFinished { step_id, status } => {
            vec![StreamPayload::StepFinished { step_id: step_id.0, status: pipelines::step_status(*status) }]
        }
        Event::SentBack { .. } => {
            sent_back.iter().map(|step| StreamPayload::StepFinished { step_id: step.0, status: StepStatus::Pending }).collect()
        }
        Event::AttemptStarted { .. }
        | Event::HandoffRecorded { .. }
        | Event::VerdictRecorded { .. }
        | Event::AttemptSucceeded { .. }
        | Event::AttemptFailed { .. }
        | Event::AttemptInterrupted { .. }
        | Event::AttemptCancelled { .. }
        | Event::UsageSettled { .. } => of_attempt(event).into_iter().collect(),
        Event::ApprovalRequested { .. } | Event::ApprovalDecided { .. } | Event::ApprovalWithdrawn { .. } => of_approval(event),
        Event::Observed {
            step_id: Some(step),
            attempt_id: Some(attempt),
            what: Observation::PermissionAnswered { permission, patterns, allowed },
        } => vec![StreamPayload::PermissionAnswered {
            step_id: step.0,
            attempt_id: attempt.0,
            permission: permission.clone(),
            patterns: patterns.clone(),
            allowed: *allowed,
        }],
        Event::Observed { .. } => Vec::new(),
    }
}

fn updated(status: PipelineStatus) -> StreamPayload {
    StreamPayload::PipelineUpdated { status, status_reason: None }
}

fn of_attempt(event: &Event) -> Option<StreamPayload> {
    let finished = |step: StepId, attempt: agency_domain::AttemptId, status| StreamPayload::AttemptFinished {
        step_id: step.0,
        attempt_id: attempt.0,
        status,
        failure: None,
    };
    let payload = match event {
        Event::AttemptStarted { step_id, attempt_id, number, .. } => {
            StreamPayload::AttemptStarted { step_id: step_id.0, attempt_id: attempt_id.0, number: *number }
        }
        Event::HandoffRecorded { step_id, attempt_id, handoff } => {
            StreamPayload::HandoffRecorded { step_id: step_id.0, attempt_id: attempt_id.0, handoff_id: handoff.id.0 }
        }
        Event::VerdictRecorded { step_id, attempt_id, verdict } => {
            StreamPayload::VerdictRecorded { step_id: step_id.0, attempt_id: attempt_id.0, verdict: pipelines::verdict(*verdict) }
        }
        Event::AttemptSucceeded { step_id, attempt_id, .. } => finished(*step_id, *attempt_id, AttemptStatus::Succeeded),
        Event::AttemptInterrupted { step_id, attempt_id, .. } => finished(*step_id, *attempt_id, AttemptStatus::Interrupted),
        Event::AttemptCancelled { step_id, attempt_id } | Event::UsageSettled { step_id, attempt_id, .. } => {
            finished(*step_id, *attempt_id, AttemptStatus::Cancelled)
        }
        Event::AttemptFailed { step_id, attempt_id, failure, .. } => StreamPayload::AttemptFinished {
            step_id: step_id.0,
            attempt_id: attempt_id.0,
            status: AttemptStatus::Failed,
            failure: Some(pipelines::failure(failure)),
        },
        _ => return None,
    };
    Some(payload)
}

fn of_approval(event: &Event) -> Vec<StreamPayload> {
    let decided = |step: StepId, approval: agency_domain::ApprovalId, status| StreamPayload::ApprovalDecided {
        step_id: step.0,
        approval_id: approval.0,
        status,
    };
    match event {
        Event::ApprovalRequested { step_id, approval_id, .. } => vec![
            updated(PipelineStatus::WaitingForApproval),
            StreamPayload::ApprovalRequested { step_id: step_id.0, approval_id: approval_id.0 },
        ],
        Event::ApprovalDecided { step_id, approval_id, decision, .. } => {
            vec![updated(PipelineStatus::Running), decided(*step_id, *approval_id, approvals::decided(*decision))]
        }
        Event::ApprovalWithdrawn { step_id, approval_id } => vec![decided(*step_id, *approval_id, ApprovalStatus::Withdrawn)],
        _ => Vec::new(),
    }
}
