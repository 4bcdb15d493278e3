//! Approvals: the gates, decided or not.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "approvals")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i64,
    pub(crate) pipeline_id: i64,
    pub(crate) step_id: i64,
    pub(crate) question: String,
    pub(crate) digest: String,
    pub(crate) status: String,
    pub(crate) comment: Option<String>,
    pub(crate) decided_by: Option<String>,
    pub(crate) decided_at: Option<String>,
    pub(crate) created_at: String,
    pub(crate) reminded_at: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
