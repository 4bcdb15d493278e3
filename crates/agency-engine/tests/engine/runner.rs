//! How a runner carries a pipeline out: hand-offs, failures, cancellation and restarts, over fakes and paused time.

use crate::support::{Bench, Play, done, review};
use agency_domain::approvals::Decision;
use agency_domain::handoffs::Channel;
use agency_domain::pipelines::{AttemptStatus, FailureClass, Pipeline, PipelineStatus, PipelineStore, ReasonCode};
use agency_engine::{CreateError, CreateRequest, DecisionRequest};
use serde_json::json;

fn reason(pipeline: &Pipeline) -> (ReasonCode, String) {
    match &pipeline.status {
        PipelineStatus::Failed(reason) => (reason.code, reason.message.clone()),
        other => panic!("not failed but {other:?}"),
    }
}

fn statuses(pipeline: &Pipeline) -> Vec<&'static str> {
    pipeline.attempts_in_order().iter().map(|(_, attempt)| attempt.status.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_review_that_asks_for_changes_and_then_approves_makes_two_commits() {
    let plays = vec![
        Play::Write("a.txt", done()),
        Play::HandOff(review("changes_requested")),
        Play::Write("b.txt", done()),
        Play::HandOff(review("approved")),
    ];
    let bench = Bench::start(plays);
    let id = bench.create(&["developer", "senior-reviewer"]).await;
    let pipeline = bench.end(id).await;
    assert_eq!(pipeline.status, PipelineStatus::Succeeded);
    assert_eq!(bench.repositories.messages(), ["developer: Done.", "developer: Done."]);
    assert_eq!(pipeline.usage().tokens.input, 400);
    let fix = &bench.runtime.prompts()[2].text;
    assert!(fix.contains("## Open findings") && fix.contains("F-1 (major): No test."), "{fix}");
}

#[tokio::test(start_paused = true)]
async fn each_receipt_is_what_was_sent_and_is_stored_with_its_role() {
    let bench = Bench::start(vec![Play::HandOff(done())]);
    let id = bench.create(&["architect"]).await;
    let pipeline = bench.end(id).await;
    let attempt = pipeline.attempts_in_order()[0].1.id;
    let receipt = bench.store.receipt(attempt).await.unwrap().unwrap();
    assert_eq!((receipt.prompt.as_str(), receipt.role.as_str()), (bench.runtime.prompts()[0].text.as_str(), "You are the architect"));
}

#[tokio::test(start_paused = true)]
async fn a_missing_hand_off_is_asked_for_twice_and_then_fails_the_step() {
    let bench = Bench::start(vec![Play::Say("All good, approved!"), Play::Say("Really."), Play::Say("LGTM")]);
    let id = bench.create(&["developer", "senior-reviewer"]).await;
    let pipeline = bench.end(id).await;
    let (code, message) = reason(&pipeline);
    assert_eq!((code, bench.runtime.prompts().len()), (ReasonCode::StepFailed, 3));
    assert!(message.contains("no hand-off that can be read"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_hand_off_in_the_reply_is_taken_after_a_nudge() {
    let bench = Bench::start(vec![Play::Say("Done."), Play::Say("```json\n{\"summary\":\"Done.\",\"outcome\":\"done\"}\n```")]);
    let id = bench.create(&["architect"]).await;
    let pipeline = bench.end(id).await;
    assert_eq!(pipeline.status, PipelineStatus::Succeeded);
    assert_eq!(pipeline.attempts_in_order()[0].1.handoff.as_ref().unwrap().channel, Channel::FencedJson);
}

#[tokio::test(start_paused = true)]
async fn a_read_only_role_that_changed_a_file_fails_and_its_change_is_kept_aside() {
    let bench = Bench::start(vec![Play::Write("sneaky.txt", done())]);
    let id = bench.create(&["architect"]).await;
    let pipeline = bench.end(id).await;
    assert!(reason(&pipeline).1.contains("may only read, but changed sneaky.txt"));
    assert_eq!((bench.repositories.preserved().len(), bench.repositories.messages().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn transient_failures_are_attempted_again_with_a_clean_tree() {
    let bench = Bench::start(vec![Play::Fail(FailureClass::ProviderUnavailable), Play::Die, Play::Write("a.txt", done())]);
    let id = bench.create(&["developer"]).await;
    let pipeline = bench.end(id).await;
    assert_eq!((pipeline.status.as_str(), statuses(&pipeline)), ("succeeded", vec!["failed", "failed", "succeeded"]));
    assert_eq!(bench.runtime.servers(), (2, 2), "the server that died was replaced, and the last one ended");
}

#[tokio::test(start_paused = true)]
async fn a_run_without_any_sign_of_life_is_ended_as_stalled() {
    let bench = Bench::start(vec![Play::Hang, Play::Hang, Play::Hang]);
    let id = bench.create(&["developer"]).await;
    let pipeline = bench.end(id).await;
    let AttemptStatus::Failed(failure) = &pipeline.attempts_in_order()[0].1.status else { panic!("not failed") };
    assert_eq!(failure.class, FailureClass::Stalled);
}

#[tokio::test(start_paused = true)]
async fn a_model_whose_answers_break_off_is_stopped_at_the_third() {
    let bench = Bench::start(vec![Play::BreakOff, Play::BreakOff, Play::BreakOff]);
    let id = bench.create(&["developer"]).await;
    let pipeline = bench.end(id).await;
    assert_eq!(statuses(&pipeline), ["failed"; 3]);
    assert!(reason(&pipeline).1.contains("break off"));
}

#[tokio::test(start_paused = true)]
async fn cancelling_ends_the_server_and_leaves_the_attempt_cancelled() {
    let bench = Bench::start(vec![Play::Hang]);
    let id = bench.create(&["developer"]).await;
    bench.until(id, |pipeline| statuses(pipeline) == ["running"]).await;
    bench.engine.cancel(id, "kim".into()).await.unwrap();
    let pipeline = bench.end(id).await;
    assert_eq!((pipeline.status.as_str(), statuses(&pipeline)), ("cancelled", vec!["cancelled"]));
    while bench.runtime.servers() != (1, 1) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_records_the_interruption_and_the_next_one_goes_on() {
    let bench = Bench::start(vec![Play::Hang, Play::HandOff(done())]);
    let id = bench.create(&["developer"]).await;
    bench.until(id, |pipeline| statuses(pipeline) == ["running"]).await;
    bench.stop();
    bench.until(id, |pipeline| statuses(pipeline) == ["interrupted"]).await;
    let next = bench.engine.clone();
    tokio::spawn(async move { next.run(tokio_util::sync::CancellationToken::new()).await });
    let pipeline = bench.end(id).await;
    assert_eq!((pipeline.status.as_str(), statuses(&pipeline)), ("succeeded", vec!["interrupted", "succeeded"]));
    assert_eq!(bench.repositories.preserved(), [format!("refs/agency/{id}/before-attempt-2")]);
}

#[tokio::test(start_paused = true)]
async fn an_approval_ends_the_server_and_its_comment_reaches_the_agent() {
    let bench = Bench::start(vec![Play::HandOff(done()), Play::HandOff(done()), Play::HandOff(done())]);
    let steps = json!([{ "agent": "architect" }, { "approval": "Go?" }, { "agent": "developer" }]);
    let request = CreateRequest { description: "Add it".into(), repo: "/repo".into(), steps: Some(steps), ..CreateRequest::default() };
    let agency_domain::pipelines::Created::New(id) = bench.engine.create(request, None).await.unwrap() else { panic!("not new") };
    for (decision, comment) in [(Decision::RequestChanges, "Smaller."), (Decision::Approve, "Good.")] {
        let waiting = bench.until(id, |pipeline| pipeline.pending_approval().is_some()).await;
        let request = DecisionRequest { decision, comment: Some(comment.into()), decided_by: "kim".into(), back_to: None, digest: None };
        bench.engine.decide_approval(waiting.pending_approval().unwrap().id, request).await.unwrap();
    }
    assert_eq!(bench.end(id).await.status, PipelineStatus::Succeeded);
    let prompts = bench.runtime.prompts();
    assert!(prompts[1].text.contains("Smaller.") && prompts[2].text.contains("Good."));
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_named_field_by_field_in_one_answer() {
    let bench = Bench::start(Vec::new());
    let request = CreateRequest {
        description: " ".into(),
        repo: "relative".into(),
        model: Some("gpt".into()),
        steps: Some(json!([{ "agent": "nobody" }])),
        ..CreateRequest::default()
    };
    let Err(CreateError::Invalid(faults)) = bench.engine.create(request, None).await else { panic!("accepted") };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["description", "model", "repo", "steps[0].agent"]);
}
