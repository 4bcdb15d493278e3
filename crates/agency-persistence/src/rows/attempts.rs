//! Attempts: the visits of a step, none of which is ever overwritten by a later one.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attempts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i64,
    pub(crate) pipeline_id: i64,
    pub(crate) step_id: i64,
    pub(crate) number: i64,
    pub(crate) status: String,
    pub(crate) failure_class: Option<String>,
    pub(crate) failure_message: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) session_id: String,
    pub(crate) message_id: String,
    pub(crate) base_commit: String,
    pub(crate) head_commit: Option<String>,
    pub(crate) started_at: String,
    pub(crate) finished_at: Option<String>,
    pub(crate) tokens_input: i64,
    pub(crate) tokens_output: i64,
    pub(crate) tokens_reasoning: i64,
    pub(crate) tokens_cache_read: i64,
    pub(crate) tokens_cache_write: i64,
    pub(crate) cost_kind: String,
    pub(crate) cost_dollars: Option<f64>,
    pub(crate) verdict: Option<String>,
    pub(crate) checks_json: String,
    pub(crate) copied_from: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
