//! Rows that are written whole, whether they were there before or not: criteria, findings, what people said, what agents asked
//! and what people asked them.

use crate::mapping::{ledgers, talk};
use crate::rows::{asks, criteria, findings, questions, steers};
use crate::writer::WriteError;
use agency_domain::pipelines::{Event, Pipeline};
use agency_domain::{AskId, QuestionId, SteerId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, Iterable, PrimaryKeyToColumn};
use std::collections::BTreeSet;

/// Ids of the rows to write.
#[derive(Debug, Default)]
pub(super) struct Ledgers {
    criteria: BTreeSet<String>,
    findings: BTreeSet<String>,
    steers: BTreeSet<SteerId>,
    asks: BTreeSet<AskId>,
    questions: BTreeSet<QuestionId>,
}

impl Ledgers {
    pub(super) fn note(&mut self, event: &Event) {
        if let Event::CriteriaUpdated { criteria, .. } = event {
            self.criteria.extend(criteria.iter().map(|criterion| criterion.id.clone()));
        }
        if let Event::CriterionAccepted { criterion_id, .. } = event {
            self.criteria.insert(criterion_id.clone());
        }
        if let Event::FindingOpened { finding, .. } | Event::FindingReworded { finding, .. } | Event::FindingClosed { finding, .. } = event
        {
            self.findings.insert(finding.id.clone());
        }
        if let Event::Steered { steer } = event {
            self.steers.insert(steer.id);
        }
        if let Event::SteerDelivered { steer_id, .. } = event {
            self.steers.insert(*steer_id);
        }
        if let Event::PermissionAsked { ask, .. } = event {
            self.asks.insert(ask.id);
        }
        if let Event::PermissionAnswered { ask_id, .. } | Event::PermissionRevoked { ask_id, .. } = event {
            self.asks.insert(*ask_id);
        }
        if let Event::QuestionAsked { question, .. } = event {
            self.questions.insert(question.id);
        }
        if let Event::QuestionAnswered { question_id, .. } | Event::QuestionFailed { question_id, .. } = event {
            self.questions.insert(*question_id);
        }
    }

    /// What a new pipeline comes with.
    pub(super) fn of_new(fork: &Pipeline) -> Self {
        Self {
            criteria: fork.criteria.iter().map(|criterion| criterion.id.clone()).collect(),
            findings: fork.findings.iter().map(|finding| finding.id.clone()).collect(),
            steers: fork.steers.iter().map(|steer| steer.id).collect(),
            ..Self::default()
        }
    }

    pub(super) async fn write(&self, db: &DatabaseTransaction, after: &Pipeline) -> Result<(), WriteError> {
        for (ordinal, criterion) in after.criteria.iter().enumerate().filter(|(_, criterion)| self.criteria.contains(&criterion.id)) {
            put::<criteria::Entity, _>(db, ledgers::criterion_row(after.id, ordinal, criterion)).await?;
        }
        for (ordinal, finding) in after.findings.iter().enumerate().filter(|(_, finding)| self.findings.contains(&finding.id)) {
            put::<findings::Entity, _>(db, ledgers::finding_row(after.id, ordinal, finding)).await?;
        }
        for steer in after.steers.iter().filter(|steer| self.steers.contains(&steer.id)) {
            put::<steers::Entity, _>(db, talk::steer_row(after.id, steer)).await?;
        }
        for ask in after.asks.iter().filter(|ask| self.asks.contains(&ask.id)) {
            put::<asks::Entity, _>(db, talk::ask_row(after.id, ask)).await?;
        }
        for question in after.questions.iter().filter(|question| self.questions.contains(&question.id)) {
            put::<questions::Entity, _>(db, crate::mapping::questions::row_of(after.id, question)).await?;
        }
        Ok(())
    }
}

async fn put<E, A>(db: &DatabaseTransaction, row: E::Model) -> Result<(), WriteError>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = E> + Send,
{
    let keys = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
    let replace = OnConflict::columns(keys).update_columns(E::Column::iter()).to_owned();
    E::insert(row.into_active_model()).on_conflict(replace).exec_without_returning(db).await?;
    Ok(())
}
