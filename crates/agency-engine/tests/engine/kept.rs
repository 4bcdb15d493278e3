//! A pipeline goes on with the agents that it began with, whatever becomes of their files.

use crate::support::{Bench, Play, done};
use agency_domain::approvals::Decision;
use agency_domain::pipelines::{Pipeline, PipelineStore};
use agency_domain::{AttemptId, PipelineId};
use agency_engine::{DecisionRequest, ForkRequest};

fn approve() -> DecisionRequest {
    DecisionRequest { decision: Decision::Approve, comment: None, decided_by: "kim".into(), back_to: None, digest: None }
}

async fn roles(bench: &Bench, pipeline: &Pipeline) -> Vec<String> {
    let attempts: Vec<AttemptId> = pipeline.attempts_in_order().iter().map(|(_, attempt)| attempt.id).collect();
    let mut roles = Vec::new();
    for attempt in attempts {
        roles.extend(bench.store.receipt(attempt).await.unwrap().map(|receipt| receipt.role));
    }
    roles
}

async fn until_the_gate(bench: &Bench) -> (PipelineId, Pipeline) {
    let id = bench.create(&["architect", "approval", "developer"]).await;
    let waiting = bench.until(id, |pipeline| pipeline.pending_approval().is_some()).await;
    (id, waiting)
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_edited_at_a_gate_changes_nothing_of_the_run_and_a_new_run_has_it() {
    let bench = Bench::start((0..4).map(|_| Play::HandOff(done())).collect());
    let (id, waiting) = until_the_gate(&bench).await;
    bench.catalog.edit();
    bench.engine.decide_approval(waiting.approvals[0].id, approve()).await.unwrap();
    let ended = bench.end(id).await;
    assert_eq!((ended.status.as_str(), bench.runtime.servers()), ("succeeded", (2, 2)));
    assert_eq!(roles(&bench, &ended).await, ["You are the architect", "You are the developer"]);
    let given: Vec<String> = bench.runtime.agents().iter().flatten().map(|agent| agent.prompt.clone()).collect();
    assert!(given.iter().all(|prompt| !prompt.contains("edited")), "{given:?}");

    let (new, waiting) = until_the_gate(&bench).await;
    bench.engine.decide_approval(waiting.approvals[0].id, approve()).await.unwrap();
    let ended = bench.end(new).await;
    assert_eq!(roles(&bench, &ended).await, ["You are the architect, edited 1 times", "You are the developer, edited 1 times"]);
    let hash = |pipeline: &Pipeline| pipeline.steps[0].plan.settings.agent_sha256.clone().unwrap();
    assert_eq!((hash(&ended).ends_with('1'), hash(&bench.store.load(id).await.unwrap().unwrap()).ends_with('0')), (true, true));
}

#[tokio::test(start_paused = true)]
async fn a_fork_keeps_the_agents_of_its_origin() {
    let bench = Bench::start((0..3).map(|_| Play::HandOff(done())).collect());
    let id = bench.create(&["architect", "developer"]).await;
    bench.end(id).await;
    bench.catalog.edit();
    let fork = bench.engine.fork(id, ForkRequest { by: "kim".into(), ..ForkRequest::default() }).await.unwrap();
    let ended = bench.end(fork).await;
    assert_eq!(roles(&bench, &ended).await, ["You are the developer"]);
    assert_eq!(bench.store.agents(fork).await.unwrap(), bench.store.agents(id).await.unwrap());
}
