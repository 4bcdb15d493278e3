//! Receipts: the exact prompt of an attempt.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) attempt_id: i64,
    pub(crate) role: String,
    pub(crate) prompt: String,
    pub(crate) sha256: String,
    pub(crate) ids_json: String,
    pub(crate) attachments_json: String,
    pub(crate) created_at: String,
}

impl ActiveModelBehavior for ActiveModel {}
