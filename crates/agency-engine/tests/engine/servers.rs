//! When a pipeline's server is started, and when it is replaced.

use crate::support::{Bench, Play, done, review};
use agency_domain::pipelines::{Event, EventFilter, EventLog, Fact, Observation, PipelineStatus};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_server_starts_while_the_worktree_is_made() {
    let bench = Bench::start(vec![Play::HandOff(done())]);
    bench.repositories.hold();
    let id = bench.create(&["architect"]).await;
    let booted = async {
        while bench.runtime.servers().0 == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), booted).await.expect("it does not wait for the worktree");
    bench.repositories.let_go();
    assert_eq!(bench.end(id).await.status, PipelineStatus::Succeeded);
    while bench.runtime.servers() != (1, 1) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_starts_while_a_check_before_an_agent_runs_and_not_before_a_gate() {
    for (chain, servers) in [(["make test", "developer"], 1), (["make test", "approval"], 0)] {
        let bench = Bench::start(vec![Play::HandOff(done())]);
        let id = bench.create(&chain).await;
        bench.until(id, |pipeline| pipeline.steps[0].finished_at.is_some()).await;
        assert_eq!(bench.runtime.servers().0, servers, "{chain:?}");
        bench.until(id, |pipeline| pipeline.status.is_final() || pipeline.pending_approval().is_some()).await;
        assert_eq!(bench.runtime.servers().0, servers, "the agent has the server that was started for it: {chain:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_has_grown_is_replaced_between_two_attempts_and_the_log_says_so() {
    let plays = vec![Play::Write("a.txt", done()), Play::HandOff(review("changes_requested")), Play::Write("b.txt", done())];
    let bench = Bench::start(plays.into_iter().chain([Play::HandOff(review("approved"))]).collect());
    bench.runtime.use_memory(1_001);
    let id = bench.create(&["developer", "senior-reviewer"]).await;
    let pipeline = bench.end(id).await;
    assert_eq!(pipeline.status, PipelineStatus::Succeeded);
    while bench.runtime.servers() != (4, 4) {
        tokio::task::yield_now().await;
    }
    let log = bench.store.audit(&EventFilter::of(Some(id)), None, 1_000).await.unwrap();
    let replaced = log.iter().filter(|recorded| {
        matches!(
            &recorded.fact,
            Fact::Event(Event::Observed { what: Observation::OpencodeReplaced { attempts: 1, memory_mb: Some(0) }, .. })
        )
    });
    assert_eq!(replaced.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_server_within_its_bound_serves_the_whole_run() {
    let bench = Bench::start(vec![Play::Write("a.txt", done()), Play::HandOff(review("approved"))]);
    bench.runtime.use_memory(1_000);
    let id = bench.create(&["developer", "senior-reviewer"]).await;
    bench.end(id).await;
    assert_eq!(bench.runtime.servers().0, 1);
}
