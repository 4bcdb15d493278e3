//! What must hold whatever went wrong: looked at from outside, over a store and its log.
//!
//! Tests that kill, cut off or race something call [`expect_sound`] afterwards. It reads the ports alone, so that it judges the real store as well
//! as the fake one, and it answers with every fault that it finds, not the first.

mod history;
mod state;
#[cfg(test)]
mod tests;

pub use state::state_faults;

use crate::pipelines::{EventLog, Fact, Pipeline, PipelineFilter, PipelineStatus, PipelineStore, Recorded, StoreError};
use crate::{AttemptId, CommitId, MessageId, PipelineId, SessionId};
use std::collections::BTreeMap;

/// A prompt that a fake runtime was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenPrompt {
    pub session: SessionId,
    pub message: MessageId,
    /// The head of the log when it arrived: what it belongs to must have been committed by then.
    pub log_head: i64,
}

/// Fails with every fault of [`faults`].
///
/// # Panics
/// Where something does not hold, or the store cannot be read.
pub async fn expect_sound(store: &dyn PipelineStore, log: &dyn EventLog, prompts: &[SeenPrompt]) {
    let found = faults(store, log, prompts).await.expect("the store can be read once nothing disturbs it any more");
    assert!(found.is_empty(), "not sound:\n  {}", found.join("\n  "));
}

/// What does not hold, a sentence each:
///
/// - each pipeline's state fits together, and is what its events make of it from its creation on;
/// - each attempt began once and ended at most once, and its receipt is there;
/// - what an attempt has reported as used is counted;
/// - the log has no fact twice, in order, and each pipeline's part of it is the whole without the others';
/// - no two pipelines that have not ended hold one branch;
/// - whatever an agent was sent belongs to an attempt that was committed before.
///
/// # Errors
/// Where the store or the log cannot be read.
pub async fn faults(store: &dyn PipelineStore, log: &dyn EventLog, prompts: &[SeenPrompt]) -> Result<Vec<String>, StoreError> {
    let facts = log.replay(0, None, u32::MAX).await?;
    let pipelines = all_pipelines(store).await?;
    let mut faults = history::order_faults(&facts, log.head().await?);
    for pipeline in pipelines.values() {
        let own: Vec<Recorded> = facts.iter().filter(|fact| fact.pipeline_id == pipeline.id).cloned().collect();
        let mut found = state_faults(pipeline);
        if log.replay(0, Some(pipeline.id), u32::MAX).await? != own {
            found.push("its part of the log is not the whole log without the others' parts".to_owned());
        }
        let origin = pipeline.forked_from.and_then(|origin| pipelines.get(&origin.pipeline));
        found.extend(history::replay_faults(pipeline, origin, &own));
        found.extend(history::attempt_faults(pipeline, &own));
        found.extend(history::usage_faults(pipeline, &own));
        found.extend(receipt_faults(store, pipeline).await?);
        faults.extend(found.into_iter().map(|fault| format!("pipeline {}: {fault}", pipeline.id)));
    }
    faults.extend(branch_faults(&pipelines));
    faults.extend(prompts.iter().filter_map(|prompt| prompt_fault(prompt, &facts)));
    Ok(faults)
}

/// The refs under `refs/agency/<id>/` that keep work and that no event of their pipeline names, a sentence each.
///
/// # Errors
/// Where the store or the log cannot be read.
pub async fn unnamed_refs(store: &dyn PipelineStore, log: &dyn EventLog, refs: &[String]) -> Result<Vec<String>, StoreError> {
    let facts = log.replay(0, None, u32::MAX).await?;
    let pipelines = all_pipelines(store).await?;
    Ok(pipelines.keys().flat_map(|id| history::ref_faults(*id, refs, &facts)).collect())
}

/// The sequences that are missing from all that a sink ever heard, a sentence each.
pub fn gaps(heard: &[Recorded]) -> Vec<String> {
    let expected = (1..).zip(heard);
    expected
        .filter(|(expected, fact)| fact.seq != *expected)
        .take(1)
        .map(|(expected, fact)| format!("fact {} was heard where {expected} is next", fact.seq))
        .collect()
}

