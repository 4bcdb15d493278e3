//! Lists: pages, filters, sums, the inbox.

use super::StorePorts;
use crate::approvals::Decision;
use crate::pipelines::{AttemptFailure, AttemptResult, Command, Counted, FailureClass, PipelineFilter};
use crate::testing::{Story, builders};
use crate::{ApprovalId, Cost, Ids, PipelineId};
use serde_json::json;

async fn list(ports: &StorePorts, filter: &PipelineFilter) -> Vec<PipelineId> {
    let page = ports.store.list(filter, None, 50).await.unwrap();
    page.iter().map(|summary| summary.pipeline.id).collect()
}

/// A running pipeline that waits at a gate.
async fn at_gate(ports: &StorePorts) -> (Story, ApprovalId) {
    let steps = vec![builders::agent_step("architect", None), builders::approval_step("Go?")];
    let mut story = ports.start(|ids: &dyn Ids| builders::new_pipeline(ids, "plan_only", steps)).await;
    story.work(&json!({ "summary": "A plan.", "outcome": "done" }), None).await;
    let approval = story.gate().await;
    (story, approval)
}

pub async fn due_are_those_that_wait_for_nobody(ports: &StorePorts) {
    let queued = ports.begin(builders::quick_fix).await;
    let (_waiting, _) = at_gate(ports).await;
    let running = ports.start(builders::quick_fix).await;
    let mut ended = ports.start(builders::quick_fix).await;
    ended.act(Command::Cancel { by: "kim".into() }).await;
    assert_eq!(ports.store.due(10).await.unwrap(), [queued.id(), running.id()]);
    assert_eq!(ports.store.due(1).await.unwrap(), [queued.id()]);
}

pub async fn counts_are_by_status(ports: &StorePorts) {
    assert!(ports.store.count(Counted::Pipelines).await.unwrap().is_empty());
    ports.begin(builders::quick_fix).await;
    ports.begin(builders::quick_fix).await;
    at_gate(ports).await;
    let mut working = ports.start(builders::quick_fix).await;
    working.attempt().await;
    let counted = |counts: std::collections::BTreeMap<String, u64>| {
        counts.into_iter().map(|(word, count)| format!("{word} {count}")).collect::<Vec<_>>()
    };
    let pipelines = counted(ports.store.count(Counted::Pipelines).await.unwrap());
    assert_eq!(pipelines, ["queued 2", "running 1", "waiting_for_approval 1"]);
    let attempts = counted(ports.store.count(Counted::Attempts).await.unwrap());
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    assert!(attempts.contains(&"succeeded 1".to_owned()), "{attempts:?}");
}

pub async fn a_list_is_newest_first_and_paged(ports: &StorePorts) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(ports.begin(builders::quick_fix).await.id());
    }
    ids.reverse();
    let mut seen: Vec<PipelineId> = Vec::new();
    loop {
        let before = seen.last().map(|id| id.0);
        let page = ports.store.list(&PipelineFilter::default(), before, 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().map(|summary| summary.pipeline.id));
    }
    assert_eq!(seen, ids);
}

pub async fn a_list_narrows_by_status_template_agent_repo_and_text(ports: &StorePorts) {
    let plain = ports.begin(builders::quick_fix).await.id();
    let started = ports.start(builders::full_feature).await.id();
    let elsewhere = ports
        .begin(|ids| {
            let mut new = builders::quick_fix(ids);
            (new.repo, new.title, new.description) = ("/srv/other".into(), "Fix ÜBER_all".into(), "50% [done]".into());
            new
        })
        .await
        .id();
    let none = PipelineFilter::default;
    let text = |text: &str| PipelineFilter { text: Some(text.into()), ..none() };
    assert_eq!(list(ports, &PipelineFilter { statuses: vec!["running".into(), "failed".into()], ..none() }).await, [started]);
    assert_eq!(list(ports, &PipelineFilter { template: Some("full_feature".into()), ..none() }).await, [started]);
    assert_eq!(list(ports, &PipelineFilter { agent: Some("architect".into()), ..none() }).await, [started]);
    assert_eq!(list(ports, &PipelineFilter { agent: Some("approval".into()), ..none() }).await, Vec::<PipelineId>::new());
    assert_eq!(list(ports, &PipelineFilter { repo: Some("/srv/other".into()), ..none() }).await, [elsewhere]);
    assert_eq!(list(ports, &text("sHOUT")).await, [started, plain]);
    assert_eq!(list(ports, &text("--SHOUT")).await, [started, plain]);
    assert_eq!(list(ports, &text("0% [d")).await, [elsewhere]);
    assert_eq!(list(ports, &text("über_A")).await, Vec::<PipelineId>::new());
    assert_eq!(list(ports, &text("ÜBER_A")).await, [elsewhere]);
    assert_eq!(list(ports, &text("_")).await, [elsewhere]);
    assert_eq!(list(ports, &PipelineFilter { statuses: vec!["queued".into()], ..text("shout") }).await, [plain]);
}

