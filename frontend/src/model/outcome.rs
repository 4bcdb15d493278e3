//! What came of a pipeline: the last words of its agents, or what broke it; and at a gate, what there is so far.

use super::chain::step_name;
use super::format::{cost, count, counted, total_tokens};
use super::handoff::Record;
use agency_contract::{Attempt, CheckRun, Criterion, CriterionStatus, PipelineDetail, StepKind, StepStatus};

/// As much of a failed command's output as stands at the top; its step has more.
const LINES_MAX: usize = 20;

/// What the last agent that handed something on says of the work.
pub fn last_words(detail: &PipelineDetail) -> Option<String> {
    let attempts = detail.steps.iter().rev().flat_map(|step| step.attempts.iter().rev());
    let handoff = attempts.filter_map(|attempt| attempt.handoff.as_ref()).next()?;
    Some(Record::read(&handoff.metadata).summary).filter(|summary| !summary.is_empty())
}

/// The command that failed, and the end of what it printed.
pub fn broken_by(detail: &PipelineDetail) -> Option<(String, String)> {
    let failed = detail.steps.iter().find(|step| step.status == StepStatus::Failed)?;
    let is_fault = |run: &&CheckRun| !run.passed;
    let run = failed.attempts.last().and_then(|attempt: &Attempt| attempt.checks.iter().find(is_fault))?;
    let lines: Vec<&str> = run.tail.trim_end().lines().collect();
    Some((run.command.clone(), lines[lines.len().saturating_sub(LINES_MAX)..].join("\n")))
}