/// The commits that a pipeline's accepted attempts say its branch has on top of its base, oldest first. A fork's begin with what it took over.
pub fn accepted_commits(pipeline: &Pipeline) -> Vec<CommitId> {
    let mut commits = Vec::new();
    let mut at = &pipeline.head_commit;
    while *at != pipeline.base_commit && !commits.contains(at) {
        commits.push(at.clone());
        let attempts = pipeline.attempts_in_order();
        let Some((_, maker)) = attempts.iter().rev().find(|(_, attempt)| attempt.head_commit.as_ref() == Some(at)) else { break };
        at = &maker.base_commit;
    }
    commits.reverse();
    commits
}

async fn all_pipelines(store: &dyn PipelineStore) -> Result<BTreeMap<PipelineId, Pipeline>, StoreError> {
    let mut pipelines = BTreeMap::new();
    for summary in store.list(&PipelineFilter::default(), None, u32::MAX).await? {
        let id = summary.pipeline.id;
        pipelines.insert(id, store.load(id).await?.ok_or(StoreError::Missing)?);
    }
    Ok(pipelines)
}

async fn receipt_faults(store: &dyn PipelineStore, pipeline: &Pipeline) -> Result<Vec<String>, StoreError> {
    let mut faults = Vec::new();
    for (_, attempt) in pipeline.attempts_in_order() {
        let is_sent_something = attempt.session.is_some() && attempt.copied_from.is_none();
        if is_sent_something && store.receipt(attempt.id).await?.is_none() {
            faults.push(format!("attempt {} has no receipt", attempt.id));
        }
    }
    Ok(faults)
}

fn branch_faults(pipelines: &BTreeMap<PipelineId, Pipeline>) -> Vec<String> {
    let mut held: BTreeMap<(&str, String), PipelineId> = BTreeMap::new();
    let mut faults = Vec::new();
    for pipeline in pipelines.values().filter(|pipeline| !pipeline.status.is_final()) {
        let branch = (pipeline.repo.as_str(), pipeline.branch.as_str().to_ascii_lowercase());
        if let Some(other) = held.insert(branch, pipeline.id) {
            faults.push(format!("pipelines {other} and {} both hold the branch {}", pipeline.id, pipeline.branch));
        }
    }
    faults
}

fn prompt_fault(prompt: &SeenPrompt, facts: &[Recorded]) -> Option<String> {
    let began = facts.iter().find(|recorded| match &recorded.fact {
        Fact::Event(event) => history::begins_in(event, &prompt.session).is_some(),
        Fact::Part(_) => false,
    });
    match began {
        None => Some(format!("session {} was sent {}, and no attempt has that session", prompt.session, prompt.message)),
        Some(began) if began.seq > prompt.log_head => Some(format!(
            "session {} was sent {} when the log was at {}, before its attempt was committed at {}",
            prompt.session, prompt.message, prompt.log_head, began.seq
        )),
        Some(_) => None,
    }
}

/// The words of a status and of the attempts, oldest first, for messages.
pub fn told(pipeline: &Pipeline) -> String {
    let reason = match &pipeline.status {
        PipelineStatus::Failed(reason) => format!(" ({}: {})", reason.code.as_str(), reason.message),
        PipelineStatus::Paused(reason) => format!(" ({}: {})", reason.code.as_str(), reason.message),
        PipelineStatus::Queued
        | PipelineStatus::Running
        | PipelineStatus::WaitingForApproval
        | PipelineStatus::Succeeded
        | PipelineStatus::Cancelled => String::new(),
    };
    let attempts: Vec<String> = attempts_told(pipeline).into_iter().map(|(id, text)| format!("{id} {text}")).collect();
    format!("{}{reason}; attempts: {}", pipeline.status.as_str(), attempts.join(", "))
}

fn attempts_told(pipeline: &Pipeline) -> Vec<(AttemptId, String)> {
    let told = pipeline.attempts_in_order();
    told.into_iter().map(|(step, attempt)| (attempt.id, format!("{} {}", step.name(), attempt.status.as_str()))).collect()
}
