//! Acceptance criteria, one row each, with the evidence that steps attached.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "criteria")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) pipeline_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: String,
    pub(crate) ordinal: i64,
    pub(crate) text: String,
    pub(crate) mandatory: bool,
    pub(crate) withdrawn: bool,
    pub(crate) claimed_met: bool,
    pub(crate) defined_by: i64,
    pub(crate) evidence_json: String,
    pub(crate) accepted_by: Option<String>,
    pub(crate) accepted_reason: Option<String>,
    pub(crate) accepted_at: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
