//! Audit events: the log that everything else can be rebuilt from. `id` is the sequence of the stream.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_events")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) pipeline_id: i64,
    pub(crate) step_id: Option<i64>,
    pub(crate) event_type: String,
    pub(crate) payload_json: String,
    pub(crate) created_at: String,
    /// Over this event and the one before it; 32 bytes.
    pub(crate) hash: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
