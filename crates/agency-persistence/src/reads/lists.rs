//! Pages of pipelines: three queries a page, however many pipelines are on it.

use super::unavailable;
use crate::mapping::pipelines::Belongings;
use crate::mapping::{self, Row};
use crate::rows::attempts::Column as Attempts;
use crate::rows::{attempts, pipelines, steps};
use agency_domain::pipelines::{Pipeline, PipelineFilter, PipelineSummary, SCRIPTED_PROVIDER, StepStatus, StoreError};
use agency_domain::{Cost, ModelName, StepId, Tokens, Usage};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select};
use std::collections::HashMap;

/// One page, newest first. To be read in one transaction, as each pipeline's steps must fit its row.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    filter: &PipelineFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<PipelineSummary>, StoreError> {
    let rows = select(filter, before, limit).all(db).await.map_err(|error| unavailable(&error))?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut steps = steps_of(db, &ids).await?;
    let mut usages = usages_of(db, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let steps = steps.remove(&row.id).unwrap_or_default();
            let usage = usages.remove(&row.id).unwrap_or_default();
            summary(mapping::pipelines::pipeline_of(row, Belongings::default())?, &steps, usage)
        })
        .collect()
}

fn select(filter: &PipelineFilter, before: Option<i64>, limit: u32) -> Select<pipelines::Entity> {
    let mut select = pipelines::Entity::find().order_by_desc(pipelines::COLUMN.id).limit(u64::from(limit));
    if let Some(id) = before {
        select = select.filter(pipelines::COLUMN.id.lt(id));
    }
    if !filter.statuses.is_empty() {
        select = select.filter(pipelines::COLUMN.status.is_in(filter.statuses.iter().map(String::as_str)));
    }
    if let Some(template) = &filter.template {
        select = select.filter(pipelines::COLUMN.template.eq(template));
    }
    if let Some(repo) = &filter.repo {
        select = select.filter(pipelines::COLUMN.repo.eq(repo));
    }
    if let Some(text) = &filter.text {
        let in_title = contains(pipelines::Column::Title, text);
        select = select.filter(in_title.or(contains(pipelines::Column::Description, text)));
    }
    select
}

/// SQLite's `lower` knows ASCII alone, as the filter promises; `instr` has no wildcards that a text could hold by chance.
fn contains(column: pipelines::Column, text: &str) -> Expr {
    let position = Func::cust("instr").arg(Func::lower(Expr::col(column))).arg(text.to_ascii_lowercase());
    Expr::expr(position).gt(0)
}

/// What a summary needs of a step.
#[derive(FromQueryResult)]
struct StepFacts {
    id: i64,
    pipeline_id: i64,
    status: String,
    model: Option<String>,
}

/// By pipeline, in the order of the chain.
async fn steps_of(db: &impl ConnectionTrait, ids: &[i64]) -> Result<HashMap<i64, Vec<StepFacts>>, StoreError> {
    let rows: Vec<StepFacts> = steps::Entity::find()
        .select_only()
        .columns([steps::Column::Id, steps::Column::PipelineId, steps::Column::Status, steps::Column::Model])
        .filter(steps::COLUMN.pipeline_id.is_in(ids.iter().copied()))
        .order_by_asc(steps::COLUMN.pipeline_id)
        .order_by_asc(steps::COLUMN.order_index)
        .into_model()
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    let mut by_pipeline: HashMap<i64, Vec<StepFacts>> = HashMap::new();
    for row in rows {
        by_pipeline.entry(row.pipeline_id).or_default().push(row);
    }
    Ok(by_pipeline)
}

/// The sums over a pipeline's attempts.
#[derive(FromQueryResult)]
struct UsageSums {
    pipeline_id: i64,
    input: i64,
    output: i64,
    reasoning: i64,
    cache_read: i64,
    cache_write: i64,
    unknown_costs: i64,
    known_costs: i64,
    dollars: f64,
}

async fn usages_of(db: &impl ConnectionTrait, ids: &[i64]) -> Result<HashMap<i64, Usage>, StoreError> {
    let sum = |column: Attempts| Expr::col(column).sum();
    let count = |kind: &'static str| Expr::col(Attempts::CostKind).eq(kind).sum();
    let rows: Vec<UsageSums> = attempts::Entity::find()
        .select_only()
        .column(Attempts::PipelineId)
        .column_as(sum(Attempts::TokensInput), "input")
        .column_as(sum(Attempts::TokensOutput), "output")
        .column_as(sum(Attempts::TokensReasoning), "reasoning")
        .column_as(sum(Attempts::TokensCacheRead), "cache_read")
        .column_as(sum(Attempts::TokensCacheWrite), "cache_write")
        .column_as(count(mapping::attempts::COST_UNKNOWN), "unknown_costs")
        .column_as(count(mapping::attempts::COST_KNOWN), "known_costs")
        .column_as(Expr::expr(Func::cust("total").arg(Expr::col(Attempts::CostDollars))), "dollars")
        .filter(attempts::COLUMN.pipeline_id.is_in(ids.iter().copied()))
        .group_by(Attempts::PipelineId)
        .into_model()
        .all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    rows.into_iter().map(|row| Ok((row.pipeline_id, usage_of(&row)?))).collect()
}

fn usage_of(sums: &UsageSums) -> Result<Usage, StoreError> {
    let row = Row::new("attempts", format!("of pipeline {}", sums.pipeline_id));
    let cost = match (sums.unknown_costs, sums.known_costs) {
        (0, 0) => Cost::Nothing,
        (0, _) => Cost::Known(sums.dollars),
        (_, _) => Cost::Unknown,
    };
    let tokens = Tokens {
        input: row.count("tokens_input", sums.input)?,
        output: row.count("tokens_output", sums.output)?,
        reasoning: row.count("tokens_reasoning", sums.reasoning)?,
        cache_read: row.count("tokens_cache_read", sums.cache_read)?,
        cache_write: row.count("tokens_cache_write", sums.cache_write)?,
    };
    Ok(Usage { tokens, cost })
}

fn summary(pipeline: Pipeline, steps: &[StepFacts], usage: Usage) -> Result<PipelineSummary, StoreError> {
    let (mut current, mut done, mut scripted) = (None, 0, false);
    for step in steps {
        let row = Row::new("steps", step.id);
        match row.word("status", &step.status)? {
            StepStatus::Succeeded => done += 1,
            StepStatus::Skipped => {}
            StepStatus::Pending | StepStatus::Running | StepStatus::WaitingForApproval | StepStatus::Failed | StepStatus::Cancelled => {
                current = current.or(Some(StepId(step.id)));
            }
        }
        let own = row.parsed_if("model", step.model.as_deref(), ModelName::parse)?;
        let model = own.as_ref().or(pipeline.model.as_ref());
        scripted |= model.is_some_and(|model| model.provider() == SCRIPTED_PROVIDER);
    }
    Ok(PipelineSummary {
        current_step: current.filter(|_| !pipeline.status.is_final()),
        steps_total: u32::try_from(steps.len()).expect("a chain has few steps"),
        steps_done: done,
        pipeline,
        usage,
        scripted,
    })
}
