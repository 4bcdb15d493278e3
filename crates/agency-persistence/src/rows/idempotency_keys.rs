//! Idempotency keys: which request made which pipeline.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) key: String,
    pub(crate) request_sha256: String,
    pub(crate) pipeline_id: i64,
    pub(crate) created_at: String,
}

impl ActiveModelBehavior for ActiveModel {}
