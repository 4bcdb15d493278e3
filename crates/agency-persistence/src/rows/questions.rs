//! What people ask about finished work.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "questions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i64,
    pub(crate) pipeline_id: i64,
    pub(crate) step_id: i64,
    pub(crate) attempt_id: i64,
    pub(crate) text: String,
    pub(crate) asked_by: String,
    pub(crate) asked_at: String,
    pub(crate) outcome: Option<String>,
    pub(crate) answer: Option<String>,
    pub(crate) ended_at: Option<String>,
    pub(crate) tokens_input: i64,
    pub(crate) tokens_output: i64,
    pub(crate) tokens_reasoning: i64,
    pub(crate) tokens_cache_read: i64,
    pub(crate) tokens_cache_write: i64,
    pub(crate) cost_kind: String,
    pub(crate) cost_dollars: Option<f64>,
}

impl ActiveModelBehavior for ActiveModel {}
