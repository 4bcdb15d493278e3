//! Access tokens and sessions.

use super::unavailable;
use crate::mapping;
use crate::rows::credentials::{COLUMN, Entity};
use agency_domain::access::Credential;
use agency_domain::pipelines::StoreError;
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

/// Those that have not been revoked, oldest first.
pub(crate) async fn kept(db: &impl ConnectionTrait) -> Result<Vec<Credential>, StoreError> {
    let select = Entity::find().filter(COLUMN.revoked_at.is_null()).order_by_asc(COLUMN.id);
    select.all(db).await.map_err(|error| unavailable(&error))?.into_iter().map(mapping::credentials::credential_of).collect()
}
