//! What readers of the stream hear of pauses, budgets, checks, findings, criteria, messages and requests.

use super::reader::{Message, Reader};
use super::world::World;
use agency_domain::budgets::{Budget, Ceiling};
use agency_domain::checks::{CheckEnd, CheckRun};
use agency_domain::pipelines::{AnsweredBy, AskKind, AttemptFailure, AttemptResult, Command, FailureClass, NewAttempt, Next};
use agency_domain::testing::{Story, builders};
use agency_domain::{Cost, Timestamp};
use serde_json::{Value, json};

/// Everything that the stream shows up to now, what carries no id included.
async fn heard(world: &World) -> Vec<Message> {
    let head = world.state.log.head().await.unwrap();
    let mut reader = Reader::open(world, "?after=0", None).await;
    let mut all = Vec::new();
    loop {
        all.push(reader.event().await);
        if all.last().unwrap().id == Some(head) {
            return all;
        }
    }
}

/// The newest message of a kind, without what every message has.
fn newest(messages: &[Message], kind: &str) -> Value {
    let found = messages.iter().rfind(|message| message.kind() == kind).unwrap_or_else(|| panic!("no {kind}"));
    let mut data = found.data.clone();
    for key in ["type", "pipeline_id", "seq", "at"] {
        data.as_object_mut().unwrap().remove(key);
    }
    data
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_says_why_and_what_to_do() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let attempt = story.attempt().await;
    story.act(Command::Pause { by: "kim".into(), now: false }).await;
    assert_eq!(newest(&heard(&world).await, "pause_requested"), json!({ "by": "kim" }));
    story.act(Command::Pause { by: "kim".into(), now: true }).await;
    let messages = heard(&world).await;
    assert_eq!(
        newest(&messages, "pipeline_updated"),
        json!({ "status": "paused",
            "status_reason": { "code": "by_user", "message": "Paused by kim.", "hint": "Resume it when you like; nothing is lost." } })
    );
    assert_eq!(newest(&messages, "attempt_finished")["status"], "interrupted");
    story.act(Command::SettleUsage { attempt, usage: builders::usage(Cost::Known(0.5)) }).await;
    let settled = newest(&heard(&world).await, "attempt_finished");
    assert_eq!((&settled["attempt_id"], &settled["status"]), (&json!(attempt.0), &json!("interrupted")));
    story.act(Command::Resume { by: "kim".into(), budget: Budget::default() }).await;
    assert_eq!(newest(&heard(&world).await, "pipeline_updated"), json!({ "status": "running", "status_reason": null }));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_running_attempt_has_used_so_far_is_heard_of_and_can_be_read_by_then() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let attempt = story.attempt().await;
    let before = heard(&world).await.len();
    story.act(Command::ReportUsage { attempt, usage: builders::usage(Cost::Known(0.5)) }).await;
    let messages = heard(&world).await;
    let [message] = &messages[before..] else { panic!("{} messages", messages.len() - before) };
    assert_eq!((message.kind(), message.id.is_some(), &message.data["status"]), ("pipeline_updated", true, &json!("running")));
    let pipeline = world.json(&format!("/api/v1/pipelines/{}", story.id())).await;
    for usage in [&pipeline["usage"], &pipeline["steps"][0]["attempts"][0]["usage"]] {
        assert_eq!((&usage["tokens"]["input"], &usage["cost"]), (&json!(1_200), &json!(0.5)), "{pipeline}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_makes_its_step_and_those_after_it_pending_in_one_group() {
    let world = World::new().await;
    let mut story = world.full_feature().await;
    story.work(&json!({ "summary": "Done.", "outcome": "done" }), None).await;
    let attempt = story.attempt().await;
    let failure = AttemptFailure { class: FailureClass::NoChanges, message: "nothing".into() };
    story.finish(attempt, AttemptResult::Failed(failure)).await;
    let before = heard(&world).await.len();
    story.act(Command::Retry { by: "kim".into(), step: None, model: None, instruction: None }).await;
    let messages = heard(&world).await;
    let group = &messages[before..];
    let steps: Vec<i64> = story.pipeline.steps[1..].iter().map(|step| step.id.0).collect();
    let pending: Vec<i64> = group[..4].iter().map(|message| message.data["step_id"].as_i64().unwrap()).collect();
    assert_eq!(pending, steps);
    assert!(group[..4].iter().all(|message| message.id.is_none() && message.data["status"] == "pending"));
    assert_eq!((group.len(), group[4].kind(), &group[4].data["status"]), (5, "pipeline_updated", &json!("running")));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn budgets_are_heard_of_before_and_when_they_change() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let budget = Budget { tokens: Some(100), ..Budget::default() };
    story.act(Command::ChangeBudget { by: "kim".into(), budget }).await;
    story.act(Command::WarnOfBudget { ceiling: Ceiling::Tokens, percent: 84 }).await;
    let messages = heard(&world).await;
    assert_eq!(newest(&messages, "budget_changed")["budget"]["tokens"], 100);
    assert_eq!(newest(&messages, "budget_warning"), json!({ "ceiling": "tokens", "percent": 84 }));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_and_criteria_are_heard_of_one_by_one() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let criteria = json!([{ "id": "AC-1", "text": "It shouts.", "status": "met", "evidence": ["src/shout.rs:3"] }]);
    story.work(&json!({ "summary": "Done.", "outcome": "done", "criteria": criteria }), Some('b')).await;
    assert_eq!(newest(&heard(&world).await, "criteria_updated"), json!({ "criterion_ids": ["AC-1"] }));
    let review = |verdict: &str, status: &str, claim: &str| {
        json!({ "summary": "Looked.", "outcome": "done", "verdict": verdict,
            "findings": [{ "id": "F-1", "severity": "major", "file": "src/shout.rs", "claim": claim, "status": status }] })
    };
    let reviewer = story.pipeline.steps[1].id.0;
    story.work(&review("changes_requested", "open", "No test."), None).await;
    let opened = json!({ "step_id": reviewer, "finding_id": "F-1", "severity": "major", "claim": "No test." });
    assert_eq!(newest(&heard(&world).await, "finding_opened"), opened);
    story.work(&json!({ "summary": "Done.", "outcome": "done" }), Some('c')).await;
    story.work(&review("approved", "fixed", "No test."), None).await;
    let closed = json!({ "step_id": reviewer, "finding_id": "F-1", "status": "fixed" });
    assert_eq!(newest(&heard(&world).await, "finding_closed"), closed);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_says_how_its_commands_ended() {
    let world = World::new().await;
    let ports = world.state.engine.ports();
    let steps = vec![builders::writing(builders::agent_step("developer", None)), builders::check_step(&["make test"])];
    let new = builders::new_pipeline(ports.ids.as_ref(), "quick_fix", steps);
    let mut story = Story::started(ports.store.clone(), ports.ids.clone(), new).await;
    story.work(&json!({ "summary": "Done.", "outcome": "done" }), Some('b')).await;
    let Next::Check(step) = story.pipeline.next() else { panic!("{:?}", story.pipeline.next()) };
    let attempt = ports.ids.attempt();
    let base_commit = story.pipeline.head_commit.clone();
    story.act(Command::BeginAttempt(NewAttempt { step, attempt, model: None, conversation: None, base_commit, steers: Vec::new() })).await;
    let run = CheckRun { command: "make test".into(), end: CheckEnd::Killed, duration_ms: 3, tail: "long".repeat(1_000) };
    story.finish(attempt, AttemptResult::Checked(vec![run])).await;
    let messages = heard(&world).await;
    assert_eq!(
        newest(&messages, "checks_ran"),
        json!({ "step_id": step.0, "attempt_id": attempt.0,
            "checks": [{ "command": "make test", "exit_code": null, "outcome": "was killed by a signal", "passed": false }] })
    );
    assert_eq!(newest(&messages, "step_finished")["status"], "pending");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_requests_are_heard_of_when_they_come_and_when_they_are_dealt_with() {
    let world = World::new().await;
    let mut story = world.quick_fix().await;
    let ids = world.state.engine.ports().ids.clone();
    let (steer, ask) = (ids.steer(), ids.ask());
    story.act(Command::Steer { steer, text: "Use clap.".into(), by: "kim".into() }).await;
    let attempt = story.attempt().await;
    let (kind, subject, deadline) = (AskKind::Permission, "bash".to_owned(), "2030-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    story.act(Command::Ask { ask, attempt, kind, subject, patterns: vec!["ls".into()], suggested: Vec::new(), deadline }).await;
    story.act(Command::Answer { ask, allowed: true, message: None, by: AnsweredBy::Person("kim".into()), grant: None }).await;
    let messages = heard(&world).await;
    let step = story.pipeline.steps[0].id.0;
    for (kind, expected) in [
        ("message_received", json!({ "message_id": steer.0, "step_id": null, "by": "kim", "text": "Use clap." })),
        ("message_delivered", json!({ "message_id": steer.0, "attempt_id": attempt.0 })),
        (
            "permission_asked",
            json!({ "step_id": step, "attempt_id": attempt.0, "request_id": ask.0, "kind": "permission", "permission": "bash",
                "patterns": ["ls"], "deadline": "2030-01-01T00:00:00.000Z" }),
        ),
        (
            "permission_answered",
            json!({ "step_id": step, "attempt_id": attempt.0, "request_id": ask.0, "permission": "bash", "patterns": ["ls"],
                "allowed": true, "by": "kim" }),
        ),
    ] {
        assert_eq!(newest(&messages, kind), expected, "{kind}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_waits_for_long_or_opens_again_is_heard_of() {
    let world = World::new().await;
    let mut story = world.full_feature().await;
    let done = json!({ "summary": "Done.", "outcome": "done" });
    story.work(&done, None).await;
    story.work(&done, None).await;
    let gate = story.gate().await;
    story.act(Command::Remind(gate)).await;
    let step = story.pipeline.steps[2].id.0;
    assert_eq!(newest(&heard(&world).await, "approval_reminded"), json!({ "step_id": step, "approval_id": gate.0 }));
    assert!(world.json(&format!("/api/v1/approvals/{gate}")).await["reminded_at"].is_string());
    story.decide(gate, agency_domain::approvals::Decision::Approve, None).await;
    story.act(Command::ReopenApproval { approval: gate, changed: vec!["diff".into()] }).await;
    let messages = heard(&world).await;
    let again = &messages[messages.len() - 2];
    assert_eq!((again.kind(), again.id, &again.data["status"]), ("step_finished", None, &json!("pending")));
    assert_eq!(newest(&messages, "approval_reopened"), json!({ "step_id": step, "approval_id": gate.0, "changed": ["diff"] }));
    world.close().await;
}
