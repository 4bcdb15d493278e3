//! The agents of a pipeline's chain, as they were when it was created.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "kept_agents")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) pipeline_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) sha256: String,
    pub(crate) agent_json: String,
}

impl ActiveModelBehavior for ActiveModel {}
