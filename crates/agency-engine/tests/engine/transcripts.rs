//! What the recorder writes down of a session and of a check.

use crate::support::{Bench, Play, done};
use agency_domain::PipelineId;
use agency_domain::pipelines::Fact;
use agency_domain::transcripts::{PartKind, PartState, PartsQuery, TranscriptPart, TranscriptStore};
use agency_engine::{LiveEvent, LiveSubscription};

/// Every change of a part that was told to subscribers.
fn told(mut live: LiveSubscription) -> Vec<TranscriptPart> {
    let mut parts = Vec::new();
    while let Ok(event) = live.events.try_recv() {
        if let LiveEvent::Durable(recorded) = event
            && let Fact::Part(part) = &recorded.fact
        {
            parts.push(part.clone());
        }
    }
    parts
}

async fn stored(bench: &Bench, pipeline: PipelineId) -> Vec<TranscriptPart> {
    let query = PartsQuery { pipeline, step: None, attempt: None, after: None, backwards: false, limit: u32::MAX };
    bench.store.parts(query).await.unwrap().into_iter().map(|stored| stored.part).collect()
}

#[tokio::test(start_paused = true)]
async fn a_call_and_a_thought_say_how_long_they_took_once_they_have_ended() {
    let bench = Bench::start(vec![Play::Repeat]);
    let live = bench.engine.live().subscribe();
    let id = bench.create(&["developer"]).await;
    bench.end(id).await;
    let parts = stored(&bench, id).await;
    let shown: Vec<_> = parts.iter().take(2).map(|part| (part.kind, part.state, part.took_ms)).collect();
    assert_eq!(shown, [(PartKind::Reasoning, PartState::Done, Some(3_400)), (PartKind::Tool, PartState::Done, Some(1_200))]);
    let calls: Vec<_> = told(live).iter().filter(|part| part.part_id == parts[1].part_id).map(|part| (part.state, part.took_ms)).collect();
    assert_eq!(calls, [(PartState::Open, None), (PartState::Done, Some(1_200))]);
}

#[tokio::test(start_paused = true)]
async fn a_command_of_a_check_says_how_long_it_took_as_its_attempt_does() {
    let bench = Bench::start(vec![Play::Write("a.txt", done())]);
    let id = bench.create(&["developer", "make test"]).await;
    let pipeline = bench.end(id).await;
    let check = &pipeline.attempts_in_order()[1].1.checks[0];
    let parts = stored(&bench, id).await;
    let call = parts.iter().find(|part| part.tool.as_deref() == Some("check")).unwrap();
    assert_eq!((call.state, call.took_ms), (PartState::Done, Some(check.duration_ms)));
}
