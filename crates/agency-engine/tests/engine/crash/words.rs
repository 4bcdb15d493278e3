//! The events of the machine by name: a new one does not compile until it is here, and does not pass until a scenario brings it about.

use agency_domain::pipelines::Event;

macro_rules! words {
    ($($word:literal = $event:pat,)+) => {
        pub(crate) const ALL: &[&str] = &[$($word),+];

        /// The word of an event.
        pub(crate) fn word_of(event: &Event) -> &'static str {
            match event {
                $($event => $word,)+
            }
        }
    };
}

words! {
    "pipeline_created" = Event::PipelineCreated { .. },
    "question_asked" = Event::QuestionAsked { .. },
    "question_answered" = Event::QuestionAnswered { .. },
    "question_failed" = Event::QuestionFailed { .. },
    "pipeline_started" = Event::PipelineStarted,
    "step_started" = Event::StepStarted { .. },
    "attempt_started" = Event::AttemptStarted { .. },
    "attempt_running" = Event::AttemptRunning { .. },
    "attempt_finishing" = Event::AttemptFinishing { .. },
    "handoff_recorded" = Event::HandoffRecorded { .. },
    "verdict_recorded" = Event::VerdictRecorded { .. },
    "attempt_succeeded" = Event::AttemptSucceeded { .. },
    "attempt_failed" = Event::AttemptFailed { .. },
    "checks_ran" = Event::ChecksRan { .. },
    "criteria_updated" = Event::CriteriaUpdated { .. },
    "criterion_accepted" = Event::CriterionAccepted { .. },
    "finding_opened" = Event::FindingOpened { .. },
    "finding_reworded" = Event::FindingReworded { .. },
    "finding_closed" = Event::FindingClosed { .. },
    "attempt_interrupted" = Event::AttemptInterrupted { .. },
    "attempt_cancelled" = Event::AttemptCancelled { .. },
    "usage_reported" = Event::UsageReported { .. },
    "usage_settled" = Event::UsageSettled { .. },
    "step_finished" = Event::StepFinished { .. },
    "sent_back" = Event::SentBack { .. },
    "approval_requested" = Event::ApprovalRequested { .. },
    "approval_decided" = Event::ApprovalDecided { .. },
    "approval_withdrawn" = Event::ApprovalWithdrawn { .. },
    "approval_reminded" = Event::ApprovalReminded { .. },
    "approval_reopened" = Event::ApprovalReopened { .. },
    "pause_requested" = Event::PauseRequested { .. },
    "pipeline_paused" = Event::PipelinePaused { .. },
    "pipeline_resumed" = Event::PipelineResumed { .. },
    "budget_changed" = Event::BudgetChanged { .. },
    "budget_warning" = Event::BudgetWarning { .. },
    "step_retried" = Event::StepRetried { .. },
    "steered" = Event::Steered { .. },
    "steer_delivered" = Event::SteerDelivered { .. },
    "permission_asked" = Event::PermissionAsked { .. },
    "permission_answered" = Event::PermissionAnswered { .. },
    "permission_revoked" = Event::PermissionRevoked { .. },
    "pipeline_succeeded" = Event::PipelineSucceeded,
    "pipeline_failed" = Event::PipelineFailed { .. },
    "pipeline_cancelled" = Event::PipelineCancelled { .. },
    "observed" = Event::Observed { .. },
}
