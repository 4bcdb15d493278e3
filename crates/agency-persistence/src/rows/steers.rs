//! What people said to pipelines.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "steers")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i64,
    pub(crate) pipeline_id: i64,
    pub(crate) text: String,
    pub(crate) said_by: String,
    pub(crate) said_at: String,
    pub(crate) step_id: Option<i64>,
    pub(crate) delivered_in: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
