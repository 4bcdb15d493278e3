//! The database as a file: how it is made, closed, opened again, and migrated.

use crate::support::{Place, begin};
use agency_domain::pipelines::{Command, StoreError};
use agency_domain::testing::Heard;
use agency_persistence::{MigrateCommand, OpenError, migrate};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

#[tokio::test]
async fn a_new_database_is_for_its_owner_alone_and_lies_in_directories_that_are_made() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.file()), 0o600);
    assert_eq!(mode(&place.file().with_file_name("agency.db-wal")), 0o600);
    assert_eq!(mode(place.file().parent().unwrap()), 0o700);
    open.close().await;
}

#[tokio::test]
async fn what_was_stored_is_there_after_closing_and_ids_and_sequences_go_on() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    let mut story = begin(&open).await;
    story.act(Command::Start).await;
    let attempt = story.attempt().await;
    let head = open.log().head().await.unwrap();
    open.close().await;
    assert!(!place.file().with_file_name("agency.db-wal").exists(), "a closed database is one file");

    let (open, heard) = place.open().await;
    assert_eq!(open.store().load(story.id()).await.unwrap(), Some(story.pipeline.clone()));
    assert!(open.ids().attempt() > attempt && open.ids().pipeline() > story.id());
    begin(&open).await;
    assert_eq!(heard.facts()[0].seq, head + 1);
    open.close().await;
}

#[tokio::test]
async fn closing_writes_what_waits_and_refuses_what_comes_after() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    let mut stories = Vec::new();
    for _ in 0..32 {
        stories.push(begin(&open).await);
    }
    let commits: Vec<_> = stories
        .iter()
        .map(|story| {
            let (store, change) = (open.store(), story.change(Command::Start));
            tokio::spawn(async move { store.commit(change).await })
        })
        .collect();
    open.close().await;
    open.close().await;
    let mut acknowledged = Vec::new();
    for (commit, story) in commits.into_iter().zip(&stories) {
        match commit.await.unwrap() {
            Ok(_) => acknowledged.push(story.id()),
            Err(StoreError::Unavailable(_)) => {}
            Err(other) => panic!("expected an acknowledgement or a closed database, not {other}"),
        }
    }
    let late = open.store().claim(stories[0].id(), "late").await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");

    let (open, _heard) = place.open().await;
    for story in &stories {
        let version = open.store().load(story.id()).await.unwrap().unwrap().version;
        assert_eq!(version == 2, acknowledged.contains(&story.id()));
    }
}

#[tokio::test]
async fn migrations_go_up_and_down_and_up_again() {
    let place = Place::new();
    let names = [
        "m20261123_000001_first_tables",
        "m20261123_000002_steering",
        "m20261125_000003_kept_agents",
        "m20261125_000004_questions",
        "m20261125_000005_forks",
        "m20261130_000006_credentials",
        "m20261130_000007_audit_chain",
        "m20261130_000008_rights",
        "m20261130_000009_audit_by_type",
        "m20261130_000010_took",
        "m20261201_000011_attachments",
        "m20261201_000012_grants",
    ];
    let each = |word: &str| names.map(|name| format!("{word}  {name}\n")).concat();
    let status = migrate(&place.url(), MigrateCommand::Status).await.unwrap();
    assert_eq!(status, format!("head: none\n{}", each("pending")));
    assert!(!place.file().exists(), "asking makes no database");

    let up = format!("head: {}\n{}", names[names.len() - 1], each("applied"));
    assert_eq!(migrate(&place.url(), MigrateCommand::Up).await.unwrap(), up);
    assert_eq!(migrate(&place.url(), MigrateCommand::Up).await.unwrap(), up);
    let (open, _heard) = place.open().await;
    begin(&open).await;
    open.close().await;
    for applied in (1..names.len()).rev() {
        let state = |index: usize| if index < applied { "applied" } else { "pending" };
        let lines: String = names.iter().enumerate().map(|(index, name)| format!("{}  {name}\n", state(index))).collect();
        let between = format!("head: {}\n{lines}", names[applied - 1]);
        assert_eq!(migrate(&place.url(), MigrateCommand::Down).await.unwrap(), between);
    }
    assert_eq!(migrate(&place.url(), MigrateCommand::Down).await.unwrap(), status);
    assert_eq!(migrate(&place.url(), MigrateCommand::Status).await.unwrap(), status);
    assert_eq!(migrate(&place.url(), MigrateCommand::Up).await.unwrap(), up);

    let (open, _heard) = place.open().await;
    assert_eq!(open.log().head().await.unwrap(), 0);
    let migrations = open.migration_status().await.unwrap();
    assert!(migrations.iter().all(|migration| migration.applied));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let place = Place::new();
    migrate(&place.url(), MigrateCommand::Up).await.unwrap();
    place.meddle("INSERT INTO seaql_migrations VALUES ('m20991231_000001_future', 0)").await;
    let refused = agency_persistence::open(&place.url(), Arc::new(Heard::default())).await;
    assert!(matches!(refused.err(), Some(OpenError::Migrate(_))));
}

#[tokio::test]
async fn an_address_that_is_no_file_of_ours_is_refused_in_words() {
    for (url, words) in [
        ("postgres://agency@db/agency", "PostgreSQL is not supported in this version"),
        ("agency.db", "write sqlite:// and a path"),
        ("sqlite://", "the path after sqlite:// is missing"),
        ("sqlite://agency.db?mode=ro", "leave out what follows the ?"),
    ] {
        let refused = agency_persistence::open(url, Arc::new(Heard::default())).await;
        let text = refused.err().unwrap().to_string();
        assert!(text.contains(words), "{url}: {text}");
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named() {
    let place = Place::new();
    std::fs::create_dir_all(place.file()).unwrap();
    let refused = agency_persistence::open(&place.url(), Arc::new(Heard::default())).await;
    let text = refused.err().unwrap().to_string();
    assert!(text.contains("agency.db") && text.contains("cannot be used"), "{text}");
}
