//! Reminds of gates that have waited for long. Nothing is ever approved by time.

use crate::use_cases::Shared;
use agency_domain::approvals::ApprovalState;
use agency_domain::pipelines::{Command, Pipeline};
use agency_domain::templates::StepKind;
use agency_domain::{ApprovalId, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

/// How often the gates are looked at: reminders are due after minutes at the least.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// Gates that are looked at in one go; more than anybody can have open.
const GATES_MAX: u32 = 200;

#[derive(Default)]
pub(crate) struct Reminders {
    last: Option<Instant>,
}

impl Reminders {
    /// Looks, where it is time to, and raises what is due. A fault is logged: the next look comes soon.
    pub(crate) async fn look(&mut self, shared: &Shared) {
        if self.last.is_some_and(|last| last.elapsed() < LOOK_EVERY) {
            return;
        }
        self.last = Some(Instant::now());
        if let Err(error) = remind(shared).await {
            tracing::warn!(%error, "reminders cannot be looked at; trying again");
        }
    }
}

async fn remind(shared: &Shared) -> Result<(), crate::UseCaseError> {
    for (approval, id) in shared.ports.store.approvals(Some("pending"), None, GATES_MAX).await? {
        let pipeline = shared.load(id).await?;
        if is_due(&pipeline, approval, shared.ports.clock.now()) {
            shared.command(id, None, |_| Command::Remind(approval)).await?;
        }
    }
    Ok(())
}

fn is_due(pipeline: &Pipeline, id: ApprovalId, now: Timestamp) -> bool {
    let Some(approval) = pipeline.approvals.iter().find(|approval| approval.id == id) else { return false };
    let after = pipeline.step(approval.step_id).and_then(|step| match &step.plan.kind {
        StepKind::Approval { remind_after, .. } => *remind_after,
        StepKind::Agent { .. } | StepKind::Check(_) => None,
    });
    let waits = approval.state == ApprovalState::Pending && approval.reminded_at.is_none();
    waits && after.is_some_and(|after| now >= approval.created_at + after)
}
