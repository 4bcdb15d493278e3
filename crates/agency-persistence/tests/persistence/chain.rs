//! The chain of the audit log, where somebody meddles with the rows, where a write fails, and where the log is older than the chain.

use crate::support::{Place, begin};
use agency_domain::pipelines::{Checkpoint, Command, EventFilter, LoggedEvent, Observation, StoreError, Verification};
use agency_domain::testing::Heard;
use agency_persistence::{MigrateCommand, Persistence, migrate};
use sea_orm::ConnectionTrait;
use std::sync::Arc;
use std::time::Duration;

/// An event that breaks a rule of the database: its change alone is refused, after the change before it and before the one behind it.
const REFUSED: &str = "
    CREATE TABLE parents (id INTEGER PRIMARY KEY);
    CREATE TABLE children (parent INTEGER REFERENCES parents (id));
    CREATE TRIGGER refuse AFTER INSERT ON audit_events WHEN new.event_type = 'pipeline_cancelled'
        BEGIN INSERT INTO children VALUES (1); END;";
/// Fails where events have none.
const HASHES: &str = "SELECT id, hash FROM audit_events ORDER BY id";

async fn verify(open: &Persistence) -> Verification {
    open.log().verify(Checkpoint::START).await.unwrap()
}

async fn logged(open: &Persistence) -> Vec<LoggedEvent> {
    open.log().logged(0, &EventFilter::default(), u32::MAX).await.unwrap()
}

/// Fails unless the chain holds over all events that there are.
async fn expect_whole(open: &Persistence) {
    let found = verify(open).await;
    assert_eq!((found.broken_at, found.up_to.events), (None, logged(open).await.len() as u64));
}

/// A log of some events with the ids 1 to 8.
async fn eight_events(open: &Persistence) {
    let mut stories = [begin(open).await, begin(open).await];
    for story in &mut stories {
        story.act(Command::Start).await;
        for count in 0..2 {
            story.act(Command::Observe { step: None, attempt: None, what: Observation::ProcessesEnded { count } }).await;
        }
    }
    let ids: Vec<i64> = logged(open).await.iter().map(|event| event.recorded.seq).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[tokio::test]
async fn what_somebody_does_to_the_rows_is_found_at_its_place() {
    let swap = "UPDATE audit_events SET id = -1 WHERE id = 3; UPDATE audit_events SET id = 3 WHERE id = 6;
        UPDATE audit_events SET id = 6 WHERE id = -1";
    for (sql, broken_at, verified) in [
        ("UPDATE audit_events SET payload_json = '{\"observation\":\"processes_ended\",\"count\":9}' WHERE id = 7", Some(7), 6),
        ("UPDATE audit_events SET payload_json = payload_json || ' ' WHERE id = 1", Some(1), 0),
        ("UPDATE audit_events SET created_at = '2020-01-01T00:00:00.000Z' WHERE id = 8", Some(8), 7),
        ("UPDATE audit_events SET step_id = 1 WHERE id = 2", Some(2), 1),
        ("UPDATE audit_events SET pipeline_id = 1 WHERE id = 2", Some(2), 1),
        ("UPDATE audit_events SET event_type = 'pipeline_resumed' WHERE id = 4", Some(4), 3),
        ("UPDATE audit_events SET hash = x'' WHERE id = 5", Some(5), 4),
        ("UPDATE audit_events SET hash = (SELECT hash FROM audit_events WHERE id = 4) WHERE id = 5", Some(5), 4),
        // The first one behind the gap does not fit to the one before it.
        ("DELETE FROM audit_events WHERE id = 4", Some(5), 3),
        ("DELETE FROM audit_events WHERE id = 1", Some(2), 0),
        (swap, Some(3), 2),
        (
            "INSERT INTO audit_events SELECT 20, pipeline_id, step_id, event_type, payload_json, created_at, hash FROM audit_events WHERE id = 8",
            Some(20),
            8,
        ),
        (
            "INSERT INTO audit_events SELECT -7, pipeline_id, step_id, event_type, payload_json, created_at, hash FROM audit_events WHERE id = 1",
            Some(-7),
            0,
        ),
        // Nothing shows that the end is missing but its hash, kept elsewhere.
        ("DELETE FROM audit_events WHERE id > 6", None, 6),
    ] {
        let place = Place::new();
        let (open, _heard) = place.open().await;
        eight_events(&open).await;
        expect_whole(&open).await;
        let newest = verify(&open).await.up_to;
        place.meddle(sql).await;
        let found = verify(&open).await;
        assert_eq!((found.broken_at, found.up_to.events), (broken_at, verified), "{sql}");
        if broken_at.is_none() {
            assert_eq!(open.log().verify(newest).await.unwrap().broken_at, Some(8), "{sql}");
        }
        open.close().await;
    }
}

#[tokio::test]
async fn the_chain_goes_on_after_a_restart_and_from_a_place_that_was_verified() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    eight_events(&open).await;
    let before = verify(&open).await.up_to;
    open.close().await;
    let (open, _heard) = place.open().await;
    begin(&open).await;
    expect_whole(&open).await;
    let found = open.log().verify(before).await.unwrap();
    assert_eq!((found.broken_at, found.up_to.events), (None, before.events + 1));
    open.close().await;
}

