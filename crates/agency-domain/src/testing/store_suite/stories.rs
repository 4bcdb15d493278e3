//! Whole stories: what is loaded is what was lived, after each of its changes or at its end.

use super::StorePorts;
use crate::approvals::Decision;
use crate::pipelines::{
    AttemptFailure, AttemptResult, Command, FailureClass, FailureReason, Next, Observation, PipelineStatus, ReasonCode, StepStatus,
};
use crate::testing::builders;
use crate::{BranchName, Cost};
use serde_json::{Value, json};

fn done() -> Value {
    json!({
        "summary": "Built it: \"quoted\", 日本語, and a NUL \u{0}.",
        "outcome": "done",
        "decisions": [{ "what": "A flag, no command", "why": "It is shorter" }],
        "criteria": [{ "id": "AC-1", "text": "Prints in capitals", "status": "met", "evidence": ["tests/shout.rs:12"] }],
        "open_questions": [{ "text": "And numbers?", "blocking": false }],
        "next": { "instructions": "Read the test first.", "do_not": "Touch main." },
    })
}

/// The review of a round: what was raised before is fixed, and unless it approves, one more is raised.
fn review(verdict: &str, round: u32) -> Value {
    let finding = |id: u32, status: &str| json!({ "id": format!("F-{id}"), "severity": "major", "file": "src/main.rs", "line": 7, "claim": "No test.", "status": status });
    let mut findings: Vec<Value> = (1..round).map(|id| finding(id, "fixed")).collect();
    if verdict == "changes_requested" {
        findings.push(finding(round, "open"));
    }
    json!({ "summary": "Judged.", "outcome": "done", "verdict": verdict, "findings": findings })
}

fn failure(class: FailureClass) -> AttemptResult {
    AttemptResult::Failed(AttemptFailure { class, message: "it broke".into() })
}

pub async fn a_review_loop_loads_as_it_was_lived(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    for (round, digit, verdict) in [(1, 'b', "changes_requested"), (2, 'c', "changes_requested"), (3, 'd', "approved")] {
        story.work(&done(), Some(digit)).await;
        ports.expect_lived(&story).await;
        story.work(&review(verdict, round), None).await;
        ports.expect_lived(&story).await;
    }
    assert_eq!(story.pipeline.status, PipelineStatus::Succeeded);
    let stored = ports.stored(&story).await;
    assert_eq!((stored.steps[1].rounds, stored.findings.len(), stored.criteria.len()), (2, 2, 1));
}

pub async fn gates_load_as_they_were_decided(ports: &StorePorts) {
    let mut story = ports.start(builders::full_feature).await;
    story.work(&done(), None).await;
    story.work(&done(), None).await;
    let first = story.gate().await;
    ports.expect_lived(&story).await;
    story.decide(first, Decision::RequestChanges, Some("Say what it costs.")).await;
    ports.expect_lived(&story).await;
    story.work(&done(), None).await;
    let second = story.gate().await;
    story.decide(second, Decision::Approve, None).await;
    ports.expect_lived(&story).await;
    story.work(&done(), Some('b')).await;
    story.work(&review("blocked", 1), None).await;
    ports.expect_lived(&story).await;
    assert_eq!(ports.store.pipeline_of_approval(first).await.unwrap(), Some(story.id()));
}

pub async fn failures_and_interruptions_load_as_they_were_lived(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    let attempt = story.attempt().await;
    ports.expect_lived(&story).await;
    story.finish(attempt, AttemptResult::Interrupted("the server was killed".into())).await;
    ports.expect_lived(&story).await;
    let attempt = story.attempt().await;
    story.act(Command::MarkRunning(attempt)).await;
    story.finish_for(attempt, failure(FailureClass::ProviderRateLimited), Cost::Nothing).await;
    ports.expect_lived(&story).await;
    let attempt = story.attempt().await;
    story.finish_for(attempt, failure(FailureClass::ContextOverflow), Cost::Unknown).await;
    ports.expect_lived(&story).await;
    assert_eq!(ports.stored(&story).await.steps[1].status, StepStatus::Skipped);
}

pub async fn a_pipeline_cancelled_at_work_loads_so(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    let attempt = story.attempt().await;
    story.act(Command::MarkRunning(attempt)).await;
    story.act(Command::Cancel { by: "kim".into() }).await;
    ports.expect_lived(&story).await;
}

pub async fn a_pipeline_cancelled_at_its_gate_loads_so(ports: &StorePorts) {
    let steps = || vec![builders::agent_step("architect", None), builders::approval_step("Go?")];
    let mut story = ports.start(|ids| builders::new_pipeline(ids, "plan_only", steps())).await;
    story.work(&done(), None).await;
    story.gate().await;
    story.act(Command::Cancel { by: "kim".into() }).await;
    ports.expect_lived(&story).await;
}

pub async fn a_failure_outside_any_attempt_loads_so(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    story.attempt().await;
    let reason = FailureReason { code: ReasonCode::GitError, message: "The worktree is gone.".into(), hint: "Look for it.".into() };
    story.act(Command::Fail(reason)).await;
    ports.expect_lived(&story).await;
}

pub async fn observations_change_nothing_but_the_log(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    let attempt = story.attempt().await;
    let Next::Resume(step, _) = story.pipeline.next() else { panic!("an attempt is open") };
    let branch = BranchName::parse("agency/1-shout").unwrap();
    for what in [
        Observation::WorktreePrepared { path: "/data/worktrees/1".into(), branch },
        Observation::OpencodeStarted { version: "1.18.33".into() },
        Observation::Recovered { detail: "found it running".into() },
        Observation::WorkPreserved { reference: "refs/agency/1/2/3".into(), commit: builders::commit('e') },
        Observation::HandoffReasked { fault: "summary is missing".into() },
        Observation::PermissionSettled { permission: "bash".into(), patterns: vec!["rm *".into()], allowed: false, granted_by: None },
        Observation::ProviderRetried { attempt: 2, message: "overloaded".into() },
        Observation::ProcessesEnded { count: 3 },
    ] {
        story.act(Command::Observe { step: Some(step), attempt: Some(attempt), what }).await;
        ports.expect_lived(&story).await;
    }
    story.act(Command::Observe { step: None, attempt: None, what: Observation::ProcessesEnded { count: 0 } }).await;
    ports.expect_lived(&story).await;
}

pub async fn receipts_come_back_to_the_letter(ports: &StorePorts) {
    let mut story = ports.start(builders::quick_fix).await;
    let attempt = story.attempt().await;
    let receipt = ports.store.receipt(attempt).await.unwrap().unwrap();
    assert_eq!(receipt.attempt_id, attempt);
    assert_eq!(receipt.prompt, format!("# Request\n\n{}", story.pipeline.description));
    assert_eq!((receipt.role.as_str(), receipt.ids), ("You build what is asked.", vec!["AC-1".to_owned(), "F-3".to_owned()]));
    assert_eq!(ports.store.receipt(crate::AttemptId(attempt.0 + 1)).await.unwrap(), None);
}
