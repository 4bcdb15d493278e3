//! Access tokens and sessions, as the database keeps them.

use crate::support::{Place, begin};
use agency_domain::access::{Credential, CredentialKind, Rights};
use agency_domain::pipelines::StoreError;
use agency_domain::{CredentialId, Timestamp};
use agency_persistence::{MigrateCommand, migrate};

fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap()
}

fn credential(id: CredentialId, kind: CredentialKind) -> Credential {
    Credential {
        id,
        kind,
        name: format!("number {id}, \"odd\" name"),
        secret_sha256: format!("{:064x}", id.0),
        rights: Rights::All,
        made_by: None,
        created_at: at(1_000),
        expires_at: (kind == CredentialKind::Session).then(|| at(9_000)),
        last_used_at: None,
    }
}

#[tokio::test]
async fn what_is_kept_is_there_again_after_a_restart_and_what_is_revoked_is_not() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    let store = open.credentials();
    let mut token = credential(open.ids().credential(), CredentialKind::Token);
    let session = credential(open.ids().credential(), CredentialKind::Session);
    let gone = credential(open.ids().credential(), CredentialKind::Token);
    for credential in [&token, &session, &gone] {
        store.keep(credential.clone()).await.unwrap();
    }
    for second in [4_000, 5_000, 3_000] {
        store.note_use(token.id, at(second)).await.unwrap();
    }
    store.revoke(gone.id, at(6_000)).await.unwrap();
    open.close().await;

    let (open, _heard) = place.open().await;
    token.last_used_at = Some(at(5_000));
    assert_eq!(open.credentials().credentials().await.unwrap(), [token, session]);
    assert!(open.ids().credential() > gone.id, "the id of one that is revoked is given out again");
    open.close().await;
}

#[tokio::test]
async fn what_was_made_by_one_goes_with_it_and_nothing_else_does() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    let store = open.credentials();
    let [token, other] = [(); 2].map(|()| credential(open.ids().credential(), CredentialKind::Token));
    let by =
        |made_by: &Credential| Credential { made_by: Some(made_by.id), ..credential(open.ids().credential(), CredentialKind::Session) };
    let (of_token, of_other) = (by(&token), by(&other));
    for credential in [&token, &other, &of_token, &of_other] {
        store.keep(credential.clone()).await.unwrap();
    }
    store.revoke(token.id, at(1)).await.unwrap();
    assert_eq!(store.credentials().await.unwrap(), [other, of_other]);
    open.close().await;
}

#[tokio::test]
async fn one_is_revoked_once() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    let token = credential(open.ids().credential(), CredentialKind::Token);
    open.credentials().keep(token.clone()).await.unwrap();
    open.credentials().revoke(token.id, at(1)).await.unwrap();
    for id in [token.id, CredentialId(99)] {
        assert!(matches!(open.credentials().revoke(id, at(2)).await, Err(StoreError::Missing)));
    }
    open.close().await;
}

#[tokio::test]
async fn no_secret_is_kept_twice() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    let token = credential(open.ids().credential(), CredentialKind::Token);
    open.credentials().keep(token.clone()).await.unwrap();
    let twin = Credential { id: open.ids().credential(), ..token.clone() };
    assert!(open.credentials().keep(twin).await.is_err());
    assert_eq!(open.credentials().credentials().await.unwrap(), [token]);
    open.close().await;
}

#[tokio::test]
async fn what_may_only_read_is_kept_so_and_good_no_more_where_that_cannot_be_kept() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    let pipeline = begin(&open).await.id();
    let of = |rights| Credential { rights, ..credential(open.ids().credential(), CredentialKind::Token) };
    let all = [Rights::All, Rights::Read, Rights::ReadOne(pipeline)].map(of);
    for credential in &all {
        open.credentials().keep(credential.clone()).await.unwrap();
    }
    assert_eq!(open.credentials().credentials().await.unwrap(), all);
    open.close().await;

    place.down_below("m20261130_000008_rights").await;
    migrate(&place.url(), MigrateCommand::Up).await.unwrap();
    let (open, _heard) = place.open().await;
    assert_eq!(open.credentials().credentials().await.unwrap(), all[..1]);
    open.close().await;
}

#[tokio::test]
async fn rights_that_nobody_knows_are_no_rights() {
    let place = Place::new();
    let (open, _heard) = place.open().await;
    open.credentials().keep(credential(open.ids().credential(), CredentialKind::Token)).await.unwrap();
    place.meddle("UPDATE credentials SET rights = 'some'").await;
    assert!(matches!(open.credentials().credentials().await, Err(StoreError::Corrupt { .. })));
    open.close().await;
}
