//! Keeps, revokes and notes the use of access tokens and sessions.

use crate::mapping::{self, time_of};
use crate::rows::credentials::{COLUMN, Column, Entity};
use crate::writer::{Durability, Sequence, Write, WriteError};
use agency_domain::access::Credential;
use agency_domain::pipelines::StoreError;
use agency_domain::{CredentialId, Timestamp};
use async_trait::async_trait;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter};

pub(crate) struct Keep(pub(crate) Credential);

#[async_trait]
impl Write for Keep {
    type Answer = ();

    /// Whoever was shown a secret relies on it.
    fn durability(&self) -> Durability {
        Durability::Power
    }

    async fn run(&self, db: &DatabaseTransaction, _sequence: &mut Sequence) -> Result<(), WriteError> {
        let row = mapping::credentials::row_of(&self.0).into_active_model();
        Entity::insert(row).exec_without_returning(db).await?;
        Ok(())
    }
}

pub(crate) struct Revoke {
    pub(crate) id: CredentialId,
    pub(crate) at: Timestamp,
}

#[async_trait]
impl Write for Revoke {
    type Answer = ();

    /// What was revoked must not come back.
    fn durability(&self) -> Durability {
        Durability::Power
    }

    async fn run(&self, db: &DatabaseTransaction, _sequence: &mut Sequence) -> Result<(), WriteError> {
        let revoke = || Entity::update_many().col_expr(Column::RevokedAt, Expr::val(time_of(self.at))).filter(COLUMN.revoked_at.is_null());
        let done = revoke().filter(COLUMN.id.eq(self.id.0)).exec(db).await?;
        if done.rows_affected == 0 {
            return Err(StoreError::Missing.into());
        }
        revoke().filter(COLUMN.made_by.eq(self.id.0)).exec(db).await?;
        Ok(())
    }
}

pub(crate) struct NoteUse {
    pub(crate) id: CredentialId,
    pub(crate) at: Timestamp,
}

#[async_trait]
impl Write for NoteUse {
    type Answer = ();

    fn durability(&self) -> Durability {
        Durability::Process
    }

    async fn run(&self, db: &DatabaseTransaction, _sequence: &mut Sequence) -> Result<(), WriteError> {
        let at = time_of(self.at);
        let update = Entity::update_many().col_expr(Column::LastUsedAt, Expr::val(at.as_str()));
        // Two uses may be told of in any order; the order of these texts is that of the times.
        let is_later = COLUMN.last_used_at.is_null().or(COLUMN.last_used_at.lt(at.as_str()));
        update.filter(COLUMN.id.eq(self.id.0)).filter(is_later).exec(db).await?;
        Ok(())
    }
}
