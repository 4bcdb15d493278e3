//! Creates a pipeline.

use super::touched::Touched;
use super::{branches, events};
use crate::mapping::{self, time_of};
use crate::reads;
use crate::rows::{attachments, idempotency_keys, kept_agents, pipelines, steps};
use crate::writer::{Durability, Sequence, Write, WriteError};
use agency_domain::PipelineId;
use agency_domain::pipelines::{Created, IdempotencyKey, PipelineChange, StoreError};
use async_trait::async_trait;
use sea_orm::{DatabaseTransaction, EntityTrait, IntoActiveModel, SqlErr};

/// The version of a pipeline that has just been stored.
const FIRST_VERSION: i64 = 1;

pub(crate) struct Create {
    pub(crate) change: PipelineChange,
    pub(crate) key: Option<IdempotencyKey>,
}

#[async_trait]
impl Write for Create {
    type Answer = Created;

    fn durability(&self) -> Durability {
        Durability::Power
    }

    async fn run(&self, db: &DatabaseTransaction, sequence: &mut Sequence) -> Result<Created, WriteError> {
        if let Some(before) = self.made_before(db).await? {
            return Ok(Created::Before(before));
        }
        branches::check_free(db, &self.change.after).await?;
        self.insert(db).await?;
        Touched::of_new(&self.change.after).write(db, &self.change).await?;
        events::append(db, sequence, &self.change).await?;
        Ok(Created::New(self.change.after.id))
    }
}

impl Create {
    /// The pipeline that an earlier request with the same key made.
    async fn made_before(&self, db: &DatabaseTransaction) -> Result<Option<PipelineId>, WriteError> {
        let Some(key) = &self.key else { return Ok(None) };
        let row = idempotency_keys::Entity::find_by_id(key.key.as_str()).one(db).await?;
        Ok(reads::pipelines::made_by(row, key)?)
    }

    async fn insert(&self, db: &DatabaseTransaction) -> Result<(), WriteError> {
        let after = &self.change.after;
        let row = mapping::pipelines::row_of(after, FIRST_VERSION).into_active_model();
        if let Err(error) = pipelines::Entity::insert(row).exec_without_returning(db).await {
            return Err(match error.sql_err() {
                Some(SqlErr::UniqueConstraintViolation(_)) => StoreError::Conflict.into(),
                Some(_) | None => error.into(),
            });
        }
        let rows = after.steps.iter().enumerate();
        let rows = rows.map(|(index, step)| mapping::steps::row_of(after.id, index, step).into_active_model());
        steps::Entity::insert_many(rows).exec_without_returning(db).await?;
        let kept = self.change.agents.iter().map(|kept| mapping::kept_agents::row_of(after.id, kept).into_active_model());
        if kept.len() > 0 {
            kept_agents::Entity::insert_many(kept).exec_without_returning(db).await?;
        }
        self.attach(db).await?;
        if let Some(key) = &self.key {
            let row = idempotency_keys::Model {
                key: key.key.clone(),
                request_sha256: key.request_sha256.clone(),
                pipeline_id: after.id.0,
                created_at: time_of(self.change.at),
            };
            idempotency_keys::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
        }
        Ok(())
    }

    /// One at a time: together they may be longer than a statement may.
    async fn attach(&self, db: &DatabaseTransaction) -> Result<(), WriteError> {
        let after = &self.change.after;
        for (position, (about, content)) in (0..).zip(after.attachments.iter().zip(&self.change.contents)) {
            let row = mapping::attachments::row_of(after.id, position, about, content);
            attachments::Entity::insert(row).exec_without_returning(db).await?;
        }
        Ok(())
    }
}