/// What a gate's decision rests on, in a line: who worked before it, what it cost so far, what changed, what was
/// checked, what is proven and what is open.
pub fn so_far(detail: &PipelineDetail, gate_step_id: i64) -> String {
    let gate = detail.steps.iter().position(|step| step.id == gate_step_id).unwrap_or_default();
    let before = detail.steps[..gate].iter().rev().find(|step| step.kind == StepKind::Agent);
    let usage = &detail.pipeline.usage;
    let spent = format!("{}, {} tokens so far", cost(usage), count(total_tokens(&usage.tokens)));
    let parts = [
        before.map(|step| format!("After {}", step_name(step))),
        Some(spent),
        changed(detail),
        checked(detail),
        proven(detail),
        open(detail),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn changed(detail: &PipelineDetail) -> Option<String> {
    let handoffs = detail.steps.iter().flat_map(|step| &step.attempts).filter_map(|attempt| attempt.handoff.as_ref());
    let mut files: Vec<String> = Vec::new();
    for file in handoffs.flat_map(|handoff| Record::read(&handoff.metadata).files_changed) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    (!files.is_empty()).then(|| format!("{} changed", counted(files.len(), "file", "files")))
}

/// Of the newest attempt at each step that ran commands.
fn checked(detail: &PipelineDetail) -> Option<String> {
    let runs: Vec<bool> =
        detail.steps.iter().filter_map(|step| step.attempts.last()).flat_map(|last| last.checks.iter().map(|run| run.passed)).collect();
    let passed = runs.iter().filter(|passed| **passed).count();
    (!runs.is_empty()).then(|| format!("{passed} of {} passed", counted(runs.len(), "check", "checks")))
}

fn proven(detail: &PipelineDetail) -> Option<String> {
    let is_met = |criterion: &&Criterion| matches!(criterion.status, CriterionStatus::Proven | CriterionStatus::Accepted);
    let met = detail.criteria.iter().filter(is_met).count();
    (!detail.criteria.is_empty()).then(|| format!("{met} of {} proven", counted(detail.criteria.len(), "criterion", "criteria")))
}

fn open(detail: &PipelineDetail) -> Option<String> {
    let count = detail.findings.iter().filter(|finding| finding.status == "open").count();
    (count > 0).then(|| format!("{} open", counted(count, "finding", "findings")))
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use agency_contract::Step;
    use serde_json::{Value, json};

    fn detail(steps: &Value) -> PipelineDetail {
        let mut value = serde_json::to_value(testing::detail()).unwrap();
        value["steps"] = steps.clone();
        serde_json::from_value(value).unwrap()
    }

    fn step(status: &str, attempt: &Value) -> Value {
        let usage = json!({"tokens": {"input": 0, "output": 0, "reasoning": 0, "cache_read": 0, "cache_write": 0}, "cost": null});
        let mut whole = json!({"id": 1, "step_id": 11, "number": 1, "status": "succeeded", "base_commit": "", "started_at": "", "checks": [], "usage": usage});
        whole.as_object_mut().unwrap().extend(attempt.as_object().unwrap().clone());
        let step = json!({"id": 11, "order_index": 0, "kind": "agent", "agent_name": "developer", "description": "", "status": status,
            "commands": [], "rounds": 0, "attempts": [whole]});
        let _: Step = serde_json::from_value(step.clone()).unwrap();
        step
    }

    #[test]
    fn a_failed_command_says_its_last_lines() {
        let tail = (1..=30).map(|line| format!("line {line}\n")).collect::<String>();
        let run =
            json!({"command": "just test", "exit_code": 1, "outcome": "exited with 1", "passed": false, "duration_ms": 5, "tail": tail});
        let (command, lines) = broken_by(&detail(&json!([step("failed", &json!({ "checks": [run] }))]))).unwrap();
        assert_eq!((command.as_str(), lines.lines().next(), lines.lines().last()), ("just test", Some("line 11"), Some("line 30")));
        assert_eq!(broken_by(&detail(&json!([step("succeeded", &json!({}))]))), None);
    }

    #[test]
    fn a_gate_says_what_there_is_so_far() {
        let handoff = json!({ "handoff": { "id": 1, "attempt_id": 1, "step_id": 11, "agent_name": "developer", "content_html": "", "content_md": "",
            "metadata": { "summary": "x", "files_changed": ["a.rs", "b.rs", "a.rs"] }, "created_at": "" } });
        let mut gate = step("waiting_for_approval", &json!({}));
        (gate["id"], gate["kind"]) = (json!(12), json!("approval"));
        let mut at_gate = detail(&json!([step("succeeded", &handoff), gate]));
        at_gate.pipeline.usage.cost = Some(0.5);
        assert_eq!(so_far(&at_gate, 12), "After developer · $0.50, 0 tokens so far · 2 files changed");
        let run =
            |passed: bool| json!({"command": "just test", "exit_code": 0, "outcome": "", "passed": passed, "duration_ms": 5, "tail": ""});
        at_gate.steps[0].attempts[0].checks = serde_json::from_value(json!([run(true), run(false)])).unwrap();
        assert!(so_far(&at_gate, 12).ends_with("2 files changed · 1 of 2 checks passed"), "{}", so_far(&at_gate, 12));
        let criterion =
            |status: &str| json!({"id": "AC-1", "text": "", "mandatory": true, "status": status, "evidence": [], "accepted": null});
        at_gate.criteria = serde_json::from_value(json!([criterion("proven"), criterion("claimed")])).unwrap();
        assert!(so_far(&at_gate, 12).ends_with("1 of 2 criteria proven"), "{}", so_far(&at_gate, 12));
    }

    #[test]
    fn the_last_hand_off_has_the_last_word() {
        let handoff = |summary: &str| {
            json!({ "handoff": { "id": 1, "attempt_id": 1, "step_id": 11, "agent_name": "developer", "content_html": "", "content_md": "",
                "metadata": { "summary": summary }, "created_at": "" } })
        };
        let steps =
            json!([step("succeeded", &handoff("First.")), step("succeeded", &handoff("Done: it shouts.")), step("pending", &json!({}))]);
        assert_eq!(last_words(&detail(&steps)).as_deref(), Some("Done: it shouts."));
        assert_eq!(last_words(&detail(&json!([]))), None);
    }
}
