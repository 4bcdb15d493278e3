//! The stream and the audit log.

use super::StorePorts;
use crate::pipelines::{Command, Event, EventFilter, Fact, Recorded};
use crate::testing::{Story, builders};
use serde_json::json;

/// Two pipelines whose events and parts take turns.
async fn two_at_once(ports: &StorePorts) -> (Story, Story) {
    let mut one = ports.start(builders::quick_fix).await;
    let mut two = ports.start(builders::quick_fix).await;
    for round in 0..3 {
        for story in [&mut one, &mut two] {
            let attempt = match story.pipeline.open_attempt() {
                Some((_, attempt)) => attempt.id,
                None => story.attempt().await,
            };
            let part = builders::text_part(story.place_of(attempt), round, "Working.", story.pipeline.updated_at);
            ports.transcripts.put(vec![part]).await.unwrap();
        }
    }
    (one, two)
}

fn sequences(facts: &[Recorded]) -> Vec<i64> {
    facts.iter().map(|fact| fact.seq).collect()
}

pub async fn what_was_heard_is_what_replays(ports: &StorePorts) {
    let (one, _) = two_at_once(ports).await;
    let heard = ports.heard.facts();
    assert!(sequences(&heard).is_sorted_by(|a, b| a < b));
    assert_eq!(ports.log.replay(0, None, u32::MAX).await.unwrap(), heard);
    let of_one: Vec<_> = heard.into_iter().filter(|fact| fact.pipeline_id == one.id()).collect();
    assert_eq!(ports.log.replay(0, Some(one.id()), u32::MAX).await.unwrap(), of_one);
}

pub async fn a_replay_goes_on_where_the_last_page_ended(ports: &StorePorts) {
    let (one, _) = two_at_once(ports).await;
    for pipeline in [None, Some(one.id())] {
        let all = ports.log.replay(0, pipeline, u32::MAX).await.unwrap();
        let mut paged: Vec<Recorded> = Vec::new();
        loop {
            let after = paged.last().map_or(0, |fact| fact.seq);
            let page = ports.log.replay(after, pipeline, 3).await.unwrap();
            assert!(page.len() <= 3);
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(paged, all);
    }
}

pub async fn the_audit_log_is_newest_first_and_has_no_parts(ports: &StorePorts) {
    let (one, _) = two_at_once(ports).await;
    for pipeline in [None, Some(one.id())] {
        let mut events = ports.log.replay(0, pipeline, u32::MAX).await.unwrap();
        events.retain(|fact| matches!(fact.fact, Fact::Event(_)));
        events.reverse();
        let filter = EventFilter::of(pipeline);
        assert_eq!(ports.log.audit(&filter, None, u32::MAX).await.unwrap(), events);
        let second_page = ports.log.audit(&filter, Some(events[1].seq), 2).await.unwrap();
        assert_eq!(second_page, events[2..4]);
    }
}

pub async fn the_head_is_the_newest_sequence(ports: &StorePorts) {
    assert_eq!(ports.log.head().await.unwrap(), 0);
    assert_eq!(ports.log.replay(0, None, 10).await.unwrap(), []);
    let mut story = ports.start(builders::quick_fix).await;
    let attempt = story.attempt().await;
    let part = builders::text_part(story.place_of(attempt), 0, "Hello", story.pipeline.updated_at);
    ports.transcripts.put(vec![part]).await.unwrap();
    let newest = ports.heard.facts().last().unwrap().seq;
    assert_eq!(ports.log.head().await.unwrap(), newest);
    assert_eq!(ports.log.replay(newest, None, 10).await.unwrap(), []);
}

pub async fn a_refused_change_is_not_heard(ports: &StorePorts) {
    let mut story = ports.begin(builders::quick_fix).await;
    let late = story.change(Command::Cancel { by: "kim".into() });
    story.act(Command::Start).await;
    assert!(ports.store.commit(late).await.is_err());
    story.work(&json!({ "summary": "Done.", "outcome": "done" }), None).await;
    let heard = ports.heard.facts();
    assert!(!heard.iter().any(|fact| matches!(fact.fact, Fact::Event(Event::PipelineCancelled { .. }))));
    ports.expect_lived(&story).await;
}
