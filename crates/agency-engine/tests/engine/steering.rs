//! How people steer a run, and what keeps it within its bounds, over fakes and paused time.

use crate::support::{Bench, Play, done, review};
use agency_domain::approvals::Decision;
use agency_domain::budgets::Budget;
use agency_domain::pipelines::{
    AnsweredBy, AttemptStatus, Event, EventLog, Fact, FailureClass, Observation, PauseCode, Pipeline, PipelineStatus, Scope,
};
use agency_engine::{AskAnswer, DecisionRequest, LiveEvent, RetryRequest};
use serde_json::json;

fn pause_of(pipeline: &Pipeline) -> PauseCode {
    match &pipeline.status {
        PipelineStatus::Paused(reason) => reason.code,
        other => panic!("not paused but {other:?}"),
    }
}

fn statuses(pipeline: &Pipeline) -> Vec<&'static str> {
    pipeline.attempts_in_order().iter().map(|(_, attempt)| attempt.status.as_str()).collect()
}

fn retry() -> RetryRequest {
    RetryRequest { by: "kim".into(), ..RetryRequest::default() }
}

#[tokio::test(start_paused = true)]
async fn a_failed_check_reaches_the_developer_with_its_output_and_then_passes() {
    let bench = Bench::start(vec![Play::Write("a.txt", done()), Play::Write("b.txt", done())]);
    bench.checks.fail_once(3);
    let id = bench.create(&["developer", "make test"]).await;
    let pipeline = bench.end(id).await;
    assert_eq!(
        (&pipeline.status, statuses(&pipeline)),
        (&PipelineStatus::Succeeded, vec!["succeeded", "failed", "succeeded", "succeeded"])
    );
    let fix = &bench.runtime.prompts()[1].text;
    assert!(fix.contains("`make test` exited with 3") && fix.contains("exit 3"), "{fix}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_waits_for_the_attempt_and_resuming_goes_on_behind_it() {
    let bench = Bench::start(vec![Play::Ask(done()), Play::HandOff(done())]);
    let id = bench.create(&["architect", "developer"]).await;
    let asking = bench.until(id, |pipeline| !pipeline.asks.is_empty()).await;
    bench.engine.pause(id, "kim".into(), false).await.unwrap();
    let answer = AskAnswer { allowed: true, message: None, by: "kim".into(), grant: None };
    bench.engine.answer_ask(asking.asks[0].id, answer).await.unwrap();
    let paused = bench.until(id, Pipeline::is_paused).await;
    assert_eq!((pause_of(&paused), statuses(&paused)), (PauseCode::ByUser, vec!["succeeded"]));
    bench.engine.resume(id, "kim".into(), Budget::default()).await.unwrap();
    assert_eq!(bench.end(id).await.status, PipelineStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_pause_at_once_interrupts_the_attempt_and_ends_the_server() {
    let bench = Bench::start(vec![Play::Hang, Play::HandOff(done())]);
    let id = bench.create(&["developer"]).await;
    bench.until(id, |pipeline| statuses(pipeline) == ["running"]).await;
    bench.engine.pause(id, "kim".into(), true).await.unwrap();
    let paused = bench.until(id, Pipeline::is_paused).await;
    assert_eq!(statuses(&paused), ["interrupted"]);
    bench.engine.resume(id, "kim".into(), Budget::default()).await.unwrap();
    let pipeline = bench.end(id).await;
    assert_eq!((pipeline.status.as_str(), statuses(&pipeline)), ("succeeded", vec!["interrupted", "succeeded"]));
    assert_eq!(bench.runtime.servers(), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_passes_its_budget_is_stopped_and_goes_on_after_the_raise() {
    let bench = Bench::start(vec![Play::Spend(900), Play::HandOff(done())]);
    let budget = Budget { tokens: Some(850), ..Budget::default() };
    let id = bench.create_with(json!([{ "agent": "developer" }]), budget).await;
    let paused = bench.until(id, Pipeline::is_paused).await;
    assert_eq!((pause_of(&paused), paused.usage().tokens.input), (PauseCode::Budget, 900));
    let AttemptStatus::Failed(failure) = &paused.attempts_in_order()[0].1.status else { panic!("not failed") };
    assert_eq!(failure.class, FailureClass::Budget);
    assert!(bench.engine.resume(id, "kim".into(), Budget::default()).await.is_err());
    bench.engine.resume(id, "kim".into(), Budget { tokens: Some(5_000), ..Budget::default() }).await.unwrap();
    assert_eq!(bench.end(id).await.status, PipelineStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn what_a_running_attempt_has_used_is_stored_at_most_once_a_second_and_counts_when_it_is_cut_off() {
    let bench = Bench::start(vec![Play::SpendEach(vec![10, 20, 30]), Play::HandOff(done())]);
    let id = bench.create(&["developer"]).await;
    bench.until(id, |pipeline| pipeline.usage().tokens.input == 60).await;
    let facts = bench.store.replay(0, Some(id), u32::MAX).await.unwrap();
    let reports = facts.iter().filter(|fact| matches!(&fact.fact, Fact::Event(Event::UsageReported { .. }))).count();
    assert_eq!(reports, 2, "the first call at once, the two after it with the next second");
    bench.engine.pause(id, "kim".into(), true).await.unwrap();
    let paused = bench.until(id, Pipeline::is_paused).await;
    assert_eq!((statuses(&paused), paused.usage().tokens.input), (vec!["interrupted"], 60));
}

#[tokio::test(start_paused = true)]
async fn the_beginning_of_a_text_is_stored_before_more_of_it_is_shown() {
    let bench = Bench::start(vec![Play::Tell(vec!["alpha ", "beta ", "gamma"])]);
    let mut live = bench.engine.live().subscribe();
    let id = bench.create(&["developer"]).await;
    let mut told = Vec::new();
    while !told.contains(&"gamma".to_owned()) {
        match live.events.recv().await.unwrap() {
            LiveEvent::Delta(delta) => told.push(delta.text.clone()),
            LiveEvent::Durable(recorded) => match &recorded.fact {
                Fact::Part(part) => told.push(format!("stored: {}", part.text)),
                _others => {}
            },
        }
    }
    bench.engine.cancel(id, "kim".into()).await.unwrap();
    assert_eq!(told, ["alpha ", "stored: alpha ", "beta ", "gamma"]);
}

#[tokio::test(start_paused = true)]
async fn a_budget_warns_before_it_is_reached() {
    let bench = Bench::start(vec![Play::Spend(85)]);
    let id = bench.create_with(json!([{ "agent": "developer" }]), Budget { tokens: Some(100), ..Budget::default() }).await;
    let warned = bench.until(id, |pipeline| !pipeline.warned.is_empty()).await;
    assert_eq!(statuses(&warned), ["running"]);
}

#[tokio::test(start_paused = true)]
async fn a_permission_that_a_person_denies_reaches_the_agent_with_the_reason() {
    let bench = Bench::start(vec![Play::Ask(done())]);
    let id = bench.create(&["developer"]).await;
    let asking = bench.until(id, |pipeline| !pipeline.asks.is_empty()).await;
    assert_eq!(asking.asks[0].patterns, ["make deploy"]);
    let answer = |allowed| AskAnswer { allowed, message: Some("Not on a Monday.".into()), by: "kim".into(), grant: None };
    bench.engine.answer_ask(asking.asks[0].id, answer(false)).await.unwrap();
    assert!(bench.engine.answer_ask(asking.asks[0].id, answer(true)).await.is_err());
    assert_eq!(bench.end(id).await.status, PipelineStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_permission_that_holds_on_is_asked_for_once_until_it_is_taken_back() {
    for is_revoked in [false, true] {
        let bench = Bench::start(vec![Play::Ask(done()), Play::Ask(done())]);
        let id = bench.create(&["developer", "developer"]).await;
        let asking = bench.until(id, |pipeline| !pipeline.asks.is_empty()).await;
        assert_eq!(asking.asks[0].suggested, ["make *"]);
        bench.engine.pause(id, "kim".into(), false).await.unwrap();
        let (first, grant) = (asking.asks[0].id, Some((Scope::Pipeline, Vec::new())));
        bench.engine.answer_ask(first, AskAnswer { allowed: true, message: None, by: "kim".into(), grant }).await.unwrap();
        bench.until(id, Pipeline::is_paused).await;
        if is_revoked {
            bench.engine.revoke_grant(first, "kim".into()).await.unwrap();
            assert!(bench.engine.revoke_grant(first, "kim".into()).await.is_err());
        }
        bench.engine.resume(id, "kim".into(), Budget::default()).await.unwrap();
        assert_eq!(bench.end(id).await.asks.len(), if is_revoked { 2 } else { 1 });
        let facts = bench.store.replay(0, Some(id), 500).await.unwrap();
        let by_it = |fact: &Fact| match fact {
            Fact::Event(Event::Observed { what: Observation::PermissionSettled { allowed, granted_by, .. }, .. }) => {
                *allowed && *granted_by == Some(first)
            }
            _ => false,
        };
        assert_eq!(facts.iter().any(|recorded| by_it(&recorded.fact)), !is_revoked);
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_already_is_allowed_with_what_covers_it() {
    let bench = Bench::start(vec![Play::AskEach(&["make deploy", "make all", "rm -r build"], done())]);
    let id = bench.create(&["developer"]).await;
    let asking = bench.until(id, |pipeline| pipeline.asks.len() == 3).await;
    let answer = |grant| AskAnswer { allowed: true, message: None, by: "kim".into(), grant };
    bench.engine.answer_ask(asking.asks[0].id, answer(Some((Scope::Step, Vec::new())))).await.unwrap();
    let left = bench.until(id, |pipeline| pipeline.asks.iter().filter(|ask| ask.answer.is_none()).count() == 1).await;
    assert_eq!(left.asks[2].answer, None, "nothing covers it");
    let with = left.asks[1].answer.as_ref().unwrap();
    assert_eq!((&with.by, &with.grant), (&AnsweredBy::Person("kim".into()), &None));
    bench.engine.answer_ask(asking.asks[2].id, answer(None)).await.unwrap();
    assert_eq!(bench.end(id).await.status, PipelineStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_answers_is_denied_at_its_deadline() {
    let bench = Bench::start(vec![Play::Ask(done())]);
    let id = bench.create(&["developer"]).await;
    let pipeline = bench.end(id).await;
    assert!(matches!(pipeline.asks[0].answer.as_ref().unwrap().by, AnsweredBy::Deadline));
}

#[tokio::test(start_paused = true)]
async fn a_message_reaches_the_running_session_and_no_later_attempt() {
    let bench = Bench::start(vec![Play::Hang, Play::HandOff(done()), Play::HandOff(review("approved"))]);
    let id = bench.create(&["developer", "senior-reviewer"]).await;
    bench.until(id, |pipeline| statuses(pipeline) == ["running"]).await;
    bench.engine.steer(id, "kim".into(), "Use the old parser.".into()).await.unwrap();
    let pipeline = bench.end(id).await;
    assert_eq!(pipeline.status, PipelineStatus::Succeeded);
    let prompts = bench.runtime.prompts();
    assert_eq!(prompts[0].session, prompts[1].session);
    assert!(prompts[1].text.contains("Use the old parser.") && !prompts[2].text.contains("Use the old parser."));
    assert_eq!(pipeline.steers[0].delivered_in, Some(pipeline.attempts_in_order()[0].1.id));
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_is_retried_with_another_model_and_an_instruction() {
    let bench = Bench::start(vec![Play::Repeat, Play::HandOff(done())]);
    let id = bench.create(&["developer"]).await;
    let failed = bench.end(id).await;
    assert!(matches!(&failed.status, PipelineStatus::Failed(reason) if reason.message.contains("5 times in a row")));
    let model = agency_domain::ModelName::parse("other/one").unwrap();
    let request = RetryRequest { model: Some(model.clone()), instruction: Some("Do not list.".into()), ..retry() };
    bench.engine.retry(id, request).await.unwrap();
    let pipeline = bench.until(id, |pipeline| pipeline.status == PipelineStatus::Succeeded).await;
    let second = &bench.runtime.prompts()[1];
    assert_eq!(second.model, Some(model));
    assert!(second.text.contains("Do not list.") && pipeline.steers[0].delivered_in.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_review_that_never_converges_is_stopped_and_a_person_may_retry() {
    let plays = vec![
        Play::Write("a.txt", done()),
        Play::HandOff(review("changes_requested")),
        Play::Write("b.txt", done()),
        Play::HandOff(review("changes_requested")),
        Play::Write("c.txt", done()),
        Play::HandOff(review("approved")),
    ];
    let bench = Bench::start(plays);
    let id = bench.create(&["developer", "senior-reviewer"]).await;
    let failed = bench.end(id).await;
    assert!(matches!(&failed.status, PipelineStatus::Failed(reason) if reason.code.as_str() == "not_converging"));
    let developer = failed.steps[0].id;
    bench.engine.retry(id, RetryRequest { step: Some(developer), ..retry() }).await.unwrap();
    bench.until(id, |pipeline| pipeline.status == PipelineStatus::Succeeded).await;
}

#[tokio::test(start_paused = true)]
async fn an_approval_that_contradicts_itself_is_sent_back_to_the_reviewer() {
    let plays = vec![
        Play::Write("a.txt", done()),
        Play::HandOff(review("changes_requested")),
        Play::Write("b.txt", done()),
        Play::HandOff(json!({ "summary": "Fine.", "outcome": "done", "verdict": "approved" })),
        Play::HandOff(review("approved")),
    ];
    let bench = Bench::start(plays);
    let id = bench.create(&["developer", "senior-reviewer"]).await;
    let pipeline = bench.end(id).await;
    assert_eq!((&pipeline.status, bench.runtime.prompts().len()), (&PipelineStatus::Succeeded, 5));
}

#[tokio::test(start_paused = true)]
async fn a_gate_opens_again_where_what_was_approved_has_changed() {
    let criteria = json!({ "summary": "x", "outcome": "done", "criteria": [{ "id": "AC-1", "text": "It shouts." }] });
    let bench = Bench::start(vec![Play::HandOff(criteria), Play::Write("a.txt", done())]);
    let id = bench.create(&["architect", "approval", "developer"]).await;
    let waiting = bench.until(id, |pipeline| pipeline.pending_approval().is_some()).await;
    let approve = || DecisionRequest { decision: Decision::Approve, comment: None, decided_by: "kim".into(), back_to: None, digest: None };
    bench.engine.accept_criterion(id, "AC-1".into(), "kim".into(), "I see to it.".into()).await.unwrap();
    bench.engine.decide_approval(waiting.pending_approval().unwrap().id, approve()).await.unwrap();
    let again = bench.until(id, |pipeline| pipeline.approvals.len() == 2).await;
    assert_eq!(bench.runtime.prompts().len(), 1, "nothing went on behind the gate");
    bench.engine.decide_approval(again.approvals[1].id, approve()).await.unwrap();
    assert_eq!(bench.end(id).await.status, PipelineStatus::Succeeded);
}
