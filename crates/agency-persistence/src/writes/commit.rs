//! Commits a change of a pipeline.

use super::touched::Touched;
use super::{branches, events};
use crate::mapping;
use crate::rows::pipelines::{COLUMN, Column, Entity};
use crate::writer::{Durability, Sequence, Write, WriteError};
use agency_domain::pipelines::{Event, PipelineChange, StoreError};
use async_trait::async_trait;
use sea_orm::sea_query::Expr;
use sea_orm::{DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

pub(crate) struct Commit(pub(crate) PipelineChange);

#[async_trait]
impl Write for Commit {
    /// The sequence of the last event.
    type Answer = i64;

    fn durability(&self) -> Durability {
        if self.0.events.iter().all(Event::is_progress) { Durability::Process } else { Durability::Power }
    }

    async fn run(&self, db: &DatabaseTransaction, sequence: &mut Sequence) -> Result<i64, WriteError> {
        if self.0.events.iter().any(|event| matches!(event, Event::StepRetried { .. })) {
            branches::check_free(db, &self.0.after).await?;
        }
        if !self.update_pipeline(db).await? {
            return Err(self.refusal(db).await?.into());
        }
        Touched::by(&self.0).write(db, &self.0).await?;
        Ok(events::append(db, sequence, &self.0).await?)
    }
}

impl Commit {
    /// Writes the row where version and fence are the ones that the change was decided on, and answers whether they were.
    async fn update_pipeline(&self, db: &DatabaseTransaction) -> Result<bool, WriteError> {
        let after = &self.0.after;
        let row = mapping::pipelines::row_of(after, after.version + 1);
        let mut update = Entity::update_many()
            .col_expr(Column::HeadCommit, Expr::val(row.head_commit))
            .col_expr(Column::Status, Expr::val(row.status))
            .col_expr(Column::ReasonCode, Expr::val(row.reason_code))
            .col_expr(Column::ReasonMessage, Expr::val(row.reason_message))
            .col_expr(Column::ReasonHint, Expr::val(row.reason_hint))
            .col_expr(Column::UpdatedAt, Expr::val(row.updated_at))
            .col_expr(Column::StartedAt, Expr::val(row.started_at))
            .col_expr(Column::FinishedAt, Expr::val(row.finished_at))
            .col_expr(Column::BudgetJson, Expr::val(row.budget_json))
            .col_expr(Column::WarnedJson, Expr::val(row.warned_json))
            .col_expr(Column::PauseRequested, Expr::val(row.pause_requested))
            .col_expr(Column::Version, Expr::val(row.version))
            .filter(COLUMN.id.eq(after.id.0))
            .filter(COLUMN.version.eq(after.version));
        if let Some(fence) = self.0.fence {
            update = update.filter(COLUMN.fence.eq(fence.0));
        }
        Ok(update.exec(db).await?.rows_affected == 1)
    }

    /// Why the row did not fit. A lost fence comes before an old version: whoever was fenced must stop, not try again.
    async fn refusal(&self, db: &DatabaseTransaction) -> Result<StoreError, WriteError> {
        let found: Option<i64> = Entity::find_by_id(self.0.after.id.0).select_only().column(Column::Fence).into_tuple().one(db).await?;
        Ok(match (found, self.0.fence) {
            (None, _) => StoreError::Missing,
            (Some(found), Some(held)) if found != held.0 => StoreError::Fenced,
            (Some(_), Some(_) | None) => StoreError::Conflict,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_domain::pipelines::{Command, Observation};
    use agency_domain::testing::{MemoryStore, Story, TestIds, builders};
    use agency_domain::{Cost, Usage};
    use std::sync::Arc;

    #[tokio::test]
    async fn only_progress_is_committed_without_waiting_for_the_disk() {
        let ids = Arc::new(TestIds::default());
        let new = builders::quick_fix(ids.as_ref());
        let mut story = Story::started(Arc::new(MemoryStore::default()), ids, new).await;
        let attempt = story.attempt().await;
        let observe = Command::Observe { step: None, attempt: None, what: Observation::ProcessesEnded { count: 1 } };
        for (command, durability) in [
            (Command::MarkRunning(attempt), Durability::Process),
            (Command::ReportUsage { attempt, usage: builders::usage(Cost::Known(0.5)) }, Durability::Process),
            (Command::MarkFinishing { attempt, usage: Usage::default() }, Durability::Process),
            (observe, Durability::Process),
            (Command::Cancel { by: "kim".into() }, Durability::Power),
        ] {
            assert_eq!(Commit(story.change(command.clone())).durability(), durability, "{command:?}");
        }
    }
}
