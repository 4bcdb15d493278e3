//! One pipeline with everything that belongs to it, and the few questions about single rows.

use super::{attachments, ledgers, unavailable};
use crate::mapping::{self, pipelines::Belongings};
use crate::rows::{approvals, attempts, handoffs, idempotency_keys, kept_agents, pipelines, receipts, steps};
use agency_domain::agents::KeptAgent;
use agency_domain::approvals::Approval;
use agency_domain::pipelines::{Attempt, Fork, IdempotencyKey, Pipeline, Receipt, RecordedHandoff, Step, StoreError};
use agency_domain::{AttemptId, PipelineId};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// The whole pipeline. To be read in one transaction: a commit between two of its queries would mix two states.
pub(crate) async fn load(db: &impl ConnectionTrait, id: PipelineId) -> Result<Option<Pipeline>, StoreError> {
    let Some(row) = pipelines::Entity::find_by_id(id.0).one(db).await.map_err(|error| unavailable(&error))? else {
        return Ok(None);
    };
    let mut handoffs = handoffs_of(db, id).await?;
    let mut attempts = attempts_of(db, id, &mut handoffs).await?;
    let steps = steps_of(db, id, &mut attempts).await?;
    let approvals = approvals_of(db, id).await?;
    let belongings = Belongings {
        attachments: attachments::attachments_of(db, id).await?,
        steps,
        approvals,
        criteria: ledgers::criteria_of(db, id).await?,
        findings: ledgers::findings_of(db, id).await?,
        steers: ledgers::steers_of(db, id).await?,
        asks: ledgers::asks_of(db, id).await?,
        questions: super::questions::questions_of(db, id).await?,
    };
    mapping::pipelines::pipeline_of(row, belongings).map(Some)
}

/// By attempt; the newest of an attempt is the one that counts.
async fn handoffs_of(db: &impl ConnectionTrait, id: PipelineId) -> Result<HashMap<i64, RecordedHandoff>, StoreError> {
    let rows = handoffs::Entity::find()
        .filter(handoffs::COLUMN.pipeline_id.eq(id.0))
        .order_by_asc(handoffs::COLUMN.id)
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    rows.into_iter().map(|row| Ok((row.attempt_id, mapping::handoffs::handoff_of(row)?))).collect()
}

/// By step, oldest first.
async fn attempts_of(
    db: &impl ConnectionTrait,
    id: PipelineId,
    handoffs: &mut HashMap<i64, RecordedHandoff>,
) -> Result<HashMap<i64, Vec<Attempt>>, StoreError> {
    let rows = attempts::Entity::find()
        .filter(attempts::COLUMN.pipeline_id.eq(id.0))
        .order_by_asc(attempts::COLUMN.id)
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    let mut by_step: HashMap<i64, Vec<Attempt>> = HashMap::new();
    for row in rows {
        let attempt = mapping::attempts::attempt_of(&row, handoffs.remove(&row.id))?;
        by_step.entry(row.step_id).or_default().push(attempt);
    }
    Ok(by_step)
}

async fn steps_of(db: &impl ConnectionTrait, id: PipelineId, attempts: &mut HashMap<i64, Vec<Attempt>>) -> Result<Vec<Step>, StoreError> {
    let rows = steps::Entity::find()
        .filter(steps::COLUMN.pipeline_id.eq(id.0))
        .order_by_asc(steps::COLUMN.order_index)
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    rows.into_iter()
        .map(|row| {
            let attempts = attempts.remove(&row.id).unwrap_or_default();
            mapping::steps::step_of(row, attempts)
        })
        .collect()
}

async fn approvals_of(db: &impl ConnectionTrait, id: PipelineId) -> Result<Vec<Approval>, StoreError> {
    let rows = approvals::Entity::find()
        .filter(approvals::COLUMN.pipeline_id.eq(id.0))
        .order_by_asc(approvals::COLUMN.id)
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    rows.into_iter().map(mapping::approvals::approval_of).collect()
}

/// Pipelines that wait for no person and have not ended, oldest first.
pub(crate) async fn due(db: &impl ConnectionTrait, limit: u32) -> Result<Vec<PipelineId>, StoreError> {
    let ids: Vec<i64> = pipelines::Entity::find()
        .select_only()
        .column(pipelines::Column::Id)
        .filter(pipelines::COLUMN.status.is_in(["queued", "running"]))
        .order_by_asc(pipelines::COLUMN.id)
        .limit(u64::from(limit))
        .into_tuple()
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    Ok(ids.into_iter().map(PipelineId).collect())
}

/// What was forked from a pipeline, oldest first.
pub(crate) async fn forks(db: &impl ConnectionTrait, id: PipelineId, limit: u32) -> Result<Vec<Fork>, StoreError> {
    let rows = pipelines::Entity::find()
        .filter(pipelines::COLUMN.forked_from_pipeline.eq(id.0))
        .order_by_asc(pipelines::COLUMN.id)
        .limit(u64::from(limit))
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    rows.into_iter().map(mapping::pipelines::fork_of).collect()
}

/// The agents that a pipeline has kept, by name.
pub(crate) async fn agents(db: &impl ConnectionTrait, id: PipelineId) -> Result<Vec<KeptAgent>, StoreError> {
    let rows = kept_agents::Entity::find()
        .filter(kept_agents::COLUMN.pipeline_id.eq(id.0))
        .order_by_asc(kept_agents::COLUMN.name)
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    rows.iter().map(mapping::kept_agents::kept_agent_of).collect()
}

pub(crate) async fn receipt(db: &impl ConnectionTrait, id: AttemptId) -> Result<Option<Receipt>, StoreError> {
    let row = receipts::Entity::find_by_id(id.0).one(db).await.map_err(|error| unavailable(&error))?;
    row.map(mapping::receipts::receipt_of).transpose()
}

/// The pipeline that an earlier request with this key created.
pub(crate) async fn created_with(db: &impl ConnectionTrait, key: &IdempotencyKey) -> Result<Option<PipelineId>, StoreError> {
    let row = idempotency_keys::Entity::find_by_id(key.key.as_str()).one(db).await.map_err(|error| unavailable(&error))?;
    made_by(row, key)
}

/// What the row of a key says to a request that names the key.
pub(crate) fn made_by(row: Option<idempotency_keys::Model>, key: &IdempotencyKey) -> Result<Option<PipelineId>, StoreError> {
    match row {
        Some(row) if row.request_sha256 == key.request_sha256 => Ok(Some(PipelineId(row.pipeline_id))),
        Some(_) => Err(StoreError::KeyReused),
        None => Ok(None),
    }
}
