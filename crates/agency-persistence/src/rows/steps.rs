//! Steps: the places of a pipeline's chain.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "steps")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i64,
    pub(crate) pipeline_id: i64,
    pub(crate) order_index: i64,
    pub(crate) kind: String,
    pub(crate) agent_name: Option<String>,
    pub(crate) plan_json: String,
    pub(crate) description: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) status: String,
    pub(crate) rounds: i64,
    pub(crate) started_at: Option<String>,
    pub(crate) finished_at: Option<String>,
    pub(crate) settings_json: String,
    pub(crate) tries_from: i64,
    pub(crate) retry_at: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
