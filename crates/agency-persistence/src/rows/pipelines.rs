//! Pipelines: one row each, with the version of its state and the fence of whoever carries it out.

use sea_orm::entity::prelude::*;
use serde::Deserialize;

// A list reads it as a JSON array of its columns, in the order in which they stand here.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Deserialize)]
#[sea_orm(table_name = "pipelines")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) template: String,
    pub(crate) repo: String,
    pub(crate) base: String,
    pub(crate) base_commit: String,
    pub(crate) branch: String,
    pub(crate) head_commit: String,
    pub(crate) model: Option<String>,
    pub(crate) status: String,
    pub(crate) reason_code: Option<String>,
    pub(crate) reason_message: Option<String>,
    pub(crate) reason_hint: Option<String>,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    pub(crate) started_at: Option<String>,
    pub(crate) finished_at: Option<String>,
    pub(crate) version: i64,
    pub(crate) fence: i64,
    pub(crate) owner: Option<String>,
    pub(crate) budget_json: String,
    pub(crate) warned_json: String,
    pub(crate) pause_requested: Option<String>,
    pub(crate) forked_from_pipeline: Option<i64>,
    pub(crate) forked_from_step: Option<i64>,
    pub(crate) template_sha256: Option<String>,
    pub(crate) template_source: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
