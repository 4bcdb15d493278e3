//! Which rows a change touches, and how they are written: the events say which, the pipeline as they leave it says what.

use super::ledgers::Ledgers;
use crate::mapping;
use crate::rows::{approvals, attempts, handoffs, receipts, steps};
use crate::writer::WriteError;
use agency_domain::pipelines::{Event, Pipeline, PipelineChange, StoreError};
use agency_domain::{ApprovalId, AttemptId, StepId};
use sea_orm::{ActiveModelTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter};
use std::collections::BTreeSet;

/// Ids of the rows to insert and to update.
#[derive(Debug, Default)]
pub(super) struct Touched {
    steps: BTreeSet<StepId>,
    attempts_new: BTreeSet<AttemptId>,
    attempts: BTreeSet<AttemptId>,
    handoffs: BTreeSet<AttemptId>,
    approvals_new: BTreeSet<ApprovalId>,
    approvals: BTreeSet<ApprovalId>,
    ledgers: Ledgers,
}

impl Touched {
    pub(super) fn by(change: &PipelineChange) -> Self {
        let mut touched = Self::default();
        for event in &change.events {
            touched.note(event, &change.after);
        }
        touched.attempts.retain(|id| !touched.attempts_new.contains(id));
        touched.approvals.retain(|id| !touched.approvals_new.contains(id));
        touched
    }

    /// Everything that a new pipeline comes with: nothing, but where it is a fork. Its steps are inserted with the pipeline itself.
    pub(super) fn of_new(fork: &Pipeline) -> Self {
        let attempts = || fork.steps.iter().flat_map(|step| &step.attempts);
        Self {
            attempts_new: attempts().map(|attempt| attempt.id).collect(),
            handoffs: attempts().filter(|attempt| attempt.handoff.is_some()).map(|attempt| attempt.id).collect(),
            ledgers: Ledgers::of_new(fork),
            ..Self::default()
        }
    }

    fn note(&mut self, event: &Event, after: &Pipeline) {
        match event {
            Event::PipelineCreated { .. }
            | Event::PipelineStarted
            | Event::PauseRequested { .. }
            | Event::PipelinePaused { .. }
            | Event::PipelineResumed { .. }
            | Event::BudgetChanged { .. }
            | Event::BudgetWarning { .. }
            | Event::Observed { .. } => {}
            Event::CriteriaUpdated { .. }
            | Event::CriterionAccepted { .. }
            | Event::FindingOpened { .. }
            | Event::FindingReworded { .. }
            | Event::FindingClosed { .. }
            | Event::Steered { .. }
            | Event::SteerDelivered { .. }
            | Event::PermissionAsked { .. }
            | Event::PermissionAnswered { .. }
            | Event::PermissionRevoked { .. }
            | Event::QuestionAsked { .. }
            | Event::QuestionAnswered { .. }
            | Event::QuestionFailed { .. } => self.ledgers.note(event),
            Event::StepRetried { step_id, .. } => {
                let from = after.index_of(*step_id).unwrap_or(0);
                self.steps.extend(after.steps[from..].iter().map(|step| step.id));
            }
            Event::PipelineSucceeded | Event::PipelineFailed { .. } | Event::PipelineCancelled { .. } => {
                self.steps.extend(after.steps.iter().map(|step| step.id));
            }
            Event::StepStarted { step_id } | Event::StepFinished { step_id, .. } => {
                self.steps.insert(*step_id);
            }
            Event::SentBack { from, to, .. } => {
                let range = after.index_of(*to).unwrap_or(0)..=after.index_of(*from).unwrap_or(0);
                self.steps.extend(after.steps.get(range).unwrap_or_default().iter().map(|step| step.id));
            }
            Event::AttemptStarted { step_id, attempt_id, .. } => {
                self.steps.insert(*step_id);
                self.attempts_new.insert(*attempt_id);
            }
            Event::AttemptRunning { attempt_id, .. }
            | Event::AttemptFinishing { attempt_id, .. }
            | Event::VerdictRecorded { attempt_id, .. }
            | Event::ChecksRan { attempt_id, .. }
            | Event::AttemptSucceeded { attempt_id, .. }
            | Event::AttemptInterrupted { attempt_id, .. }
            | Event::AttemptCancelled { attempt_id, .. }
            | Event::UsageReported { attempt_id, .. }
            | Event::UsageSettled { attempt_id, .. } => {
                self.attempts.insert(*attempt_id);
            }
            Event::AttemptFailed { step_id, attempt_id, .. } => {
                self.steps.insert(*step_id);
                self.attempts.insert(*attempt_id);
            }
            Event::HandoffRecorded { attempt_id, .. } => {
                self.handoffs.insert(*attempt_id);
            }
            Event::ApprovalRequested { step_id, approval_id, .. } => {
                self.steps.insert(*step_id);
                self.approvals_new.insert(*approval_id);
            }
            Event::ApprovalDecided { approval_id, .. }
            | Event::ApprovalWithdrawn { approval_id, .. }
            | Event::ApprovalReminded { approval_id, .. } => {
                self.approvals.insert(*approval_id);
            }
            Event::ApprovalReopened { step_id, .. } => {
                self.steps.insert(*step_id);
            }
        }
    }

