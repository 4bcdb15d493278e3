//! Who acted, for the events in which a person did.

use agency_domain::pipelines::{AnsweredBy, Event};

/// The person as the event names them; `None` where the server, an agent or the clock did it.
pub(super) fn actor(event: &Event) -> Option<&str> {
    match event {
        Event::PauseRequested { by }
        | Event::PipelineResumed { by }
        | Event::BudgetChanged { by, .. }
        | Event::StepRetried { by, .. }
        | Event::PipelineCancelled { by } => Some(by),
        Event::ApprovalDecided { decided_by, .. } => Some(decided_by),
        Event::CriterionAccepted { acceptance, .. } => Some(&acceptance.by),
        Event::Steered { steer } => Some(&steer.by),
        Event::QuestionAsked { question, .. } => Some(&question.by),
        Event::PermissionAnswered { answer, .. } => match &answer.by {
            AnsweredBy::Person(name) => Some(name),
            AnsweredBy::Deadline | AnsweredBy::End => None,
        },
        Event::PermissionRevoked { revocation, .. } => Some(&revocation.by),
        Event::PipelineCreated { .. }
        | Event::PipelineStarted
        | Event::StepStarted { .. }
        | Event::AttemptStarted { .. }
        | Event::AttemptRunning { .. }
        | Event::AttemptFinishing { .. }
        | Event::HandoffRecorded { .. }
        | Event::VerdictRecorded { .. }
        | Event::AttemptSucceeded { .. }
        | Event::AttemptFailed { .. }
        | Event::ChecksRan { .. }
        | Event::CriteriaUpdated { .. }
        | Event::FindingOpened { .. }
        | Event::FindingReworded { .. }
        | Event::FindingClosed { .. }
        | Event::AttemptInterrupted { .. }
        | Event::AttemptCancelled { .. }
        | Event::UsageReported { .. }
        | Event::UsageSettled { .. }
        | Event::StepFinished { .. }
        | Event::SentBack { .. }
        | Event::ApprovalRequested { .. }
        | Event::ApprovalWithdrawn { .. }
        | Event::ApprovalReminded { .. }
        | Event::ApprovalReopened { .. }
        | Event::PipelinePaused { .. }
        | Event::BudgetWarning { .. }
        | Event::SteerDelivered { .. }
        | Event::PermissionAsked { .. }
        | Event::QuestionAnswered { .. }
        | Event::QuestionFailed { .. }
        | Event::PipelineSucceeded
        | Event::PipelineFailed { .. }
        | Event::Observed { .. } => None,
    }
}
