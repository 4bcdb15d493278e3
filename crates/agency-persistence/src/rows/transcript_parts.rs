//! Transcript parts: each as it stands, with the sequence of its newest change.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transcript_parts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) attempt_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) part_id: String,
    pub(crate) pipeline_id: i64,
    pub(crate) step_id: i64,
    pub(crate) ordinal: i64,
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) text: String,
    pub(crate) tool: Option<String>,
    pub(crate) input_json: Option<String>,
    pub(crate) output: Option<String>,
    pub(crate) diff: Option<String>,
    pub(crate) created_at: String,
    /// Milliseconds; null in rows from before it was kept.
    pub(crate) took_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
