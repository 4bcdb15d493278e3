//! Stories of people who steer: what is loaded is what was lived.

use super::StorePorts;
use crate::budgets::{Budget, Ceiling};
use crate::checks::{CheckEnd, CheckRun};
use crate::pipelines::{
    AnsweredBy, AskKind, AttemptFailure, AttemptResult, Command, FailureClass, NewAttempt, Next, Origin, PipelineStatus, Scope, StoreError,
};
use crate::testing::{Story, builders};
use crate::{Clock, Cost, PipelineId, StepId};
use serde_json::json;
use std::time::Duration;

fn kim() -> String {
    "kim".into()
}

pub async fn pauses_and_budgets_load_as_they_were_lived(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    let budget = Budget { tokens: Some(10_000), money: Some(0.25), minutes: Some(90), attempts: Some(5) };
    story.act(Command::ChangeBudget { by: kim(), budget }).await;
    story.act(Command::WarnOfBudget { ceiling: Ceiling::Tokens, percent: 85 }).await;
    ports.expect_lived(&story).await;
    let attempt = story.attempt().await;
    story.act(Command::Pause { by: kim(), now: false }).await;
    ports.expect_lived(&story).await;
    let failure = AttemptFailure { class: FailureClass::ProviderUnavailable, message: "down".into() };
    story.finish(attempt, AttemptResult::Failed(failure)).await;
    ports.expect_lived(&story).await;
    assert!(ports.store.due(10).await.unwrap().is_empty());
    story.act(Command::Resume { by: kim(), budget: Budget { money: Some(3.5), ..Budget::default() } }).await;
    ports.expect_lived(&story).await;
    assert_eq!(ports.store.due(10).await.unwrap(), [story.id()]);
}

pub async fn a_retry_loads_as_it_was_lived(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    let attempt = story.attempt().await;
    let failure = AttemptFailure { class: FailureClass::AgentError, message: "gave up".into() };
    story.finish(attempt, AttemptResult::Failed(failure)).await;
    let instruction = Some((ports.ids.steer(), "Try the parser.".to_owned()));
    story.act(Command::Retry { by: kim(), step: None, model: Some(builders::model("other/one")), instruction }).await;
    ports.expect_lived(&story).await;
    story.attempt().await;
    ports.expect_lived(&story).await;
}

pub async fn a_retry_does_not_take_a_branch_that_another_holds_by_now(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    story.act(Command::Cancel { by: kim() }).await;
    let branch = story.pipeline.branch.clone();
    let holder = ports.begin(|ids| crate::pipelines::NewPipeline { branch, ..builders::quick_fix(ids) }).await;
    let step = story.pipeline.steps[0].id;
    let taken = story.try_act(Command::Retry { by: kim(), step: Some(step), model: None, instruction: None }).await.unwrap_err();
    assert!(matches!(taken, StoreError::BranchTaken { held_by, .. } if held_by == holder.id()), "{taken}");
}

pub async fn checks_load_as_they_ran(ports: &StorePorts) {
    let steps = || vec![builders::writing(builders::agent_step("developer", None)), builders::check_step(&["make test"])];
    let mut story = ports.start(|ids| builders::new_pipeline(ids, "checked", steps())).await;
    story.work(&json!({ "summary": "x", "outcome": "done" }), Some('b')).await;
    for (code, status) in [(2, PipelineStatus::Running), (0, PipelineStatus::Succeeded)] {
        if story.pipeline.next() == Next::Attempt(story.pipeline.steps[0].id) {
            story.work(&json!({ "summary": "x", "outcome": "done" }), Some('c')).await;
        }
        let Next::Check(step) = story.pipeline.next() else { panic!("a check is next") };
        let attempt = ports.ids.attempt();
        let base_commit = story.pipeline.head_commit.clone();
        story
            .act(Command::BeginAttempt(NewAttempt { step, attempt, model: None, conversation: None, base_commit, steers: Vec::new() }))
            .await;
        ports.expect_lived(&story).await;
        let run = CheckRun { command: "make test".into(), end: CheckEnd::Exited { code }, duration_ms: 7, tail: "done\n".into() };
        story.finish_for(attempt, AttemptResult::Checked(vec![run]), Cost::Nothing).await;
        ports.expect_lived(&story).await;
        assert_eq!(story.pipeline.status, status);
    }
}

