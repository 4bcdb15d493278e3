//! What agents ask people: permissions and questions.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "asks")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i64,
    pub(crate) pipeline_id: i64,
    pub(crate) step_id: i64,
    pub(crate) attempt_id: i64,
    pub(crate) kind: String,
    pub(crate) subject: String,
    pub(crate) patterns_json: String,
    pub(crate) suggested_json: String,
    pub(crate) asked_at: String,
    pub(crate) deadline: String,
    pub(crate) allowed: Option<bool>,
    pub(crate) message: Option<String>,
    pub(crate) answered_by_json: Option<String>,
    pub(crate) answered_at: Option<String>,
    pub(crate) grant_json: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
