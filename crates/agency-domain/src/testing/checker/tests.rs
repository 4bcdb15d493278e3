//! The checker says yes to what was lived, and no to what was tampered with.

use super::{SeenPrompt, accepted_commits, expect_sound, faults, history, state_faults};
use crate::approvals::Decision;
use crate::pipelines::{AttemptStatus, Command, Event, EventLog, Fact, PipelineStatus, PipelineStore};
use crate::testing::{MemoryStore, Story, TestIds, builders};
use crate::{Clock, Ids, MessageId, SessionId};
use serde_json::json;
use std::sync::Arc;

fn done() -> serde_json::Value {
    json!({ "summary": "x", "outcome": "done" })
}

/// A whole chain with a gate and a round of review, and a fork of it behind the gate.
async fn lived() -> (Arc<MemoryStore>, Story) {
    let (store, ids) = (Arc::new(MemoryStore::default()), Arc::new(TestIds::default()));
    let new = builders::full_feature(ids.as_ref());
    let mut story = Story::started(store.clone(), ids.clone(), new).await;
    story.work(&done(), None).await;
    story.work(&json!({ "summary": "x", "outcome": "done", "criteria": [{ "id": "AC-1", "text": "It shouts." }] }), None).await;
    let gate = story.gate().await;
    story.decide(gate, Decision::Approve, None).await;
    story.act(Command::Pause { by: "kim".into(), now: true }).await;
    story.act(Command::Resume { by: "kim".into(), budget: crate::budgets::Budget::default() }).await;
    story.work(&done(), Some('b')).await;
    let finding = |status: &str| json!([{ "id": "F-1", "severity": "major", "claim": "No test.", "status": status }]);
    let review =
        |verdict: &str, status: &str| json!({ "summary": "x", "outcome": "done", "verdict": verdict, "findings": finding(status) });
    story.work(&review("changes_requested", "open"), None).await;
    story.work(&done(), Some('c')).await;
    story.work(&review("approved", "fixed"), None).await;
    assert_eq!(story.pipeline.status, PipelineStatus::Succeeded);

    let origin = &story.pipeline;
    let new = builders::full_feature(ids.as_ref());
    let fork = origin.fork(origin.steps[3].id, new, ids.as_ref(), story.clock.now()).unwrap();
    let mut fork = Story::forked(store.clone(), ids as Arc<dyn Ids>, fork).await;
    fork.act(Command::Start).await;
    fork.work(&review("approved", "fixed"), None).await;
    (store, story)
}

#[tokio::test]
async fn what_was_lived_is_sound() {
    let (store, story) = lived().await;
    expect_sound(store.as_ref(), store.as_ref(), &[]).await;
    assert_eq!(accepted_commits(&story.pipeline), [builders::commit('b'), builders::commit('c')]);
}

#[tokio::test]
async fn a_fact_that_is_missing_or_comes_twice_is_found() {
    let (store, story) = lived().await;
    let facts = store.replay(0, Some(story.id()), u32::MAX).await.unwrap();
    assert!(history::replay_faults(&story.pipeline, None, &facts).is_empty());
    let counts = |event: &Event| {
        let ends = matches!(event, Event::AttemptSucceeded { .. } | Event::PipelineSucceeded | Event::ApprovalDecided { .. });
        ends || matches!(
            event,
            Event::AttemptStarted { .. } | Event::HandoffRecorded { .. } | Event::FindingClosed { .. } | Event::SentBack { .. }
        )
    };
    for (index, recorded) in facts.iter().enumerate() {
        if matches!(&recorded.fact, Fact::Event(event) if counts(event)) {
            let mut less = facts.clone();
            less.remove(index);
            assert!(!history::replay_faults(&story.pipeline, None, &less).is_empty(), "nobody missed {recorded:?}");
        }
    }
    let twice: Vec<_> = facts.iter().chain(facts.last()).cloned().collect();
    assert!(!history::order_faults(&twice, facts.last().unwrap().seq).is_empty());
    assert!(!history::order_faults(&facts, 1_000_000).is_empty());
}

#[tokio::test]
async fn a_prompt_before_its_attempt_is_found() {
    let (store, story) = lived().await;
    let (_, attempt) = story.pipeline.attempts_in_order()[0];
    let prompt =
        |log_head, session: &SessionId| SeenPrompt { session: session.clone(), message: MessageId::parse("msg_1").unwrap(), log_head };
    let session = attempt.session.clone().unwrap();
    let head = store.head().await.unwrap();
    for (prompt, is_sound) in
        [(prompt(head, &session), true), (prompt(1, &session), false), (prompt(head, &SessionId::parse("ses_of_nobody").unwrap()), false)]
    {
        assert_eq!(faults(store.as_ref(), store.as_ref(), &[prompt]).await.unwrap().is_empty(), is_sound);
    }
}

#[tokio::test]
async fn a_state_that_does_not_fit_together_is_found() {
    let (store, story) = lived().await;
    let sound = store.load(story.id()).await.unwrap().unwrap();
    let mut open = sound.clone();
    open.steps[0].attempts[0].status = AttemptStatus::Running;
    let mut unheard = sound.clone();
    unheard.steps[4].attempts[1].verdict = None;
    let mut behind = sound.clone();
    behind.steps[1].status = crate::pipelines::StepStatus::Pending;
    for broken in [open, unheard, behind] {
        assert!(!state_faults(&broken).is_empty());
    }
}
