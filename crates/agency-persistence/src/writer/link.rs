//! The writer's own connection.

use super::Durability;
use super::sequence::Tip;
use crate::connect::{self, Place};
use crate::reads;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

/// A connection whose state is known: which durability it is set to, and how far the stream is.
pub(super) struct Link {
    pub(super) db: DatabaseConnection,
    /// Of what is committed.
    pub(super) tip: Tip,
    durability: Option<Durability>,
}

impl Link {
    /// Opens anew and reads from the database how far the stream is.
    pub(super) async fn open(place: &Place) -> Result<Self, DbErr> {
        Self::over(connect::writer(place).await?).await
    }

    pub(super) async fn over(db: DatabaseConnection) -> Result<Self, DbErr> {
        let tip = Tip { seq: reads::log::head(&db).await?, hash: reads::log::newest_hash(&db).await? };
        Ok(Self { db, tip, durability: None })
    }

    /// Sets what the next commit survives; outside of a transaction only. Says nothing where it is set so already.
    pub(super) async fn set_durability(&mut self, wanted: Durability) -> Result<(), DbErr> {
        if self.durability != Some(wanted) {
            let pragma = match wanted {
                Durability::Power => "PRAGMA synchronous = FULL",
                Durability::Process => "PRAGMA synchronous = NORMAL",
            };
            self.db.execute_unprepared(pragma).await?;
            self.durability = Some(wanted);
        }
        Ok(())
    }
}
