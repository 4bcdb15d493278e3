//! Findings of reviews, one row each over all rounds.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "findings")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) pipeline_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: String,
    pub(crate) ordinal: i64,
    pub(crate) severity: String,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<i64>,
    pub(crate) claim: String,
    pub(crate) step_id: i64,
    pub(crate) raised_by: i64,
    pub(crate) round: i64,
    pub(crate) status: String,
    pub(crate) settled_by: Option<i64>,
    pub(crate) why_now: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