    /// Writes the rows. Parents first: foreign keys are checked at each statement.
    pub(super) async fn write(&self, db: &DatabaseTransaction, change: &PipelineChange) -> Result<(), WriteError> {
        let after = &change.after;
        for id in &self.steps {
            update_step(db, after, *id).await?;
        }
        for id in &self.attempts_new {
            let row = attempt_row(after, *id)?.into_active_model();
            attempts::Entity::insert(row).exec_without_returning(db).await?;
        }
        for id in &self.attempts {
            let row = attempt_row(after, *id)?.into_active_model().reset_all();
            let update = attempts::Entity::update_many().set(row).filter(attempts::COLUMN.id.eq(id.0));
            update.exec(db).await?;
        }
        if let Some(receipt) = &change.receipt {
            let row = mapping::receipts::row_of(receipt).into_active_model();
            receipts::Entity::insert(row).exec_without_returning(db).await?;
        }
        for id in &self.handoffs {
            insert_handoff(db, after, *id).await?;
        }
        self.write_approvals(db, after).await?;
        self.ledgers.write(db, after).await
    }

    async fn write_approvals(&self, db: &DatabaseTransaction, after: &Pipeline) -> Result<(), WriteError> {
        for id in &self.approvals_new {
            let row = approval_row(after, *id)?.into_active_model();
            approvals::Entity::insert(row).exec_without_returning(db).await?;
        }
        for id in &self.approvals {
            let row = approval_row(after, *id)?.into_active_model().reset_all();
            let update = approvals::Entity::update_many().set(row).filter(approvals::COLUMN.id.eq(id.0));
            update.exec(db).await?;
        }
        Ok(())
    }
}

async fn update_step(db: &DatabaseTransaction, after: &Pipeline, id: StepId) -> Result<(), WriteError> {
    let index = after.index_of(id).ok_or_else(|| absent("steps", id.0))?;
    let row = mapping::steps::row_of(after.id, index, &after.steps[index]).into_active_model().reset_all();
    let update = steps::Entity::update_many().set(row).filter(steps::COLUMN.id.eq(id.0));
    update.exec(db).await?;
    Ok(())
}

async fn insert_handoff(db: &DatabaseTransaction, after: &Pipeline, id: AttemptId) -> Result<(), WriteError> {
    let (step, attempt) = after.attempt(id).ok_or_else(|| absent("attempts", id.0))?;
    let handoff = attempt.handoff.as_ref().ok_or_else(|| absent("handoffs", id.0))?;
    let row = mapping::handoffs::row_of(after.id, step.id, id, handoff).into_active_model();
    handoffs::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

fn attempt_row(after: &Pipeline, id: AttemptId) -> Result<attempts::Model, StoreError> {
    let (step, attempt) = after.attempt(id).ok_or_else(|| absent("attempts", id.0))?;
    Ok(mapping::attempts::row_of(after.id, step.id, attempt))
}

fn approval_row(after: &Pipeline, id: ApprovalId) -> Result<approvals::Model, StoreError> {
    let approval = after.approvals.iter().find(|approval| approval.id == id);
    let approval = approval.ok_or_else(|| absent("approvals", id.0))?;
    Ok(mapping::approvals::row_of(after.id, approval))
}

/// An event names what the pipeline does not have: the change was put together wrongly, and is refused whole.
fn absent(table: &'static str, id: i64) -> StoreError {
    StoreError::Corrupt { table, id: id.to_string(), detail: "an event of the change names it, and the pipeline does not have it".into() }
}
