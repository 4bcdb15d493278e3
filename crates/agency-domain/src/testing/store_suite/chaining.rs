//! The chain of the audit log. Whoever meddles with the rows themselves is in the tests of the store that has rows.

use super::StorePorts;
use crate::pipelines::{ChainHash, Checkpoint, Command, EventFilter, Fact, Observation, StoreError};
use crate::testing::{Story, builders};

/// Two pipelines with some events, and a part of a transcript between them.
async fn some_events(ports: &StorePorts) -> [Story; 2] {
    let mut one = ports.start(builders::quick_fix).await;
    let attempt = one.attempt().await;
    let part = builders::text_part(one.place_of(attempt), 0, "Working.", one.pipeline.updated_at);
    ports.transcripts.put(vec![part]).await.unwrap();
    [one, ports.start(builders::quick_fix).await]
}

/// What can be said at any time, and leaves the pipeline as it is.
fn observe() -> Command {
    Command::Observe { step: None, attempt: None, what: Observation::ProcessesEnded { count: 1 } }
}

pub async fn the_log_with_its_hashes_is_oldest_first_and_has_no_parts(ports: &StorePorts) {
    let [one, _] = some_events(ports).await;
    for pipeline in [None, Some(one.id())] {
        let mut events = ports.log.replay(0, pipeline, u32::MAX).await.unwrap();
        events.retain(|fact| matches!(fact.fact, Fact::Event(_)));
        let logged = ports.log.logged(0, &EventFilter::of(pipeline), u32::MAX).await.unwrap();
        assert_eq!(logged.iter().map(|event| event.recorded.clone()).collect::<Vec<_>>(), events);
        let rest = ports.log.logged(events[0].seq, &EventFilter::of(pipeline), 2).await.unwrap();
        assert_eq!(rest, logged[1..3]);
        for event in &logged {
            assert!(serde_json::from_str::<serde_json::Value>(&event.payload_json).unwrap().is_object());
            assert!(logged.iter().filter(|other| other.hash == event.hash).count() == 1, "{event:?}");
        }
    }
}

pub async fn a_log_that_nobody_touched_verifies_from_anywhere(ports: &StorePorts) {
    let empty = ports.log.verify(Checkpoint::START).await.unwrap();
    assert_eq!((empty.up_to, empty.broken_at), (Checkpoint::START, None));
    some_events(ports).await;
    let logged = ports.log.logged(0, &EventFilter::default(), u32::MAX).await.unwrap();
    let places = (1..).zip(&logged).map(|(events, event)| Checkpoint { id: event.recorded.seq, hash: event.hash, events });
    let newest = places.clone().last().unwrap();
    for from in [Checkpoint::START].into_iter().chain(places) {
        let found = ports.log.verify(from).await.unwrap();
        assert_eq!((found.up_to, found.broken_at), (newest, None), "{from:?}");
    }
}

pub async fn an_event_that_is_not_in_the_log_is_nothing_to_go_on_from(ports: &StorePorts) {
    let [one, _] = some_events(ports).await;
    let newest = ports.log.verify(Checkpoint::START).await.unwrap().up_to;
    let facts = ports.log.replay(0, Some(one.id()), u32::MAX).await.unwrap();
    let part = facts.iter().find(|fact| matches!(fact.fact, Fact::Part(_))).unwrap().seq;
    for from in
        [Checkpoint { hash: ChainHash([7; 32]), ..newest }, Checkpoint { id: newest.id + 1, ..newest }, Checkpoint { id: part, ..newest }]
    {
        let found = ports.log.verify(from).await.unwrap();
        assert_eq!((found.up_to, found.broken_at), (Checkpoint::START, Some(from.id)), "{from:?}");
    }
}

pub async fn a_refused_change_is_no_gap_in_the_chain(ports: &StorePorts) {
    let [mut one, _] = some_events(ports).await;
    let stale = one.change(observe());
    one.act(observe()).await;
    assert!(matches!(ports.store.commit(stale).await, Err(StoreError::Conflict)));
    one.act(observe()).await;
    let events = ports.log.logged(0, &EventFilter::default(), u32::MAX).await.unwrap().len() as u64;
    let found = ports.log.verify(Checkpoint::START).await.unwrap();
    assert_eq!((found.up_to.events, found.broken_at), (events, None));
}