pub async fn a_summary_counts_without_loading(ports: &StorePorts) {
    let mut story = ports.start(builders::full_feature).await;
    story.work(&json!({ "summary": "Criteria.", "outcome": "done" }), None).await;
    let attempt = story.attempt().await;
    let failure = AttemptFailure { class: FailureClass::OpencodeLost, message: "gone".into() };
    story.finish(attempt, AttemptResult::Failed(failure)).await;
    let page = ports.store.list(&PipelineFilter::default(), None, 10).await.unwrap();
    let [summary] = page.as_slice() else { panic!("one pipeline, not {page:?}") };
    let whole = &story.pipeline;
    assert_eq!((summary.steps_total, summary.steps_done), (5, 1));
    assert_eq!(summary.current_step, Some(whole.steps[1].id));
    assert_eq!(summary.usage, whole.usage());
    assert_eq!(summary.usage.cost, Cost::Known(0.5));
    assert!(!summary.scripted && summary.pipeline.steps.is_empty() && summary.pipeline.approvals.is_empty());
    assert_eq!((&summary.pipeline.title, summary.pipeline.version), (&whole.title, whole.version));

    story.act(Command::Cancel { by: "kim".into() }).await;
    let page = ports.store.list(&PipelineFilter::default(), None, 10).await.unwrap();
    assert_eq!((page[0].current_step, page[0].steps_done), (None, 1));
}

pub async fn a_summary_knows_unknown_costs_and_scripted_models(ports: &StorePorts) {
    let scripted = |ids: &dyn Ids| {
        let mut new = builders::quick_fix(ids);
        new.steps[1].1.model = Some(builders::model("scripted/demo"));
        new
    };
    let mut story = ports.start(scripted).await;
    let failure = || AttemptResult::Failed(AttemptFailure { class: FailureClass::OpencodeLost, message: "gone".into() });
    let attempt = story.attempt().await;
    story.finish(attempt, failure()).await;
    let attempt = story.attempt().await;
    story.finish_for(attempt, failure(), Cost::Unknown).await;
    let untouched = ports.begin(builders::quick_fix).await;
    let page = ports.store.list(&PipelineFilter::default(), None, 10).await.unwrap();
    assert_eq!((page[0].pipeline.id, page[0].usage.cost, page[0].scripted), (untouched.id(), Cost::Nothing, false));
    assert_eq!((page[1].usage.cost, page[1].usage.tokens.input, page[1].scripted), (Cost::Unknown, 2_400, true));
}

pub async fn the_inbox_shows_approvals_by_state(ports: &StorePorts) {
    let (mut approved, first) = at_gate(ports).await;
    let (mut withdrawn, second) = at_gate(ports).await;
    let (waiting, third) = at_gate(ports).await;
    approved.decide(first, Decision::Approve, None).await;
    withdrawn.act(Command::Cancel { by: "kim".into() }).await;
    let inbox = async |status, before, limit| ports.store.approvals(status, before, limit).await.unwrap();
    assert_eq!(inbox(Some("pending"), None, 10).await, [(third, waiting.id())]);
    assert_eq!(inbox(Some("approved"), None, 10).await, [(first, approved.id())]);
    assert_eq!(inbox(Some("withdrawn"), None, 10).await, [(second, withdrawn.id())]);
    assert_eq!(inbox(None, None, 2).await, [(third, waiting.id()), (second, withdrawn.id())]);
    assert_eq!(inbox(None, Some(second.0), 2).await, [(first, approved.id())]);
    assert_eq!(ports.store.pipeline_of_approval(ApprovalId(third.0 + 1)).await.unwrap(), None);
}