#[tokio::test]
async fn a_server_starts_over_a_newest_event_without_its_hash_and_says_so_when_it_verifies() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    eight_events(&open).await;
    open.close().await;
    place.meddle("UPDATE audit_events SET hash = x'00' WHERE id = 8").await;
    let (open, _heard) = place.open().await;
    begin(&open).await;
    assert_eq!(verify(&open).await.broken_at, Some(8));
    assert!(matches!(open.log().logged(0, &EventFilter::default(), 10).await, Err(StoreError::Corrupt { table: "audit_events", .. })));
    open.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_fails_in_the_middle_of_a_group_leaves_a_chain_that_verifies() {
    let place = Place::new();
    let (open, heard) = place.open().await;
    let mut stories = Vec::new();
    for _ in 0..5 {
        stories.push(begin(&open).await);
    }
    place.meddle(REFUSED).await;
    // While somebody else has the lock, the writer waits with the first change, and the others become one group.
    let load = open.writer_load();
    let stranger = place.stranger().await;
    stranger.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let mut commits = Vec::new();
    for (index, story) in stories.iter().enumerate() {
        let change = story.change(if index == 2 { Command::Cancel { by: "kim".into() } } else { Command::Start });
        let store = open.store();
        commits.push(tokio::spawn(async move { store.commit(change).await }));
        let waiting = index as u64;
        while load().waiting != waiting || (index == 0 && !begun(&mut commits[0]).await) {
            tokio::task::yield_now().await;
        }
    }
    stranger.execute_unprepared("ROLLBACK").await.unwrap();
    let groups = load().commits.iter().sum::<u64>();
    let mut answers = Vec::new();
    for commit in commits {
        answers.push(commit.await.unwrap());
    }
    assert_eq!(load().commits.iter().sum::<u64>(), groups + 2, "the first change, and the others as one group");
    let refused: Vec<bool> = answers.iter().map(Result::is_err).collect();
    assert_eq!(refused, [false, false, true, false, false], "{answers:?}");
    expect_whole(&open).await;
    assert_eq!(open.log().replay(0, None, u32::MAX).await.unwrap(), heard.facts());
    open.close().await;
}

/// Whether a write has had the time to come to the writer.
async fn begun<T>(write: &mut tokio::task::JoinHandle<T>) -> bool {
    tokio::time::timeout(Duration::from_millis(50), write).await.is_err()
}

#[tokio::test]
async fn a_log_from_before_the_chain_gets_its_hashes_when_it_is_migrated() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    // More than one batch of the migration, and of verifying.
    let mut story = begin(&open).await;
    for count in 0..450 {
        story.act(Command::Observe { step: None, attempt: None, what: Observation::ProcessesEnded { count } }).await;
    }
    with_a_step(&mut story).await;
    let before = logged(&open).await;
    open.close().await;
    place.down_below("m20261130_000007_audit_chain").await;
    let stranger = place.stranger().await;
    assert!(stranger.execute_unprepared(HASHES).await.is_err(), "there are hashes before the migration");
    stranger.close().await.unwrap();

    migrate(&place.url(), MigrateCommand::Up).await.unwrap();
    let open = agency_persistence::open(&place.url(), Arc::new(Heard::default())).await.unwrap();
    assert!(logged(&open).await == before, "the migration does not hash as the store does");
    begin(&open).await;
    expect_whole(&open).await;
    open.close().await;
}

/// Events that have a step.
async fn with_a_step(story: &mut agency_domain::testing::Story) {
    story.act(Command::Start).await;
    let attempt = story.attempt().await;
    story.act(Command::MarkRunning(attempt)).await;
}
