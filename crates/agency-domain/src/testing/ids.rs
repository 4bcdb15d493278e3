//! Ids that count from 1.

use crate::{ApprovalId, AskId, AttemptId, CredentialId, HandoffId, Ids, PipelineId, QuestionId, SteerId, StepId};
use std::sync::atomic::{AtomicI64, Ordering};

/// One counter per kind of id, each from 1.
#[derive(Debug, Default)]
pub struct TestIds {
    pipelines: AtomicI64,
    steps: AtomicI64,
    attempts: AtomicI64,
    handoffs: AtomicI64,
    approvals: AtomicI64,
    steers: AtomicI64,
    asks: AtomicI64,
    questions: AtomicI64,
    credentials: AtomicI64,
}

fn next(counter: &AtomicI64) -> i64 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

impl Ids for TestIds {
    fn pipeline(&self) -> PipelineId {
        PipelineId(next(&self.pipelines))
    }

    fn step(&self) -> StepId {
        StepId(next(&self.steps))
    }

    fn attempt(&self) -> AttemptId {
        AttemptId(next(&self.attempts))
    }

    fn handoff(&self) -> HandoffId {
        HandoffId(next(&self.handoffs))
    }

    fn approval(&self) -> ApprovalId {
        ApprovalId(next(&self.approvals))
    }

    fn steer(&self) -> SteerId {
        SteerId(next(&self.steers))
    }

    fn ask(&self) -> AskId {
        AskId(next(&self.asks))
    }

    fn question(&self) -> QuestionId {
        QuestionId(next(&self.questions))
    }

    fn credential(&self) -> CredentialId {
        CredentialId(next(&self.credentials))
    }
}
