//! What is good and what is not, over a database in memory.

use super::*;
use agency_domain::testing::{Heard, TestClock};
use agency_persistence::Persistence;

struct World {
    access: Access,
    clock: Arc<TestClock>,
    persistence: Persistence,
}

impl World {
    async fn new() -> Self {
        let persistence = agency_persistence::open("sqlite::memory:", Arc::new(Heard::default())).await.unwrap();
        let clock = Arc::new(TestClock::default());
        let access = opened(&persistence, &clock).await;
        Self { access, clock, persistence }
    }

    /// As after a restart.
    async fn again(&self) -> Access {
        opened(&self.persistence, &self.clock).await
    }
}

async fn opened(persistence: &Persistence, clock: &Arc<TestClock>) -> Access {
    Access::open(true, persistence.credentials(), persistence.ids(), Arc::clone(clock) as _).await.unwrap()
}

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_token_says_who_calls_until_it_is_revoked_over_restarts() {
    let world = World::new().await;
    let (token, secret) = world.access.make_token("  ci ", None, Rights::All).await.unwrap();
    let (other, other_secret) = world.access.make_token("ci", None, Rights::All).await.unwrap();
    let caller = Caller { id: token.id, name: "ci".into(), rights: Rights::All };
    assert_eq!(world.access.caller(&secret), Some(caller.clone()));
    let again = world.again().await;
    assert_eq!(again.caller(&secret), Some(caller));
    again.revoke(token.id).await.unwrap();
    assert!(again.caller(&secret).is_none() && !again.is_good(token.id));
    assert!(again.caller(&other_secret).is_some() && again.is_good(other.id), "another one goes on");
    assert!(world.again().await.caller(&secret).is_none());
    assert!(matches!(again.revoke(token.id).await, Err(StoreError::Missing)));
}

#[tokio::test]
async fn a_token_with_an_end_is_good_to_its_end() {
    let world = World::new().await;
    let (token, secret) = world.access.make_token("ci", Some(2), Rights::All).await.unwrap();
    world.clock.advance(2 * DAY - Duration::from_secs(1));
    assert!(world.access.caller(&secret).is_some() && world.access.is_good(token.id));
    world.clock.advance(Duration::from_secs(1));
    assert!(world.access.caller(&secret).is_none() && !world.access.is_good(token.id) && world.access.all().is_empty());
}

#[tokio::test]
async fn names_and_days_that_do_not_fit_make_no_token() {
    let world = World::new().await;
    let long = "x".repeat(101);
    for name in ["", "  ", "two\nlines", &long] {
        assert!(matches!(world.access.make_token(name, None, Rights::All).await, Err(AccessError::Name)), "{name:?}");
    }
    for days in [0, 3_651] {
        assert!(matches!(world.access.make_token("ci", Some(days), Rights::All).await, Err(AccessError::Days)), "{days}");
    }
    assert!(world.access.all().is_empty());
}

#[tokio::test]
async fn the_code_is_good_once() {
    let world = World::new().await;
    let code = world.access.new_code().unwrap();
    assert!(world.access.caller(&code).is_none(), "the code is no token");
    let (session, secret) = world.access.sign_in(&code, "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0").await.unwrap();
    assert_eq!((session.kind, session.name.as_str()), (CredentialKind::Session, "Firefox on Linux"));
    assert!(world.access.caller(&secret).is_some());
    assert!(matches!(world.access.sign_in(&code, "").await, Err(AccessError::Unknown)));
    assert!(matches!(world.access.make_first_token(&code, "ci", None, Rights::All).await, Err(AccessError::Unknown)));
}

#[tokio::test]
async fn a_newer_code_takes_the_place_of_the_older() {
    let world = World::new().await;
    let (older, newer) = (world.access.new_code().unwrap(), world.access.new_code().unwrap());
    assert!(matches!(world.access.sign_in(&older, "").await, Err(AccessError::Unknown)));
    assert!(world.access.make_first_token(&newer, "ci", None, Rights::All).await.is_ok());
}