pub async fn what_was_said_and_asked_loads_as_it_was(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    let before = ports.ids.steer();
    story.act(Command::Steer { steer: before, text: "Be brief.".into(), by: kim() }).await;
    let attempt = story.attempt().await;
    ports.expect_lived(&story).await;
    let (permission, question) = (ports.ids.ask(), ports.ids.ask());
    for (ask, kind) in [(permission, AskKind::Permission), (question, AskKind::Question)] {
        let deadline = story.clock.now() + Duration::from_secs(600);
        let patterns = vec!["make deploy".into()];
        story.act(Command::Ask { ask, attempt, kind, subject: "bash".into(), patterns, suggested: vec!["make *".into()], deadline }).await;
    }
    ports.expect_lived(&story).await;
    assert_eq!(ports.store.open_asks(10).await.unwrap(), [(permission, story.id()), (question, story.id())]);
    let by = AnsweredBy::Person(kim());
    story.act(Command::Answer { ask: permission, allowed: false, message: Some("Not today.".into()), by, grant: None }).await;
    ports.expect_lived(&story).await;
    assert_eq!(ports.store.open_asks(10).await.unwrap(), [(question, story.id())]);
    assert_eq!(ports.store.pipeline_of_ask(question).await.unwrap(), Some(story.id()));
    let again = ports.ids.ask();
    let (deadline, by) = (story.clock.now() + Duration::from_secs(600), AnsweredBy::Person(kim()));
    let (subject, patterns, suggested) = ("bash".into(), vec!["make all".into()], vec!["make *".into()]);
    story.act(Command::Ask { ask: again, attempt, kind: AskKind::Permission, subject, patterns, suggested, deadline }).await;
    story.act(Command::Answer { ask: again, allowed: true, message: None, by, grant: Some((Scope::Pipeline, Vec::new())) }).await;
    ports.expect_lived(&story).await;
    story.act(Command::Revoke { ask: again, by: kim() }).await;
    ports.expect_lived(&story).await;
    story.act(Command::Cancel { by: kim() }).await;
    ports.expect_lived(&story).await;
    assert!(ports.store.open_asks(10).await.unwrap().is_empty());
}

pub async fn an_accepted_criterion_and_a_reopened_gate_load_as_they_were(ports: &StorePorts) {
    let steps = || {
        let developer = builders::writing(builders::agent_step("developer", None));
        vec![builders::agent_step("product-owner", None), builders::approval_step("Go?"), developer]
    };
    let mut story = ports.start(|ids| builders::new_pipeline(ids, "proven", steps())).await;
    story.work(&json!({ "summary": "x", "outcome": "done", "criteria": [{ "id": "AC-1", "text": "It shouts." }] }), None).await;
    let gate = story.gate().await;
    story.act(Command::Remind(gate)).await;
    ports.expect_lived(&story).await;
    story.decide(gate, crate::approvals::Decision::Approve, None).await;
    story.act(Command::ReopenApproval { approval: gate, changed: vec!["criteria".into()] }).await;
    ports.expect_lived(&story).await;
    let again = story.gate().await;
    story.decide(again, crate::approvals::Decision::Approve, None).await;
    story.work(&json!({ "summary": "x", "outcome": "done" }), Some('b')).await;
    ports.expect_lived(&story).await;
    story.act(Command::AcceptCriterion { criterion: "AC-1".into(), by: kim(), reason: "Heard it.".into() }).await;
    ports.expect_lived(&story).await;
    assert_eq!(story.pipeline.status, PipelineStatus::Succeeded);
}

pub async fn an_origin_lists_its_forks_oldest_first(ports: &StorePorts) {
    let mut original = ports.start(builders::quick_fix).await;
    original.work(&json!({ "summary": "x", "outcome": "done" }), Some('b')).await;
    let step = original.pipeline.steps[0].id;
    let mut forks = Vec::new();
    for _ in 0..2 {
        let new = builders::quick_fix(ports.ids.as_ref());
        let fork = original.pipeline.fork(step, new, ports.ids.as_ref(), original.clock.now()).unwrap();
        forks.push(Story::forked(std::sync::Arc::clone(&ports.store), std::sync::Arc::clone(&ports.ids), fork).await);
    }
    forks[0].act(Command::Cancel { by: "kim".into() }).await;
    forks[1].act(Command::Pause { by: "kim".into(), now: true }).await;
    let listed = ports.store.forks(original.id(), 10).await.unwrap();
    let expected: Vec<_> = forks.iter().map(|fork| &fork.pipeline).collect();
    let shown: Vec<_> = listed.iter().map(|fork| (fork.id, &fork.title, &fork.status)).collect();
    assert_eq!(shown, expected.iter().map(|fork| (fork.id, &fork.title, &fork.status)).collect::<Vec<_>>());
    assert_eq!(ports.store.forks(original.id(), 1).await.unwrap(), listed[..1]);
    assert_eq!(ports.store.forks(forks[0].id(), 10).await.unwrap(), []);
}

pub async fn a_fork_loads_with_what_it_took_over(ports: &StorePorts) {
    let mut original = ports.start(builders::quick_fix).await;
    original.work(&json!({ "summary": "x", "outcome": "done" }), Some('b')).await;
    let origin = Origin { pipeline: original.id(), step: original.pipeline.steps[0].id };
    let fork =
        original.pipeline.fork(origin.step, builders::quick_fix(ports.ids.as_ref()), ports.ids.as_ref(), original.clock.now()).unwrap();
    assert_eq!(fork.steps[0].attempts[0].copied_from, Some(original.pipeline.steps[0].attempts[0].id));
    let story = Story::forked(std::sync::Arc::clone(&ports.store), std::sync::Arc::clone(&ports.ids), fork).await;
    ports.expect_lived(&story).await;
    assert_eq!(story.pipeline.forked_from, Some(origin));
    assert_ne!((story.id(), story.pipeline.steps[0].id), (PipelineId(0), StepId(0)));
}
