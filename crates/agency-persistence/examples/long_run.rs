//! Fills a database with a finished run of many parts, through the store's own types: what the page is measured and tested with.
//!
//! `long_run DATABASE_URL REPOSITORY BASE_COMMIT HEAD_COMMIT PARTS` prints the pipeline's id and its first attempt's, with a blank between.

use agency_domain::criteria::BranchFacts;
use agency_domain::pipelines::{AttemptResult, Command, Finished};
use agency_domain::testing::{Heard, Story, builders};
use agency_domain::transcripts::{PartKind, PartState, TranscriptPart};
use agency_domain::{AttemptId, BranchName, CommitId, Usage};
use agency_persistence::Persistence;
use serde_json::json;
use std::sync::Arc;

/// Parts of one transaction.
const BATCH: u32 = 500;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().unwrap_or_else(|| panic!("{what} is missing"));
    let url = next("the database's URL");
    let repository = next("the repository");
    let [base, head] = ["the base commit", "the head commit"].map(|what| CommitId::parse(&next(what)).expect("a commit's whole id"));
    let parts = next("the number of parts").parse().expect("a number");
    let open = agency_persistence::open(&url, Arc::new(Heard::default())).await.expect("the database opens");
    let mut new = builders::quick_fix(open.ids().as_ref());
    (new.title, new.repo) = ("A long run".to_owned(), repository);
    (new.base_commit, new.branch) = (base, BranchName::parse("agency/long-run").expect("a branch"));
    let mut story = Story::started(open.store(), open.ids(), new).await;
    let attempt = story.attempt().await;
    story.act(Command::MarkRunning(attempt)).await;
    fill(&open, &story, attempt, parts).await;
    story.act(Command::MarkFinishing { attempt, usage: Usage::default() }).await;
    let record = builders::record(&json!({ "summary": "Did very much.", "outcome": "done" }));
    let handoff = builders::handoff(open.ids().handoff(), record, story.pipeline.updated_at);
    let finished = Finished { handoff, head_commit: Some(head), verdict_required: false, branch: BranchFacts::default() };
    story.finish(attempt, AttemptResult::Succeeded(Box::new(finished))).await;
    story.work(&json!({ "summary": "Fine.", "outcome": "done", "verdict": "approved" }), None).await;
    open.close().await;
    println!("{} {attempt}", story.id());
}

async fn fill(open: &Persistence, story: &Story, attempt: AttemptId, parts: u32) {
    let transcripts = open.transcripts();
    for first in (0..parts).step_by(BATCH as usize) {
        let batch = (first..parts.min(first + BATCH)).map(|ordinal| part(story, attempt, ordinal)).collect();
        transcripts.put(batch).await.expect("the store takes parts");
    }
}

/// What agents do, in their usual mixture: they say something, think, read a file, run a command; now and then one fails.
fn part(story: &Story, attempt: AttemptId, ordinal: u32) -> TranscriptPart {
    let said = builders::text_part(story.place_of(attempt), ordinal, "", story.pipeline.updated_at);
    match ordinal % 4 {
        0 => TranscriptPart {
            text: format!("Part {ordinal}: I look at **`src/module_{ordinal}.rs`** and say why, in a sentence or two."),
            ..said
        },
        1 => TranscriptPart { kind: PartKind::Reasoning, text: format!("Part {ordinal}: this may be the place.\nOr it may not."), ..said },
        2 => TranscriptPart {
            kind: PartKind::Tool,
            text: format!("Part {ordinal}"),
            tool: Some("read".to_owned()),
            input: Some(json!({ "filePath": format!("src/module_{ordinal}.rs") })),
            output: Some("fn main() {\n    println!(\"hello\");\n}\n".repeat(8)),
            ..said
        },
        _ => TranscriptPart {
            kind: PartKind::Tool,
            state: if ordinal % 400 == 3 { PartState::Error } else { PartState::Done },
            text: format!("Part {ordinal}"),
            tool: Some("bash".to_owned()),
            input: Some(json!({ "command": format!("cargo test module_{ordinal}") })),
            output: Some("test result: ok. 48 passed; 0 failed\n".repeat(6)),
            ..said
        },
    }
}
