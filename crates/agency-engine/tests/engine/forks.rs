//! Forks, dry runs, and runs beside each other.

use crate::support::{Bench, Play, done};
use agency_domain::budgets::Budget;
use agency_domain::pipelines::{EventLog, Fact, Observation, PipelineStatus, PipelineStore};
use agency_engine::{CreateError, CreateRequest, ForkRequest};
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn a_fork_goes_on_behind_a_finished_step_with_its_hand_off() {
    let plan = json!({ "summary": "Use one flag.", "outcome": "done", "criteria": [{ "id": "AC-1", "text": "It shouts." }] });
    let met =
        json!({ "summary": "Built.", "outcome": "done", "criteria": [{ "id": "AC-1", "status": "met", "evidence": [{ "file": "x" }] }] });
    let bench = Bench::start(vec![Play::HandOff(plan), Play::Write("a.txt", met.clone()), Play::Write("b.txt", met)]);
    let original = bench.create(&["architect", "developer"]).await;
    let ended = bench.end(original).await;
    assert_eq!(ended.status, PipelineStatus::Succeeded);
    let request = ForkRequest {
        after: Some(ended.steps[0].id),
        model: Some("other/one".into()),
        instruction: Some("Without a flag.".into()),
        by: "kim".into(),
        ..ForkRequest::default()
    };
    let id = bench.engine.fork(original, request).await.unwrap();
    let fork = bench.end(id).await;
    assert_eq!(fork.status, PipelineStatus::Succeeded);
    assert_eq!(fork.steps[0].attempts[0].copied_from, Some(ended.steps[0].attempts[0].id));
    assert_ne!(fork.branch, ended.branch);
    let prompts = bench.runtime.prompts();
    assert_eq!((prompts.len(), prompts[2].model.as_ref().unwrap().as_str()), (3, "other/one"));
    assert!(prompts[2].text.contains("Use one flag.") && prompts[2].text.contains("Without a flag.") && prompts[2].text.contains("AC-1"));
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_not_done_is_no_place_to_fork_from() {
    let bench = Bench::start(vec![Play::Hang]);
    let id = bench.create(&["developer"]).await;
    let running = bench.until(id, |pipeline| pipeline.open_attempt().is_some()).await;
    for after in [None, Some(running.steps[0].id)] {
        let refused = bench.engine.fork(id, ForkRequest { after, ..ForkRequest::default() }).await;
        assert!(matches!(refused, Err(CreateError::Refused(_))), "{refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fork_has_something_left_to_do() {
    let bench = Bench::start(vec![Play::HandOff(done()), Play::HandOff(done()), Play::HandOff(done())]);
    let id = bench.create(&["architect", "developer"]).await;
    let ended = bench.end(id).await;
    let behind_all = ForkRequest { after: Some(ended.steps[1].id), ..ForkRequest::default() };
    assert!(matches!(bench.engine.fork(id, behind_all).await, Err(CreateError::Refused(_))));
    let fork = bench.engine.fork(id, ForkRequest::default()).await.unwrap();
    assert_eq!(bench.end(fork).await.forked_from.unwrap().step, ended.steps[0].id);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_renders_every_prompt_and_stores_nothing() {
    let bench = Bench::start(Vec::new());
    let steps = json!([{ "agent": "architect" }, { "approval": "Go?" }, { "agent": "developer" }, { "check": "make test" },
        { "agent": "senior-reviewer", "back_to": "developer" }]);
    let request = CreateRequest { description: "Add --shout".into(), repo: "/repo".into(), steps: Some(steps), ..CreateRequest::default() };
    let rehearsal = bench.engine.rehearse(request).await.unwrap();
    assert_eq!(rehearsal.steps.len(), 5);
    let prompts: Vec<_> = rehearsal.steps.iter().filter_map(|step| step.prompt.as_deref()).collect();
    assert!(prompts.iter().all(|prompt| prompt.contains("Add --shout")) && prompts[1].contains("(what architect hands off)"));
    assert_eq!(rehearsal.steps[3].back.as_ref().unwrap().back_to.as_str(), "developer");
    assert!(bench.store.list(&agency_domain::pipelines::PipelineFilter::default(), None, 10).await.unwrap().is_empty());
    assert!(bench.runtime.prompts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_runs_that_change_one_file_are_warned_of_each_other() {
    let bench = Bench::start(vec![Play::Write("a.txt", done()), Play::Hang, Play::Write("a.txt", done())]);
    let first = bench.create(&["developer", "architect"]).await;
    bench.until(first, |pipeline| pipeline.attempts_in_order().len() == 2).await;
    let second = bench.create_with(json!([{ "agent": "developer" }]), Budget::default()).await;
    bench.end(second).await;
    let facts = bench.store.replay(0, Some(second), u32::MAX).await.unwrap();
    let overlap = facts.iter().any(|fact| {
        matches!(&fact.fact, Fact::Event(agency_domain::pipelines::Event::Observed { what: Observation::FilesOverlap { with, files }, .. })
            if *with == first && files == &["a.txt"])
    });
    assert!(overlap);
}
