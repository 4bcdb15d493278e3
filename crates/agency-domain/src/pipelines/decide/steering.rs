//! What people say to a run, and what its agents ask them.

use super::{conflict, expect_attempt};
use crate::pipelines::{
    Answer, AnsweredBy, Ask, AskKind, AttemptStatus, Event, GRANT_PATTERN_BYTES_MAX, GRANT_PATTERNS_MAX, Grant, Pipeline, Refused,
    Revocation, Scope, Steer,
};
use crate::{AskId, AttemptId, SteerId, Timestamp};

/// Longest text that a person may send, in bytes: more belongs into a file of the repository.
const STEER_BYTES_MAX: usize = 20_000;

pub(super) fn steer(pipeline: &Pipeline, id: SteerId, text: String, by: String, at: Timestamp) -> Result<Vec<Event>, Refused> {
    if pipeline.status.is_final() {
        return Err(conflict(pipeline, "be steered"));
    }
    if text.trim().is_empty() {
        return Err(Refused::Invalid { field: "text", message: "write what the agent should know".into() });
    }
    if text.len() > STEER_BYTES_MAX {
        return Err(Refused::Invalid { field: "text", message: format!("use at most {STEER_BYTES_MAX} bytes") });
    }
    Ok(vec![Event::Steered { steer: Steer { id, text, by, at, step: None, delivered_in: None } }])
}

pub(super) fn mark_delivered(pipeline: &Pipeline, id: SteerId, attempt: AttemptId) -> Result<Vec<Event>, Refused> {
    let steer = pipeline.steers.iter().find(|steer| steer.id == id).ok_or_else(|| Refused::NoSuch(format!("message {id}")))?;
    expect_attempt(pipeline, attempt, AttemptStatus::is_open)?;
    if steer.delivered_in == Some(attempt) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::SteerDelivered { steer_id: id, attempt_id: attempt }])
}

/// What an agent asks for.
pub(super) struct Asked {
    pub(super) id: AskId,
    pub(super) kind: AskKind,
    pub(super) subject: String,
    pub(super) patterns: Vec<String>,
    pub(super) suggested: Vec<String>,
    pub(super) deadline: Timestamp,
}

pub(super) fn ask(pipeline: &Pipeline, attempt: AttemptId, asked: Asked, at: Timestamp) -> Result<Vec<Event>, Refused> {
    let (step, _) = expect_attempt(pipeline, attempt, AttemptStatus::is_open)?;
    let Asked { id, kind, subject, patterns, suggested, deadline } = asked;
    let ask = Ask { id, step: step.id, attempt, kind, subject, patterns, suggested, asked_at: at, deadline, answer: None };
    Ok(vec![Event::PermissionAsked { step_id: step.id, attempt_id: attempt, ask }])
}

pub(super) fn answer(
    pipeline: &Pipeline,
    id: AskId,
    mut answer: Answer,
    grant: Option<(Scope, Vec<String>)>,
) -> Result<Vec<Event>, Refused> {
    let ask = known(pipeline, id)?;
    if let Some(given) = &ask.answer {
        let by = match &given.by {
            AnsweredBy::Person(name) => name.clone(),
            AnsweredBy::Deadline => "its deadline".to_owned(),
            AnsweredBy::End => "the end of its attempt".to_owned(),
        };
        return Err(Refused::AlreadyDecided { status: if given.allowed { "allowed" } else { "denied" }, decided_by: by });
    }
    if ask.kind == AskKind::Question && answer.allowed && answer.message.as_ref().is_none_or(|text| text.trim().is_empty()) {
        return Err(Refused::Invalid { field: "message", message: "write the answer to the question".into() });
    }
    if let Some((scope, patterns)) = grant {
        if ask.kind != AskKind::Permission || !answer.allowed {
            return Err(Refused::Invalid { field: "scope", message: "only a permission that is allowed can hold on".into() });
        }
        answer.grant = Some(Grant { scope, patterns: patterns_of(ask, &patterns)?, revoked: None });
    }
    Ok(vec![Event::PermissionAnswered { step_id: ask.step, attempt_id: ask.attempt, ask_id: id, answer }])
}

fn known(pipeline: &Pipeline, id: AskId) -> Result<&Ask, Refused> {
    pipeline.asks.iter().find(|ask| ask.id == id).ok_or_else(|| Refused::NoSuch(format!("request {id}")))
}

/// What is named, without the space around it and empty lines; what was suggested where that is nothing.
fn patterns_of(ask: &Ask, named: &[String]) -> Result<Vec<String>, Refused> {
    let named: Vec<String> = named.iter().map(|pattern| pattern.trim().to_owned()).filter(|pattern| !pattern.is_empty()).collect();
    let patterns = if named.is_empty() { ask.suggested.clone() } else { named };
    let message = match patterns.iter().map(String::len).max() {
        None => "write what is allowed from now on, a pattern a line".to_owned(),
        Some(longest) if longest > GRANT_PATTERN_BYTES_MAX => format!("use at most {GRANT_PATTERN_BYTES_MAX} bytes a pattern"),
        Some(_) if patterns.len() > GRANT_PATTERNS_MAX => format!("use at most {GRANT_PATTERNS_MAX} patterns"),
        Some(_) => return Ok(patterns),
    };
    Err(Refused::Invalid { field: "patterns", message })
}

pub(super) fn revoke(pipeline: &Pipeline, id: AskId, by: String, at: Timestamp) -> Result<Vec<Event>, Refused> {
    let ask = known(pipeline, id)?;
    if pipeline.status.is_final() {
        return Err(conflict(pipeline, "take a permission back"));
    }
    if ask.grant().is_none() {
        return Err(Refused::Conflict(format!("request {id} has given no permission that still holds on")));
    }
    let revocation = Revocation { by, at };
    Ok(vec![Event::PermissionRevoked { step_id: ask.step, attempt_id: ask.attempt, ask_id: id, revocation }])
}
