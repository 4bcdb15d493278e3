//! Many at once.

use super::StorePorts;
use crate::pipelines::{Command, StoreError};
use crate::testing::{Story, builders};
use serde_json::json;
use std::future::Future;

/// Writers at once; more than one batch's worth is not needed to make them share commits.
const CROWD: usize = 64;

/// Runs all at once, and answers what each answered.
async fn at_once<F>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let tasks: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

async fn crowd(ports: &StorePorts) -> Vec<Story> {
    let begin = |ports: StorePorts| async move { ports.begin(builders::quick_fix).await };
    at_once((0..CROWD).map(|_| begin(ports.clone()))).await
}

pub async fn many_writers_are_all_acknowledged_and_found_again(ports: &StorePorts) {
    let stories = crowd(ports).await;
    let stories = at_once(stories.into_iter().map(|mut story| async move {
        story.act(Command::Start).await;
        story.work(&json!({ "summary": "Done.", "outcome": "done" }), Some('b')).await;
        story
    }))
    .await;
    for story in &stories {
        assert_eq!(ports.stored(story).await, story.pipeline);
    }
    assert_eq!(ports.log.replay(0, None, u32::MAX).await.unwrap(), ports.heard.facts());
}

pub async fn of_two_changes_to_one_state_exactly_one_wins(ports: &StorePorts) {
    for story in crowd(ports).await.into_iter().take(8) {
        let changes = [story.change(Command::Start), story.change(Command::Cancel { by: "kim".into() })];
        let commits = changes.into_iter().map(|change| {
            let store = ports.store.clone();
            async move { store.commit(change).await }
        });
        let answers = at_once(commits).await;
        let lost = answers.iter().filter(|answer| matches!(answer, Err(StoreError::Conflict))).count();
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!((won, lost), (1, 1), "{answers:?}");
        assert_eq!(ports.stored(&story).await.version, 2);
    }
}

pub async fn a_crowd_is_heard_in_the_order_of_its_sequences(ports: &StorePorts) {
    let stories = crowd(ports).await;
    let sequences = at_once(stories.into_iter().map(|mut story| {
        let ports = ports.clone();
        async move {
            let started = story.act(Command::Start).await;
            let attempt = story.attempt().await;
            let part = builders::text_part(story.place_of(attempt), 0, "Working.", story.pipeline.updated_at);
            ports.transcripts.put(vec![part]).await.unwrap();
            started
        }
    }))
    .await;
    let heard = ports.heard.facts();
    assert!(heard.is_sorted_by(|a, b| a.seq < b.seq));
    assert_eq!(heard, ports.log.replay(0, None, u32::MAX).await.unwrap());
    assert!(sequences.iter().all(|seq| heard.iter().any(|fact| fact.seq == *seq)));
}
