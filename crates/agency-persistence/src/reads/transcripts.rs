//! Transcripts, by attempt and place.

use super::{holds, unavailable};
use crate::mapping;
use crate::rows::transcript_parts::{COLUMN, Column, Entity};
use agency_domain::pipelines::StoreError;
use agency_domain::transcripts::{
    CallsQuery, EDITORS, FinishedCall, FoundParts, PartKind, PartSearch, PartSort, PartState, PartTime, PartsQuery, StoredPart,
    TITLE_CHARS_MAX,
};
use agency_domain::{AttemptId, PipelineId, StepId};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, Order, PaginatorTrait as _, QueryFilter, QueryOrder, QuerySelect, Select, Statement,
};

pub(crate) async fn parts(db: &impl ConnectionTrait, query: PartsQuery) -> Result<Vec<StoredPart>, StoreError> {
    let order = if query.backwards { Order::Desc } else { Order::Asc };
    let mut select = of(query.pipeline, query.step, query.attempt)
        .order_by(Column::AttemptId, order.clone())
        .order_by(Column::Ordinal, order)
        .limit(u64::from(query.limit));
    if let Some(after) = query.after {
        select = select.filter(if query.backwards { is_before(after) } else { is_behind(after) });
    }
    let rows = select.all(db).await.map_err(|error| unavailable(&error))?;
    rows.into_iter().map(mapping::transcripts::part_of).collect()
}

/// The parts of a pipeline, or of one step or attempt of it.
fn of(pipeline: PipelineId, step: Option<StepId>, attempt: Option<AttemptId>) -> Select<Entity> {
    let mut select = Entity::find().filter(COLUMN.pipeline_id.eq(pipeline.0));
    if let Some(id) = step {
        select = select.filter(COLUMN.step_id.eq(id.0));
    }
    if let Some(id) = attempt {
        select = select.filter(COLUMN.attempt_id.eq(id.0));
    }
    select
}

fn is_before(place: (AttemptId, u32)) -> Expr {
    own_place().lt(place_of(place))
}

fn is_behind(place: (AttemptId, u32)) -> Expr {
    own_place().gt(place_of(place))
}

fn own_place() -> Expr {
    Expr::tuple([Expr::col(Column::AttemptId), Expr::col(Column::Ordinal)])
}

fn place_of((attempt, ordinal): (AttemptId, u32)) -> Expr {
    Expr::tuple([Expr::val(attempt.0), Expr::val(i64::from(ordinal))])
}

/// What kind and state rule out is not read further: inputs and diffs lie behind long texts.
pub(crate) async fn calls(db: &impl ConnectionTrait, query: &CallsQuery) -> Result<Vec<FinishedCall>, StoreError> {
    let mut select = Entity::find()
        .select_only()
        .columns([Column::AttemptId, Column::Ordinal, Column::Tool, Column::InputJson, Column::Diff, Column::CreatedAt])
        .filter(COLUMN.pipeline_id.eq(query.pipeline.0))
        .filter(COLUMN.kind.eq(mapping::word_of(&PartKind::Tool)))
        .filter(COLUMN.state.eq(mapping::word_of(&PartState::Done)))
        .filter(
            contains(Column::InputJson, mapping::transcripts::within_json(&query.mentions))
                .or(contains(Column::Diff, query.mentions.clone())),
        )
        .order_by(Column::AttemptId, Order::Desc)
        .order_by(Column::Ordinal, Order::Desc)
        .limit(u64::from(query.limit));
    if let Some(id) = query.attempt {
        select = select.filter(COLUMN.attempt_id.eq(id.0));
    }
    if let Some(before) = query.before {
        select = select.filter(is_before(before));
    }
    let rows = select.into_tuple().all(db).await.map_err(|error| unavailable(&error))?;
    rows.into_iter().map(mapping::transcripts::call_of).collect()
}

/// `instr` has no wildcards that a name could hold by chance.
fn contains(column: Column, text: String) -> Expr {
    Expr::expr(Func::cust("instr").arg(Expr::col(column)).arg(text)).gt(0)
}

/// Reads a page and the count of all by the same conditions, so that both are of one moment where `db` is a snapshot.
pub(crate) async fn search(db: &impl ConnectionTrait, search: &PartSearch) -> Result<FoundParts, StoreError> {
    let mut select = of(search.pipeline, search.step, search.attempt);
    if let Some(sort) = search.sort {
        select = select.filter(is_of(sort));
    }
    if let Some(words) = &search.words {
        select = select.filter(is_in(words));
    }
    let total = select.clone().count(db).await.map_err(|error| unavailable(&error))?;
    if let Some(place) = search.after {
        select = select.filter(is_behind(place));
    }
    let select = select.order_by(Column::AttemptId, Order::Asc).order_by(Column::Ordinal, Order::Asc).limit(u64::from(search.limit));
    let rows = select.all(db).await.map_err(|error| unavailable(&error))?;
    let parts = rows.into_iter().map(|row| mapping::transcripts::part_of(row).map(|stored| stored.part)).collect::<Result<_, _>>()?;
    Ok(FoundParts { total, parts })
}

fn is_of(sort: PartSort) -> Expr {
    match sort {
        PartSort::Errors => COLUMN.state.eq(mapping::word_of(&PartState::Error)),
        PartSort::Tools => COLUMN.kind.eq(mapping::word_of(&PartKind::Tool)),
        PartSort::Edits => COLUMN.diff.is_not_null().or(COLUMN.tool.is_in(EDITORS)),
        PartSort::Texts => COLUMN.kind.eq(mapping::word_of(&PartKind::Text)),
        PartSort::Notices => COLUMN.kind.eq(mapping::word_of(&PartKind::Notice)),
    }
}

/// An input is looked through as the JSON that it is kept as.
fn is_in(words: &str) -> Expr {
    let quoted = mapping::transcripts::within_json(words);
    [Column::Output, Column::Diff, Column::Tool]
        .into_iter()
        .fold(holds(Column::Text, words).or(holds(Column::InputJson, &quoted)), |either, column| either.or(holds(column, words)))
}

/// A row for each attempt, its parts as one JSON text: a row for each part costs three times as much.
pub(crate) async fn times(db: &impl ConnectionTrait, pipeline: PipelineId, limit: u32) -> Result<Vec<PartTime>, StoreError> {
    let sql = format!(
        "SELECT attempt_id, json_group_array(json_array(part_id, ordinal, kind, state, tool, created_at, title)) AS parts FROM (
            SELECT attempt_id, part_id, ordinal, kind, state, tool, created_at,
                CASE kind WHEN 'tool' THEN substr(text, 1, {TITLE_CHARS_MAX}) ELSE '' END AS title
            FROM transcript_parts WHERE pipeline_id = ? ORDER BY attempt_id, ordinal LIMIT ?
        ) GROUP BY attempt_id ORDER BY attempt_id"
    );
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [pipeline.0.into(), limit.into()]);
    let rows = db.query_all_raw(statement).await.map_err(|error| unavailable(&error))?;
    let mut times = Vec::new();
    for row in rows {
        let (attempt, parts): (i64, String) =
            row.try_get_many("", &["attempt_id".into(), "parts".into()]).map_err(|error| unavailable(&error))?;
        times.extend(mapping::transcripts::times_of_parts(attempt, &parts)?);
    }
    Ok(times)
}
