//! What happens when the database fails: nothing that was acknowledged is lost, nothing that was not is heard, and the next write works.

use crate::support::{Place, begin};
use agency_domain::pipelines::{Checkpoint, Command, PipelineFilter, StoreError};
use agency_domain::testing::builders;
use agency_domain::transcripts::PartsQuery;
use agency_persistence::Persistence;
use sea_orm::ConnectionTrait;

/// A deferred foreign key that breaks when the transaction ends.
const COMMIT_FAILS: &str = "
    CREATE TABLE parents (id INTEGER PRIMARY KEY);
    CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER break_commit AFTER INSERT ON audit_events WHEN new.event_type = 'pipeline_cancelled'
        BEGIN INSERT INTO children VALUES (1); END;";
/// SQLite ends the whole transaction by itself, as it does on a full disk.
const ROLLS_BACK: &str = "
    CREATE TRIGGER roll_back BEFORE INSERT ON audit_events WHEN new.event_type = 'pipeline_cancelled'
        BEGIN SELECT RAISE(ROLLBACK, 'the disk is full'); END;";

fn cancel() -> Command {
    Command::Cancel { by: "kim".into() }
}

/// One of a crowd of commits makes its batch fail: whoever was acknowledged is stored, whoever was not is as before.
async fn one_of_a_crowd_fails(meddling: &str) {
    let place = Place::new();
    let (open, heard) = place.open().await;
    let mut stories = Vec::new();
    for _ in 0..16 {
        stories.push(begin(&open).await);
    }
    place.meddle(meddling).await;
    let commits: Vec<_> = stories
        .iter()
        .enumerate()
        .map(|(index, story)| {
            let change = story.change(if index == 7 { cancel() } else { Command::Start });
            let store = open.store();
            tokio::spawn(async move { (change.clone(), store.commit(change).await) })
        })
        .collect();
    let mut failures = 0;
    for (commit, story) in commits.into_iter().zip(&mut stories) {
        let (change, answer) = commit.await.unwrap();
        match answer {
            Ok(_) => {
                story.pipeline = change.after;
                story.pipeline.version += 1;
            }
            Err(StoreError::Unavailable(_)) => failures += 1,
            Err(other) => panic!("expected an acknowledgement or a failure, not {other}"),
        }
        assert_eq!(open.store().load(story.id()).await.unwrap().as_ref(), Some(&story.pipeline));
    }
    assert!(failures >= 1);
    assert_eq!(open.log().replay(0, None, u32::MAX).await.unwrap(), heard.facts());

    for story in stories.iter_mut().filter(|story| story.pipeline.version == 1) {
        story.act(Command::Start).await;
    }
    assert_eq!(open.log().replay(0, None, u32::MAX).await.unwrap(), heard.facts());
    assert_eq!(open.log().verify(Checkpoint::START).await.unwrap().broken_at, None);
    open.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_fails_takes_its_batch_with_it_and_no_more() {
    one_of_a_crowd_fails(COMMIT_FAILS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_sqlite_rolls_back_takes_its_batch_with_it_and_no_more() {
    one_of_a_crowd_fails(ROLLS_BACK).await;
}

#[tokio::test]
async fn writing_works_again_once_the_cause_is_gone() {
    let place = Place::new();
    let (open, heard) = place.open().await;
    let mut story = begin(&open).await;
    place.meddle(COMMIT_FAILS).await;
    for _ in 0..3 {
        let error = story.try_act(cancel()).await.unwrap_err().to_string();
        assert!(error.starts_with("the database is not available: "), "{error}");
    }
    assert_eq!(heard.facts().len(), 1);
    place.meddle("DROP TRIGGER break_commit").await;
    story.act(cancel()).await;
    assert_eq!(open.store().load(story.id()).await.unwrap(), Some(story.pipeline.clone()));
    assert_eq!(heard.facts().len(), 2);
    open.close().await;
}

#[tokio::test]
async fn a_lock_of_another_process_is_waited_for_while_reading_goes_on() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    let story = begin(&open).await;
    let stranger = place.stranger().await;
    stranger.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let (store, change) = (open.store(), story.change(Command::Start));
    let commit = tokio::spawn(async move { store.commit(change).await });
    assert_eq!(open.store().load(story.id()).await.unwrap(), Some(story.pipeline.clone()));
    assert!(!commit.is_finished());
    stranger.execute_unprepared("ROLLBACK").await.unwrap();
    commit.await.unwrap().unwrap();
    open.close().await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named_and_nothing_is_guessed() {
    for (sql, table, column) in [
        ("UPDATE pipelines SET status = 'asleep'", "pipelines", "status"),
        ("UPDATE pipelines SET status = 'failed'", "pipelines", "reason_code"),
        ("UPDATE pipelines SET branch = 'main'", "pipelines", "branch"),
        ("UPDATE steps SET status = 'asleep'", "steps", "status"),
        ("UPDATE steps SET plan_json = '{'", "steps", "plan_json"),
        ("UPDATE attempts SET tokens_input = -1", "attempts", "tokens_input"),
        ("UPDATE attempts SET cost_kind = 'known'", "attempts", "cost_dollars"),
        ("UPDATE attempts SET started_at = 'noon'", "attempts", "started_at"),
    ] {
        let place = Place::new();
        let (open, _heard) = place.open().await;
        let mut story = begin(&open).await;
        story.act(Command::Start).await;
        story.attempt().await;
        place.meddle(sql).await;
        match open.store().load(story.id()).await {
            Err(StoreError::Corrupt { table: named, detail, .. }) => {
                assert_eq!(named, table, "{sql}");
                assert!(detail.starts_with(column), "{sql}: {detail}");
            }
            other => panic!("{sql}: expected a corrupt row, not {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_list_names_the_row_that_it_cannot_read() {
    for (sql, table, column) in [
        ("UPDATE pipelines SET status = 'asleep'", "pipelines", "status"),
        ("UPDATE pipelines SET created_at = 'noon'", "pipelines", "created_at"),
        ("UPDATE steps SET status = 'asleep'", "steps", "status"),
        ("UPDATE attempts SET tokens_input = -1", "attempts", "tokens_input"),
    ] {
        let place = Place::new();
        let (open, _heard) = place.open().await;
        let mut story = begin(&open).await;
        story.act(Command::Start).await;
        story.attempt().await;
        place.meddle(sql).await;
        match open.store().list(&PipelineFilter::default(), None, 10).await {
            Err(StoreError::Corrupt { table: named, detail, .. }) => {
                assert_eq!(named, table, "{sql}");
                assert!(detail.starts_with(column), "{sql}: {detail}");
            }
            other => panic!("{sql}: expected a corrupt row, not {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_log_that_cannot_be_read_is_named_too() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    let mut story = begin(&open).await;
    story.act(Command::Start).await;
    let attempt = story.attempt().await;
    let part = builders::text_part(story.place_of(attempt), 0, "Hello", story.pipeline.updated_at);
    open.transcripts().put(vec![part]).await.unwrap();
    place.meddle("UPDATE transcript_parts SET state = 'asleep'").await;
    expect_corrupt(&open, "transcript_parts").await;
    let query = PartsQuery { pipeline: story.id(), step: None, attempt: None, after: None, backwards: false, limit: 10 };
    assert!(matches!(open.transcripts().parts(query).await, Err(StoreError::Corrupt { .. })));
    place.meddle("UPDATE audit_events SET event_type = 'from_the_future'").await;
    expect_corrupt(&open, "audit_events").await;
}

async fn expect_corrupt(open: &Persistence, table: &str) {
    match open.log().replay(0, None, 10).await {
        Err(StoreError::Corrupt { table: named, .. }) => assert_eq!(named, table),
        other => panic!("expected a corrupt row, not {other:?}"),
    }
}
