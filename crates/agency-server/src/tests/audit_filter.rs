//! The audit log narrowed: by what happened, when, and the words for it.

use super::world::{World, fields, problem};
use agency_domain::pipelines::{Command, Observation};
use serde_json::{Value, json};

/// Two pipelines: one worked, of the other many processes were ended before somebody cancelled it.
async fn two_pipelines(world: &World, processes: u64) {
    let mut one = world.quick_fix().await;
    one.work(&json!({ "summary": "Shouts at STRANGERS.", "outcome": "done" }), Some('b')).await;
    let mut other = world.quick_fix().await;
    for count in 2..processes + 2 {
        other.act(Command::Observe { step: None, attempt: None, what: Observation::ProcessesEnded { count } }).await;
    }
    other.act(Command::Cancel { by: "Kim".into() }).await;
}

/// Every event behind an address, page by page, and how many pages there were.
async fn paged(world: &World, path: &str) -> (Vec<Value>, usize) {
    let (mut events, mut pages, mut next) = (Vec::new(), 0, path.to_owned());
    loop {
        let page = world.json(&next).await;
        events.extend(page["items"].as_array().unwrap().iter().cloned());
        pages += 1;
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("{path}&cursor={cursor}"),
            None => return (events, pages),
        }
    }
}

/// Whether an event is to be found.
type Fits<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

async fn exported(world: &World, path: &str) -> Vec<Value> {
    let text = world.get(path).await.text().await.unwrap();
    let mut events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    events.iter_mut().for_each(|event| drop(event.as_object_mut().unwrap().remove("hash")));
    events.reverse();
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_and_its_export_narrow_by_the_same() {
    let world = World::new().await;
    two_pipelines(&world, 7).await;
    let (all, _) = paged(&world, "/api/v1/audit?limit=200").await;
    let has = |event: &Value, words: &str| event["summary"].as_str().unwrap().to_ascii_lowercase().contains(words);
    let is_of = |event: &Value, types: &[&str]| types.iter().any(|wanted| event["event_type"] == *wanted);
    // The pipelines have clocks of their own, which begin at the same time.
    let later = all[0]["created_at"].as_str().unwrap();
    let is_later = |event: &Value| event["created_at"].as_str().unwrap() >= later;
    let cases: [(String, Fits<'_>); 9] = [
        ("event_type=processes_ended".into(), Box::new(|event| is_of(event, &["processes_ended"]))),
        (
            "event_type=pipeline_cancelled,%20handoff_recorded,".into(),
            Box::new(|event| is_of(event, &["pipeline_cancelled", "handoff_recorded"])),
        ),
        ("event_type=approval_decided".into(), Box::new(|_| false)),
        (format!("since={later}"), Box::new(is_later)),
        (format!("until={later}"), Box::new(|event| !is_later(event))),
        ("q=strangers".into(), Box::new(|event| has(event, "strangers"))),
        ("q=kim%20cancelled".into(), Box::new(|event| has(event, "kim cancelled"))),
        ("q=processes&event_type=processes_ended&pipeline=2".into(), Box::new(|event| is_of(event, &["processes_ended"]))),
        ("event_type=&since=&until=&q=%20".into(), Box::new(|_| true)),
    ];
    for (query, fits) in cases {
        let expected: Vec<Value> = all.iter().filter(|event| fits(event)).cloned().collect();
        assert_eq!(paged(&world, &format!("/api/v1/audit?limit=2&{query}")).await.0, expected, "{query}");
        assert_eq!(exported(&world, &format!("/api/v1/audit/export?{query}")).await, expected, "{query}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_one_pipeline_narrows_too_in_every_format() {
    let world = World::new().await;
    two_pipelines(&world, 3).await;
    let path = "/api/v1/pipelines/2/audit";
    let (found, pages) = paged(&world, &format!("{path}?q=processes&limit=2")).await;
    assert_eq!((found.len(), pages), (3, 2));
    let mut json: Vec<Value> = world.get(&format!("{path}/export?q=processes")).await.json().await.unwrap();
    json.reverse();
    assert_eq!(json, found);
    let nothing: Vec<Value> = world.get(&format!("{path}/export?q=nothing%20of%20the%20sort")).await.json().await.unwrap();
    assert!(nothing.is_empty());
    let markdown = world.get(&format!("{path}/export?format=markdown&event_type=pipeline_cancelled")).await.text().await.unwrap();
    assert!(markdown.starts_with("# A part of the audit log of pipeline 2: ") && markdown.matches("\n## ").count() == 1, "{markdown}");
    let csv = world.get(&format!("{path}/export?format=csv&q=KIM")).await;
    assert_eq!(csv.headers()["content-disposition"], "attachment; filename=\"pipeline-2-audit-filtered.csv\"");
    assert_eq!(csv.text().await.unwrap().lines().count(), 2);
    world.close().await;
}

/// In tests a page looks through 400 events.
#[tokio::test(flavor = "multi_thread")]
async fn words_are_found_wherever_they_are_however_much_lies_before() {
    let world = World::new().await;
    two_pipelines(&world, 450).await;
    let first = world.json("/api/v1/audit?q=strangers").await;
    assert!(first["items"].as_array().unwrap().is_empty() && first["next_cursor"].is_string(), "{first}");
    let (found, pages) = paged(&world, "/api/v1/audit?q=strangers&limit=50").await;
    assert_eq!((found.len(), pages), (1, 2), "{found:?}");
    let narrowed = paged(&world, "/api/v1/audit?q=strangers&event_type=handoff_recorded&limit=50").await;
    assert_eq!(narrowed, (found, 1), "the types are left to the store");
    let (found, _) = paged(&world, "/api/v1/audit?q=processes&limit=200").await;
    assert_eq!(found.len(), 450);
    assert!(found.is_sorted_by(|one, other| one["id"].as_i64() > other["id"].as_i64()));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_does_not_fit_is_refused_and_says_what_does() {
    let world = World::new().await;
    two_pipelines(&world, 1).await;
    for path in ["/api/v1/audit", "/api/v1/audit/export", "/api/v1/pipelines/1/audit", "/api/v1/pipelines/1/audit/export"] {
        let long = format!("q={}", "ä".repeat(201));
        for (query, field, said) in [
            ("event_type=approval_decided,nonsense", "event_type", "\"nonsense\" is no type of event; there are pipeline_created, "),
            ("since=yesterday", "since", "RFC 3339"),
            ("until=2026-11-30T12:00:00+01:00", "until", "%2B"),
            ("since=2026-11-30T12:00:00Z&until=2026-11-30T13:00:00%2B01:00", "until", "after `since`"),
            (&long, "q", "at most 200 letters"),
            ("event=x", "event", "event_type"),
        ] {
            let found = problem(world.get(&format!("{path}?{query}")).await, 400, "invalid_input").await;
            assert_eq!(fields(&found), [field], "{path} {found}");
            assert!(found["errors"][0]["message"].as_str().unwrap().contains(said), "{path} {found}");
        }
    }
    world.close().await;
}
