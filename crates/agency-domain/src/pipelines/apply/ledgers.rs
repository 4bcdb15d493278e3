//! Criteria, findings, and what people and agents say to each other.

use crate::pipelines::{Event, Pipeline};

impl Pipeline {
    pub(super) fn apply_to_ledgers(&mut self, event: &Event) {
        if let Event::CriteriaUpdated { criteria, .. } = event {
            for criterion in criteria {
                put(&mut self.criteria, criterion.clone(), |known| known.id == criterion.id);
            }
        }
        if let Event::CriterionAccepted { criterion_id, acceptance } = event {
            let criterion = self.criteria.iter_mut().find(|criterion| criterion.id == *criterion_id);
            criterion.expect("known criterion").accepted = Some(acceptance.clone());
        }
        if let Event::FindingOpened { finding, .. } | Event::FindingReworded { finding, .. } | Event::FindingClosed { finding, .. } = event
        {
            put(&mut self.findings, finding.clone(), |known| known.id == finding.id);
        }
    }

    pub(super) fn apply_to_talk(&mut self, event: &Event) {
        if let Event::Steered { steer } = event {
            self.steers.push(steer.clone());
        }
        if let Event::SteerDelivered { steer_id, attempt_id } = event {
            let steer = self.steers.iter_mut().find(|steer| steer.id == *steer_id);
            steer.expect("known message").delivered_in = Some(*attempt_id);
        }
        if let Event::PermissionAsked { ask, .. } = event {
            self.asks.push(ask.clone());
        }
        if let Event::PermissionAnswered { ask_id, answer, .. } = event {
            let ask = self.asks.iter_mut().find(|ask| ask.id == *ask_id);
            ask.expect("known request").answer = Some(answer.clone());
        }
        if let Event::PermissionRevoked { ask_id, revocation, .. } = event {
            let ask = self.asks.iter_mut().find(|ask| ask.id == *ask_id).expect("known request");
            let grant = ask.answer.as_mut().and_then(|answer| answer.grant.as_mut());
            grant.expect("a permission that holds on").revoked = Some(revocation.clone());
        }
    }

    pub(super) fn apply_to_questions(&mut self, event: &Event) {
        if let Event::QuestionAsked { question, .. } = event {
            self.questions.push(question.clone());
        }
        if let Event::QuestionAnswered { question_id, end, usage, .. } | Event::QuestionFailed { question_id, end, usage, .. } = event {
            let question = self.questions.iter_mut().find(|question| question.id == *question_id).expect("known question");
            question.end = Some(end.clone());
            question.usage = *usage;
        }
    }
}

/// Replaces the row that is the same one, or adds it behind the others.
fn put<T>(rows: &mut Vec<T>, row: T, is_same: impl Fn(&T) -> bool) {
    match rows.iter_mut().find(|known| is_same(known)) {
        Some(known) => *known = row,
        None => rows.push(row),
    }
}
