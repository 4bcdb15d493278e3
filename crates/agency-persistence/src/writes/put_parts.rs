//! Stores transcript parts.

use crate::mapping::{self, to_milliseconds};
use crate::rows::transcript_parts::{Column, Entity};
use crate::writer::{Durability, Sequence, Write, WriteError};
use agency_domain::pipelines::{Fact, StoreError};
use agency_domain::transcripts::TranscriptPart;
use async_trait::async_trait;
use sea_orm::sea_query::OnConflict;
use sea_orm::{DatabaseTransaction, EntityTrait, IntoActiveModel, Iterable, SqlErr};

/// Parts of one statement: well below SQLite's 32,766 parameters.
const PARTS_PER_INSERT: usize = 500;

pub(crate) struct PutParts(pub(crate) Vec<TranscriptPart>);

#[async_trait]
impl Write for PutParts {
    type Answer = ();

    fn durability(&self) -> Durability {
        Durability::Process
    }

    async fn run(&self, db: &DatabaseTransaction, sequence: &mut Sequence) -> Result<(), WriteError> {
        for parts in self.0.chunks(PARTS_PER_INSERT) {
            let rows = parts.iter().map(|part| {
                let part = TranscriptPart { at: to_milliseconds(part.at), ..part.clone() };
                let seq = sequence.record(part.pipeline_id, part.at, Fact::Part(part.clone()));
                mapping::transcripts::row_of(seq, &part).into_active_model()
            });
            let written = Entity::insert_many(rows).on_conflict(in_place()).exec_without_returning(db).await;
            if let Err(error) = written {
                return Err(match error.sql_err() {
                    Some(SqlErr::ForeignKeyConstraintViolation(_)) => StoreError::Missing.into(),
                    Some(_) | None => error.into(),
                });
            }
        }
        Ok(())
    }
}

/// Everything of the newer part in place of the older one's.
fn in_place() -> OnConflict {
    let key = [Column::AttemptId, Column::PartId];
    let rest = Column::iter().filter(|column| !matches!(column, Column::AttemptId | Column::PartId));
    OnConflict::columns(key).update_columns(rest).to_owned()
}
