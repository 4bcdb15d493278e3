//! Questions about finished work: what is loaded is what was asked and answered, and the sums know of it.

use super::StorePorts;
use crate::pipelines::{Command, PipelineFilter, QuestionOutcome};
use crate::testing::{Story, builders};
use crate::{Cost, QuestionId, Usage};
use serde_json::json;

/// After the first step of a chain.
async fn worked(ports: &StorePorts) -> Story {
    let mut story = ports.start(builders::quick_fix).await;
    story.work(&json!({ "summary": "x", "outcome": "done" }), Some('b')).await;
    story
}

async fn ask(ports: &StorePorts, story: &mut Story) -> QuestionId {
    let question = ports.ids.question();
    story.act(Command::AskQuestion { question, step: None, attempt: None, text: "Why\nso?".into(), by: "kim".into() }).await;
    question
}

async fn end(story: &mut Story, question: QuestionId, outcome: QuestionOutcome, usage: Usage) {
    story.act(Command::EndQuestion { question, outcome, text: "**Because.**".into(), usage }).await;
}

pub async fn questions_load_as_they_were_asked_and_ended(ports: &StorePorts) {
    let mut story = worked(ports).await;
    for outcome in [QuestionOutcome::Answered, QuestionOutcome::Failed, QuestionOutcome::Interrupted, QuestionOutcome::Cancelled] {
        let question = ask(ports, &mut story).await;
        ports.expect_lived(&story).await;
        assert_eq!(ports.store.open_questions(10).await.unwrap(), [(question, story.id())]);
        end(&mut story, question, outcome, builders::usage(Cost::Known(0.1))).await;
        ports.expect_lived(&story).await;
        assert!(ports.store.open_questions(10).await.unwrap().is_empty());
    }
    story.act(Command::Cancel { by: "kim".into() }).await;
    ask(ports, &mut story).await;
    ports.expect_lived(&story).await;
}

pub async fn a_summary_counts_what_questions_used(ports: &StorePorts) {
    let mut story = worked(ports).await;
    for cost in [Cost::Known(0.125), Cost::Nothing, Cost::Unknown] {
        let question = ask(ports, &mut story).await;
        end(&mut story, question, QuestionOutcome::Answered, builders::usage(cost)).await;
        let listed = ports.store.list(&PipelineFilter::default(), None, 10).await.unwrap();
        assert_eq!(listed[0].usage, story.pipeline.usage());
    }
}
