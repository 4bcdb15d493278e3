//! Ids that rise from the highest that is stored.

use crate::rows::{approvals, asks, attempts, credentials, handoffs, pipelines, questions, steers, steps};
use agency_domain::{ApprovalId, AskId, AttemptId, CredentialId, HandoffId, Ids, PipelineId, QuestionId, SteerId, StepId};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QuerySelect};
use std::sync::atomic::{AtomicI64, Ordering};

/// One counter per table. Rows are never deleted, so what is above the highest was never given out and used.
pub(crate) struct StoredIds {
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

impl StoredIds {
    pub(crate) async fn read(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        Ok(Self {
            pipelines: highest::<pipelines::Entity>(db, pipelines::Column::Id).await?,
            steps: highest::<steps::Entity>(db, steps::Column::Id).await?,
            attempts: highest::<attempts::Entity>(db, attempts::Column::Id).await?,
            handoffs: highest::<handoffs::Entity>(db, handoffs::Column::Id).await?,
            approvals: highest::<approvals::Entity>(db, approvals::Column::Id).await?,
            steers: highest::<steers::Entity>(db, steers::Column::Id).await?,
            asks: highest::<asks::Entity>(db, asks::Column::Id).await?,
            questions: highest::<questions::Entity>(db, questions::Column::Id).await?,
            credentials: highest::<credentials::Entity>(db, credentials::Column::Id).await?,
        })
    }
}

async fn highest<E: EntityTrait>(db: &impl ConnectionTrait, id: E::Column) -> Result<AtomicI64, DbErr> {
    let row: Option<Option<i64>> = E::find().select_only().column_as(id.max(), "highest").into_tuple().one(db).await?;
    Ok(AtomicI64::new(row.flatten().unwrap_or(0)))
}

fn next(counter: &AtomicI64) -> i64 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

impl Ids for StoredIds {
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
