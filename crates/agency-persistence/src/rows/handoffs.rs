//! Hand-offs: the record as JSON, and as the Markdown that people and agents read.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "handoffs")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i64,
    pub(crate) pipeline_id: i64,
    pub(crate) step_id: i64,
    pub(crate) attempt_id: i64,
    pub(crate) channel: String,
    pub(crate) content_md: String,
    pub(crate) metadata_json: String,
    pub(crate) created_at: String,
}

impl ActiveModelBehavior for ActiveModel {}
