//! What narrows the audit log.

use super::StorePorts;
use crate::pipelines::{Command, EventFilter, Fact, Observation, Recorded};
use crate::testing::{Story, builders};
use crate::{PipelineId, Timestamp};
use serde_json::json;
use std::time::Duration;

/// Two pipelines that were started, the one at a second's distance between its events; the other one has something that was seen.
async fn two_stories(ports: &StorePorts) -> [Story; 2] {
    let mut one = ports.start(builders::quick_fix).await;
    one.work(&json!({ "summary": "Done.", "outcome": "done" }), Some('b')).await;
    let mut two = ports.start(builders::quick_fix).await;
    for count in 0..5 {
        two.act(Command::Observe { step: None, attempt: None, what: Observation::ProcessesEnded { count } }).await;
    }
    two.act(Command::Cancel { by: "kim".into() }).await;
    [one, two]
}

fn of_types(words: &[&str]) -> EventFilter {
    EventFilter { event_types: words.iter().map(ToString::to_string).collect(), ..EventFilter::default() }
}

/// The word of each event that fits, newest first, with whose it is. The log oldest first must have the same.
async fn narrowed(ports: &StorePorts, filter: &EventFilter) -> Vec<(PipelineId, String)> {
    let found = ports.log.audit(filter, None, u32::MAX).await.unwrap();
    let mut logged: Vec<Recorded> = ports.log.logged(0, filter, u32::MAX).await.unwrap().into_iter().map(|event| event.recorded).collect();
    logged.reverse();
    assert_eq!(logged, found, "{filter:?}");
    found.iter().map(|recorded| (recorded.pipeline_id, word(&recorded.fact))).collect()
}

fn word(fact: &Fact) -> String {
    let Fact::Event(event) = fact else { panic!("the log has a part: {fact:?}") };
    let event = serde_json::to_value(event).unwrap();
    event.get("observation").unwrap_or(&event["type"]).as_str().unwrap().to_owned()
}

pub async fn the_log_narrows_by_pipeline_kind_and_time(ports: &StorePorts) {
    let [one, two] = two_stories(ports).await;
    let all = narrowed(ports, &EventFilter::default()).await;
    for wanted in [&["pipeline_created"][..], &["processes_ended"], &["pipeline_cancelled", "handoff_recorded"], &["approval_decided"]] {
        let expected: Vec<_> = all.iter().filter(|(_, word)| wanted.contains(&word.as_str())).cloned().collect();
        assert_eq!(narrowed(ports, &of_types(wanted)).await, expected, "{wanted:?}");
        let of_two = EventFilter { pipeline: Some(two.id()), ..of_types(wanted) };
        let expected: Vec<_> = expected.into_iter().filter(|(id, _)| *id == two.id()).collect();
        assert_eq!(narrowed(ports, &of_two).await, expected, "{wanted:?}");
    }
    assert_eq!(narrowed(ports, &of_types(&["processes_ended"])).await.len(), 5);

    let events = ports.log.audit(&EventFilter::of(Some(one.id())), None, u32::MAX).await.unwrap();
    let (last, first) = (events[0].at, events[events.len() - 1].at);
    let of_one = |since: Option<Timestamp>, until: Option<Timestamp>| EventFilter { since, until, ..EventFilter::of(Some(one.id())) };
    let count = async |filter: EventFilter| narrowed(ports, &filter).await.len();
    assert_eq!(count(of_one(Some(first), None)).await, events.len());
    let of_the_last = events.iter().filter(|event| event.at == last).count();
    assert_eq!(count(of_one(Some(last), None)).await, of_the_last, "what was recorded at that very time is in it");
    assert_eq!(count(of_one(None, Some(last))).await, events.len() - of_the_last, "and not in what comes before");
    assert_eq!(count(of_one(Some(first), Some(last))).await, events.len() - of_the_last);
    assert_eq!(count(of_one(Some(last), Some(first))).await, 0);
}

pub async fn a_narrowed_log_is_paged_without_gaps_and_without_repeats(ports: &StorePorts) {
    let [_, two] = two_stories(ports).await;
    for filter in
        [of_types(&["processes_ended", "pipeline_started"]), EventFilter { pipeline: Some(two.id()), ..of_types(&["processes_ended"]) }]
    {
        let all = ports.log.audit(&filter, None, u32::MAX).await.unwrap();
        let (mut down, mut up): (Vec<Recorded>, Vec<Recorded>) = (Vec::new(), Vec::new());
        loop {
            let page = ports.log.audit(&filter, down.last().map(|last| last.seq), 2).await.unwrap();
            if page.is_empty() {
                break;
            }
            down.extend(page);
        }
        loop {
            let page = ports.log.logged(up.last().map_or(0, |last| last.seq), &filter, 2).await.unwrap();
            if page.is_empty() {
                break;
            }
            up.extend(page.into_iter().map(|event| event.recorded));
        }
        up.reverse();
        assert_eq!((&down, &up), (&all, &all));
    }
}

pub async fn a_time_between_two_milliseconds_takes_neither_too_many_nor_too_few(ports: &StorePorts) {
    let [one, _] = two_stories(ports).await;
    let newest = ports.log.audit(&EventFilter::of(Some(one.id())), None, 1).await.unwrap().remove(0);
    let (before, after) = (newest.at - Duration::from_micros(300), newest.at + Duration::from_micros(300));
    for (since, until, is_in) in [
        (Some(before), None, true),
        (Some(after), None, false),
        (None, Some(before), false),
        (None, Some(after), true),
        (Some(before), Some(after), true),
    ] {
        let filter = EventFilter { since, until, ..EventFilter::of(Some(one.id())) };
        let found = ports.log.audit(&filter, None, u32::MAX).await.unwrap();
        assert_eq!(found.contains(&newest), is_in, "{filter:?}");
    }
}
