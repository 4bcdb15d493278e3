//! Creating pipelines.

use super::StorePorts;
use crate::pipelines::{Command, Created, IdempotencyKey, PipelineFilter, StoreError};
use crate::testing::{TestClock, builders};
use crate::{BranchName, Clock, PipelineId};

fn key(request: &str) -> IdempotencyKey {
    IdempotencyKey { key: "kim-1".into(), request_sha256: request.repeat(32) }
}

pub async fn a_new_pipeline_loads_as_it_was_made(ports: &StorePorts) {
    let story = ports.begin(builders::full_feature).await;
    assert_eq!(story.pipeline.version, 1);
    ports.expect_lived(&story).await;
    assert_eq!(ports.store.load(PipelineId(story.id().0 + 1)).await.unwrap(), None);
    ports.store.ping().await.unwrap();
}

pub async fn a_pipeline_keeps_its_agents_as_they_were(ports: &StorePorts) {
    let mut change = builders::creation(builders::quick_fix(ports.ids.as_ref()), TestClock::default().now());
    let (id, kept) = (change.after.id, vec![builders::kept_agent("developer"), builders::kept_agent("senior-reviewer")]);
    change.agents = vec![kept[1].clone(), kept[0].clone()];
    ports.store.create(change, None).await.unwrap();
    let loaded = ports.store.agents(id).await.unwrap();
    assert_eq!(loaded, kept);
    // Of the rules for a command the last match wins.
    let keys = |kept: &crate::agents::KeptAgent| kept.agent.permission.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&loaded[0]), ["webfetch", "bash", "edit"]);
    let other = ports.begin(builders::quick_fix).await;
    assert_eq!(ports.store.agents(other.id()).await.unwrap(), []);
}

pub async fn a_pipeline_keeps_what_is_attached_to_it_and_lists_do_not(ports: &StorePorts) {
    let files = builders::attached();
    let mut new = builders::quick_fix(ports.ids.as_ref());
    new.attachments = files.iter().map(|file| file.about.clone()).collect();
    let mut change = builders::creation(new, TestClock::default().now());
    change.contents = files.iter().map(|file| file.content.clone()).collect();
    let id = change.after.id;
    ports.store.create(change, None).await.unwrap();
    let loaded = ports.store.load(id).await.unwrap().unwrap();
    assert_eq!(loaded.attachments, files.iter().map(|file| file.about.clone()).collect::<Vec<_>>());
    for (place, file) in (0..).zip(&files) {
        assert_eq!(ports.store.attachment(id, place).await.unwrap().as_ref(), Some(&file.content));
    }
    assert_eq!(ports.store.attachment(id, 2).await.unwrap(), None);
    let listed = ports.store.list(&PipelineFilter::default(), None, 9).await.unwrap();
    assert_eq!(listed[0].pipeline.attachments, []);
    let other = ports.begin(builders::quick_fix).await;
    assert_eq!(ports.store.attachment(other.id(), 0).await.unwrap(), None);
}

pub async fn a_key_answers_the_pipeline_of_the_first_request(ports: &StorePorts) {
    let at = TestClock::default().now();
    assert_eq!(ports.store.created_with(&key("a")).await.unwrap(), None);
    let first = builders::creation(builders::quick_fix(ports.ids.as_ref()), at);
    let id = first.after.id;
    assert_eq!(ports.store.create(first, Some(key("a"))).await.unwrap(), Created::New(id));
    let heard = ports.heard.facts();

    let again = builders::creation(builders::quick_fix(ports.ids.as_ref()), at);
    let unused = again.after.id;
    assert_eq!(ports.store.create(again, Some(key("a"))).await.unwrap(), Created::Before(id));
    assert_eq!(ports.store.created_with(&key("a")).await.unwrap(), Some(id));
    assert_eq!(ports.store.load(unused).await.unwrap(), None);
    assert_eq!(ports.heard.facts(), heard);
}

pub async fn a_key_with_another_request_is_refused(ports: &StorePorts) {
    let at = TestClock::default().now();
    let first = builders::creation(builders::quick_fix(ports.ids.as_ref()), at);
    ports.store.create(first, Some(key("a"))).await.unwrap();
    let other = builders::creation(builders::quick_fix(ports.ids.as_ref()), at);
    assert!(matches!(ports.store.create(other, Some(key("b"))).await, Err(StoreError::KeyReused)));
    assert!(matches!(ports.store.created_with(&key("b")).await, Err(StoreError::KeyReused)));
}

pub async fn a_branch_is_held_until_its_pipeline_ends(ports: &StorePorts) {
    let branch = BranchName::parse("agency/shared").unwrap();
    let on_branch = || {
        let mut new = builders::quick_fix(ports.ids.as_ref());
        new.branch = branch.clone();
        new
    };
    let mut holder = ports.begin(|_| on_branch()).await;
    let at = holder.clock.now();
    match ports.store.create(builders::creation(on_branch(), at), None).await {
        Err(StoreError::BranchTaken { branch, held_by }) => assert_eq!((branch.as_str(), held_by), ("agency/shared", holder.id())),
        other => panic!("expected a taken branch, not {other:?}"),
    }
    let mut elsewhere = on_branch();
    elsewhere.repo = "/home/kim/other".into();
    ports.store.create(builders::creation(elsewhere, at), None).await.unwrap();

    holder.act(Command::Cancel { by: "kim".into() }).await;
    ports.store.create(builders::creation(on_branch(), at), None).await.unwrap();
}

pub async fn an_id_is_taken_once(ports: &StorePorts) {
    let story = ports.begin(builders::quick_fix).await;
    let mut new = builders::quick_fix(ports.ids.as_ref());
    new.id = story.id();
    let change = builders::creation(new, story.clock.now());
    assert!(matches!(ports.store.create(change, None).await, Err(StoreError::Conflict)));
    ports.expect_lived(&story).await;
}
