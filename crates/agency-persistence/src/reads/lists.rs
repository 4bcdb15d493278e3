//! Pages of pipelines: one statement a page, and its answer one JSON text. Every row and every value comes from SQLite's thread by itself,
//! which costs more than what is in it.

use super::{holds, unavailable};
use crate::mapping::pipelines::Belongings;
use crate::mapping::usage::{COST_KNOWN, COST_UNKNOWN};
use crate::mapping::{self, Row};
use crate::rows::{pipelines, steps};
use agency_domain::pipelines::{Pipeline, PipelineFilter, PipelineSummary, SCRIPTED_PROVIDER, StepStatus, StoreError};
use agency_domain::{Cost, ModelName, StepId, Tokens, Usage};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use sea_orm::{IdenStatic, Iterable};
use serde::Deserialize;
use std::sync::LazyLock;

/// The row itself, as JSON.
static PIPELINE: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<String> = pipelines::Column::iter().map(|column| format!("pipelines.{}", column.as_str())).collect();
    format!("json_array({})", columns.join(", "))
});
/// Its steps in the order of the chain, as JSON.
const STEPS: &str =
    "(SELECT json_group_array(json_array(id, status, model) ORDER BY order_index) FROM steps WHERE steps.pipeline_id = pipelines.id)";
/// The sums over its attempts, and over its questions, as JSON.
static SUMS: LazyLock<[String; 2]> = LazyLock::new(|| {
    let tokens = ["input", "output", "reasoning", "cache_read", "cache_write"].map(|kind| format!("sum(tokens_{kind})"));
    let costs = [COST_UNKNOWN, COST_KNOWN].map(|kind| format!("sum(cost_kind = '{kind}')"));
    let sums = [tokens.as_slice(), costs.as_slice()].concat().join(", ");
    ["attempts", "questions"].map(|table| format!("(SELECT json_array({sums}) FROM {table} WHERE {table}.pipeline_id = pipelines.id)"))
});
/// What these cost, as text with every digit: as a number of JSON, SQLite writes fewer than a number has.
static DOLLARS: LazyLock<[String; 2]> = LazyLock::new(|| {
    ["attempts", "questions"]
        .map(|table| format!("(SELECT format('%!.17g', total(cost_dollars)) FROM {table} WHERE {table}.pipeline_id = pipelines.id)"))
});

/// A pipeline with what a summary needs of its steps, attempts and questions. The order is that of [`page`]'s statement.
#[derive(Deserialize)]
struct PageRow {
    pipeline: pipelines::Model,
    steps: Vec<StepFacts>,
    sums: UsageSums,
    dollars: String,
    question_sums: UsageSums,
    question_dollars: String,
}

/// One page, newest first.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    filter: &PipelineFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<PipelineSummary>, StoreError> {
    let mut statement = select(filter, before).build(DbBackend::Sqlite);
    let nouns = [PIPELINE.as_str(), STEPS, &SUMS[0], &DOLLARS[0], &SUMS[1], &DOLLARS[1]].join(", ");
    // The limit is no parameter: SQLite plans for its value, and would compile the statement anew each time that one is bound.
    statement.sql = format!("SELECT json_group_array(json_array({nouns})) FROM ({} LIMIT {limit}) AS pipelines", statement.sql);
    let row = db.query_one_raw(statement).await.map_err(|error| unavailable(&error))?;
    let text: String = row.map(|row| row.try_get_by_index(0)).transpose().map_err(|error| unavailable(&error))?.unwrap_or_default();
    let rows: Vec<PageRow> = Row::new("pipelines", "of a page").json("columns", &text)?;
    rows.into_iter().map(summary_of).collect()
}

fn summary_of(row: PageRow) -> Result<PipelineSummary, StoreError> {
    let id = row.pipeline.id;
    let pipeline = mapping::pipelines::pipeline_of(row.pipeline, Belongings::default())?;
    let attempts = usage_of(id, &row.sums, &row.dollars)?;
    let questions = usage_of(id, &row.question_sums, &row.question_dollars)?;
    summary(pipeline, &row.steps, attempts.plus(questions))
}

fn select(filter: &PipelineFilter, before: Option<i64>) -> Select<pipelines::Entity> {
    let mut select = pipelines::Entity::find().order_by_desc(pipelines::COLUMN.id);
    if let Some(id) = before {
        select = select.filter(pipelines::COLUMN.id.lt(id));
    }
    if !filter.statuses.is_empty() {
        select = select.filter(pipelines::COLUMN.status.is_in(filter.statuses.iter().map(String::as_str)));
    }
    if let Some(template) = &filter.template {
        select = select.filter(pipelines::COLUMN.template.eq(template));
    }
    if let Some(agent) = &filter.agent {
        let theirs =
            steps::Entity::find().select_only().column(steps::Column::PipelineId).filter(steps::COLUMN.agent_name.eq(agent.clone()));
        select = select.filter(pipelines::COLUMN.id.in_subquery(theirs.into_query()));
    }
    if let Some(repo) = &filter.repo {
        select = select.filter(pipelines::COLUMN.repo.eq(repo));
    }
    if let Some(text) = &filter.text {
        let in_title = holds(pipelines::Column::Title, text);
        select = select.filter(in_title.or(holds(pipelines::Column::Description, text)));
    }
    select
}

/// What a summary needs of a step.
#[derive(Deserialize)]
struct StepFacts {
    id: i64,
    status: String,
    model: Option<String>,
}

/// The sums over a pipeline's attempts or questions; nothing where it has none.
#[derive(Deserialize)]
struct UsageSums {
    input: Option<i64>,
    output: Option<i64>,
    reasoning: Option<i64>,
    cache_read: Option<i64>,
    cache_write: Option<i64>,
    unknown_costs: Option<i64>,
    known_costs: Option<i64>,
}

fn usage_of(pipeline: i64, sums: &UsageSums, dollars: &str) -> Result<Usage, StoreError> {
    let row = Row::new("attempts", format!("of pipeline {pipeline}"));
    let count = |column: &str, sum: Option<i64>| row.count(column, sum.unwrap_or(0));
    let cost = match (sums.unknown_costs.unwrap_or(0), sums.known_costs.unwrap_or(0)) {
        (0, 0) => Cost::Nothing,
        (0, _) => Cost::Known(row.parsed("cost_dollars", dollars.parse())?),
        (_, _) => Cost::Unknown,
    };
    let tokens = Tokens {
        input: count("tokens_input", sums.input)?,
        output: count("tokens_output", sums.output)?,
        reasoning: count("tokens_reasoning", sums.reasoning)?,
        cache_read: count("tokens_cache_read", sums.cache_read)?,
        cache_write: count("tokens_cache_write", sums.cache_write)?,
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
