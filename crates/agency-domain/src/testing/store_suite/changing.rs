//! Changing pipelines: versions and fences.

use super::StorePorts;
use crate::PipelineId;
use crate::pipelines::{Command, Fence, StoreError};
use crate::testing::builders;

pub async fn a_change_raises_the_version_by_one(ports: &StorePorts) {
    let mut story = ports.begin(builders::quick_fix).await;
    let seq = story.act(Command::Start).await;
    assert_eq!(ports.stored(&story).await.version, 2);
    assert_eq!(ports.log.head().await.unwrap(), seq);
}

pub async fn a_change_decided_on_an_old_state_is_a_conflict_and_writes_nothing(ports: &StorePorts) {
    let mut story = ports.begin(builders::quick_fix).await;
    let late = story.change(Command::Cancel { by: "kim".into() });
    story.act(Command::Start).await;
    let head = ports.log.head().await.unwrap();
    assert!(matches!(ports.store.commit(late).await, Err(StoreError::Conflict)));
    assert_eq!(ports.log.head().await.unwrap(), head);
    ports.expect_lived(&story).await;
}

pub async fn a_change_of_an_unknown_pipeline_is_missing(ports: &StorePorts) {
    let story = ports.begin(builders::quick_fix).await;
    let mut change = story.change(Command::Start);
    change.after.id = PipelineId(story.id().0 + 1);
    change.fence = Some(Fence(7));
    assert!(matches!(ports.store.commit(change).await, Err(StoreError::Missing)));
    assert!(matches!(ports.store.claim(PipelineId(story.id().0 + 1), "host").await, Err(StoreError::Missing)));
}

pub async fn a_claim_shuts_out_whoever_held_the_pipeline_before(ports: &StorePorts) {
    let mut story = ports.begin(builders::quick_fix).await;
    let old = ports.store.claim(story.id(), "first").await.unwrap();
    story.fence = Some(old);
    story.act(Command::Start).await;

    let new = ports.store.claim(story.id(), "second").await.unwrap();
    assert!(new > old);
    assert!(matches!(story.try_act(Command::Cancel { by: "first".into() }).await, Err(StoreError::Fenced)));
    ports.expect_lived(&story).await;

    story.fence = Some(new);
    story.act(Command::Cancel { by: "second".into() }).await;
    ports.expect_lived(&story).await;
}

pub async fn a_claim_leaves_the_pipeline_as_it_is(ports: &StorePorts) {
    let mut story = ports.begin(builders::quick_fix).await;
    ports.store.claim(story.id(), "host").await.unwrap();
    ports.expect_lived(&story).await;
    // Whoever names no fence, such as a person who cancels, is not shut out.
    story.act(Command::Cancel { by: "kim".into() }).await;
    ports.expect_lived(&story).await;
}

pub async fn a_lost_fence_comes_before_an_old_version(ports: &StorePorts) {
    let mut story = ports.begin(builders::quick_fix).await;
    story.fence = Some(ports.store.claim(story.id(), "first").await.unwrap());
    let late = story.change(Command::Cancel { by: "first".into() });
    story.fence = Some(ports.store.claim(story.id(), "second").await.unwrap());
    story.act(Command::Start).await;
    assert!(matches!(ports.store.commit(late).await, Err(StoreError::Fenced)));
}
