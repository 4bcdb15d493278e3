//! What people said, and what agents asked them.

use super::time;
use agency_contract as wire;
use agency_domain::pipelines::{Answer, AnsweredBy, Ask, AskKind, Grant, Pipeline, Scope, Steer, Step};

pub(super) fn message(steer: &Steer) -> wire::Message {
    wire::Message {
        id: steer.id.0,
        text: steer.text.clone(),
        by: steer.by.clone(),
        at: time(steer.at),
        step_id: steer.step.map(|id| id.0),
        delivered_in: steer.delivered_in.map(|id| id.0),
    }
}

pub(crate) fn request(pipeline: &Pipeline, ask: &Ask) -> wire::AgentRequest {
    wire::AgentRequest {
        id: ask.id.0,
        pipeline_id: pipeline.id.0,
        pipeline_title: pipeline.title.clone(),
        step_id: ask.step.0,
        agent_name: pipeline.step(ask.step).map(Step::name).unwrap_or_default().to_owned(),
        attempt_id: ask.attempt.0,
        kind: kind(ask.kind),
        subject: ask.subject.clone(),
        patterns: ask.patterns.clone(),
        suggested: ask.suggested.clone(),
        asked_at: time(ask.asked_at),
        deadline: time(ask.deadline),
        answer: ask.answer.as_ref().map(answer),
    }
}

pub(super) fn kind(kind: AskKind) -> wire::RequestKind {
    match kind {
        AskKind::Permission => wire::RequestKind::Permission,
        AskKind::Question => wire::RequestKind::Question,
    }
}

fn answer(answer: &Answer) -> wire::RequestAnswer {
    let source = match &answer.by {
        AnsweredBy::Person(_) => wire::AnswerSource::Person,
        AnsweredBy::Deadline => wire::AnswerSource::Deadline,
        AnsweredBy::End => wire::AnswerSource::End,
    };
    wire::RequestAnswer {
        allowed: answer.allowed,
        message: answer.message.clone(),
        source,
        by: person(&answer.by).map(str::to_owned),
        at: time(answer.at),
        grant: answer.grant.as_ref().map(grant),
    }
}

fn grant(grant: &Grant) -> wire::PermissionGrant {
    let revoked = grant.revoked.as_ref();
    wire::PermissionGrant {
        scope: match grant.scope {
            Scope::Step => wire::PermissionScope::Step,
            Scope::Pipeline => wire::PermissionScope::Pipeline,
        },
        patterns: grant.patterns.clone(),
        revoked_at: revoked.map(|revoked| time(revoked.at)),
        revoked_by: revoked.map(|revoked| revoked.by.clone()),
    }
}

pub(super) fn person(by: &AnsweredBy) -> Option<&str> {
    match by {
        AnsweredBy::Person(name) => Some(name),
        AnsweredBy::Deadline | AnsweredBy::End => None,
    }
}