#[tokio::test]
async fn a_code_that_brought_nothing_is_not_lost() {
    let world = World::new().await;
    let code = world.access.new_code().unwrap();
    assert!(matches!(world.access.make_first_token(&code, "", None, Rights::All).await, Err(AccessError::Name)));
    assert!(world.access.make_first_token(&code, "ci", None, Rights::All).await.is_ok());
    assert!(world.access.make_first_token(&code, "ci", None, Rights::All).await.is_err());
}

#[tokio::test]
async fn without_a_code_nothing_passes_for_one() {
    let world = World::new().await;
    for secret in ["", "agency_", "agency_x", "null"] {
        assert!(matches!(world.access.sign_in(secret, "").await, Err(AccessError::Unknown)), "{secret:?}");
        assert!(world.access.caller(secret).is_none());
    }
}

#[tokio::test]
async fn a_session_by_a_token_is_called_by_both_and_ends_with_it() {
    let world = World::new().await;
    let (token, secret) = world.access.make_token("Kim's laptop", None, Rights::All).await.unwrap();
    let (session, cookie) = world.access.sign_in(&secret, "Firefox/1 Linux").await.unwrap();
    assert_eq!(session.name, "Kim's laptop (Firefox on Linux)");
    assert_eq!(world.access.caller(&cookie).map(|caller| caller.id), Some(session.id));
    let again = world.again().await;
    again.revoke(token.id).await.unwrap();
    assert!(again.caller(&cookie).is_none() && !again.is_good(session.id));
    assert!(world.again().await.caller(&cookie).is_none());
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let world = World::new().await;
    let code = world.access.new_code().unwrap();
    let (_, cookie) = world.access.sign_in(&code, "").await.unwrap();
    world.clock.advance(DAY * SESSION_DAYS - Duration::from_secs(1));
    assert!(world.access.caller(&cookie).is_some());
    world.clock.advance(Duration::from_secs(1));
    assert!(world.access.caller(&cookie).is_none());
}

#[tokio::test]
async fn a_session_of_a_long_name_has_a_name_that_fits() {
    let world = World::new().await;
    let (_, secret) = world.access.make_token(&"é".repeat(50), None, Rights::All).await.unwrap();
    let (session, _) = world.access.sign_in(&secret, "Firefox/1 Linux").await.unwrap();
    assert!(session.name.len() <= NAME_BYTES_MAX && session.name.starts_with('é'), "{}", session.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_is_noted_now_and_then() {
    let world = World::new().await;
    let (token, secret) = world.access.make_token("ci", None, Rights::All).await.unwrap();
    let used = |access: &Access| access.all().iter().find(|credential| credential.id == token.id).unwrap().last_used_at;
    assert_eq!(used(&world.access), None);
    let first = world.clock.now();
    world.access.caller(&secret);
    world.clock.advance(Duration::from_mins(1));
    world.access.caller(&secret);
    assert_eq!(used(&world.access), Some(first));
    let later = world.clock.advance(USE_NOTED_EVERY);
    world.access.caller(&secret);
    assert_eq!(used(&world.access), Some(later));
    // The writer takes one thing after the other: what is stored after it has the note before it.
    while used(&world.again().await) != Some(later) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_session_may_do_no_more_than_its_token_and_for_no_longer() {
    let world = World::new().await;
    let (_, secret) = world.access.make_token("visitor", Some(2), Rights::Read).await.unwrap();
    let (session, cookie) = world.access.sign_in(&secret, "").await.unwrap();
    for access in [&world.access, &world.again().await] {
        assert_eq!(access.caller(&cookie).map(|caller| (caller.id, caller.rights)), Some((session.id, Rights::Read)));
    }
    world.clock.advance(2 * DAY);
    assert!(world.access.caller(&cookie).is_none() && !world.access.is_good(session.id));
}

#[tokio::test]
async fn a_session_begins_no_other() {
    let world = World::new().await;
    let (_, secret) = world.access.make_token("ci", None, Rights::All).await.unwrap();
    let (_, cookie) = world.access.sign_in(&secret, "").await.unwrap();
    assert!(matches!(world.access.sign_in(&cookie, "").await, Err(AccessError::Unknown)));
}
