//! Steps, attempts, hand-offs.

use super::escapes::without_escapes;
use super::{pipelines, time};
use crate::markdown::Markdown;
use crate::settings::Span;
use agency_contract as wire;
use agency_domain::checks::{CheckEnd, CheckRun};
use agency_domain::pipelines::{Attempt, AttemptFailure, AttemptStatus, Pipeline, RecordedHandoff, Step, StepStatus};
use agency_domain::reviews::Verdict;
use agency_domain::templates::{ReviewLoop, StepKind, StepSettings};
use agency_domain::{AttemptId, StepId};
use serde_json::{Value, json};
use std::time::Duration;

pub(super) fn step(pipeline: &Pipeline, order_index: u32, step: &Step, markdown: &Markdown) -> wire::Step {
    let kind = match &step.plan.kind {
        StepKind::Agent { .. } => wire::StepKind::Agent,
        StepKind::Check(_) => wire::StepKind::Check,
        StepKind::Approval { .. } => wire::StepKind::Approval,
    };
    let mut out = wire::Step {
        id: step.id.0,
        order_index,
        kind,
        agent_name: step.name().to_owned(),
        agent_sha256: step.plan.settings.agent_sha256.clone(),
        description: step.plan.description.clone().unwrap_or_default(),
        status: step_status(step.status),
        model: None,
        on_changes_requested: None,
        commands: Vec::new(),
        timeout: None,
        on_failure: None,
        remind_after: None,
        settings: None,
        rounds: step.rounds,
        retry_at: step.retry_at.map(time),
        started_at: step.started_at.map(time),
        finished_at: step.finished_at.map(time),
        attempts: step.attempts.iter().map(|each| attempt(step.id, each, markdown)).collect(),
    };
    match &step.plan.kind {
        StepKind::Agent { on_changes_requested, .. } => {
            out.model = pipeline.model_for(step).map(ToString::to_string);
            out.on_changes_requested = on_changes_requested.as_ref().map(way_back);
            out.settings = Some(settings(&step.plan.settings));
        }
        StepKind::Check(check) => {
            out.commands.clone_from(&check.commands);
            out.timeout = Some(span(check.timeout));
            out.on_failure = pipeline.loop_of_check(step).as_ref().map(way_back);
        }
        StepKind::Approval { question, remind_after } => {
            out.description.clone_from(question);
            out.remind_after = remind_after.map(span);
        }
    }
    out
}

pub(super) fn way_back(back: &ReviewLoop) -> wire::Loop {
    wire::Loop { back_to: back.back_to.to_string(), max_rounds: back.max_rounds }
}

pub(super) fn span(duration: Duration) -> String {
    Span(duration).to_string()
}

fn settings(settings: &StepSettings) -> wire::StepSettings {
    wire::StepSettings {
        budget: pipelines::budget(&settings.budget),
        retry: wire::RetryPolicy { attempts: settings.retry.attempts, pause: span(settings.retry.pause) },
        stall_after: settings.stall_after.map(span),
        fallback_models: settings.fallback_models.iter().map(ToString::to_string).collect(),
        permissions: settings.permissions.clone(),
        writes: settings.writes,
    }
}

pub(crate) fn step_status(status: StepStatus) -> wire::StepStatus {
    match status {
        StepStatus::Pending => wire::StepStatus::Pending,
        StepStatus::Running => wire::StepStatus::Running,
        StepStatus::WaitingForApproval => wire::StepStatus::WaitingForApproval,
        StepStatus::Succeeded => wire::StepStatus::Succeeded,
        StepStatus::Failed => wire::StepStatus::Failed,
        StepStatus::Skipped => wire::StepStatus::Skipped,
        StepStatus::Cancelled => wire::StepStatus::Cancelled,
    }
}

fn attempt(step_id: StepId, attempt: &Attempt, markdown: &Markdown) -> wire::Attempt {
    let (status, failed) = attempt_status(&attempt.status);
    wire::Attempt {
        id: attempt.id.0,
        step_id: step_id.0,
        number: attempt.number,
        status,
        model: attempt.model.as_ref().map(ToString::to_string),
        session_id: attempt.session.as_ref().map(ToString::to_string),
        base_commit: attempt.base_commit.to_string(),
        head_commit: attempt.head_commit.as_ref().map(ToString::to_string),
        started_at: time(attempt.started_at),
        finished_at: attempt.finished_at.map(time),
        usage: pipelines::usage(attempt.usage),
        failure: failed.map(failure),
        verdict: attempt.verdict.map(verdict),
        handoff: attempt.handoff.as_ref().map(|recorded| handoff(step_id, attempt.id, recorded, markdown)),
        checks: attempt.checks.iter().map(check_run).collect(),
        copied_from: attempt.copied_from.map(|id| id.0),
    }
}

/// The status, with the failure of one that failed.
pub(super) fn attempt_status(status: &AttemptStatus) -> (wire::AttemptStatus, Option<&AttemptFailure>) {
    match status {
        AttemptStatus::Starting => (wire::AttemptStatus::Starting, None),
        AttemptStatus::Running => (wire::AttemptStatus::Running, None),
        AttemptStatus::Finishing => (wire::AttemptStatus::Finishing, None),
        AttemptStatus::Succeeded => (wire::AttemptStatus::Succeeded, None),
        AttemptStatus::Failed(failure) => (wire::AttemptStatus::Failed, Some(failure)),
        AttemptStatus::Interrupted => (wire::AttemptStatus::Interrupted, None),
        AttemptStatus::Cancelled => (wire::AttemptStatus::Cancelled, None),
    }
}

pub(crate) fn failure(failure: &AttemptFailure) -> wire::Failure {
    wire::Failure { class: failure.class.as_str().into(), message: failure.message.clone(), hint: failure.class.hint().into() }
}

pub(crate) fn verdict(verdict: Verdict) -> wire::Verdict {
    match verdict {
        Verdict::Approved => wire::Verdict::Approved,
        Verdict::ChangesRequested => wire::Verdict::ChangesRequested,
        Verdict::Blocked => wire::Verdict::Blocked,
    }
}

fn check_run(run: &CheckRun) -> wire::CheckRun {
    let wire::CheckResult { command, exit_code, outcome, passed } = check_result(run);
    wire::CheckRun { command, exit_code, outcome, passed, duration_ms: run.duration_ms, tail: without_escapes(&run.tail).into_owned() }
}

pub(super) fn check_result(run: &CheckRun) -> wire::CheckResult {
    let exit_code = match &run.end {
        CheckEnd::Exited { code } => Some(*code),
        CheckEnd::TimedOut { .. } | CheckEnd::Killed | CheckEnd::NotStarted { .. } => None,
    };
    wire::CheckResult { command: run.command.clone(), exit_code, outcome: run.outcome(), passed: run.passed() }
}

pub(crate) fn handoff(step: StepId, attempt: AttemptId, recorded: &RecordedHandoff, markdown: &Markdown) -> wire::Handoff {
    wire::Handoff {
        id: recorded.id.0,
        step_id: step.0,
        attempt_id: attempt.0,
        content_md: recorded.content_md.clone(),
        content_html: markdown.html(&recorded.content_md).to_string(),
        metadata: metadata(recorded),
        unacknowledged: recorded.record.engine.unacknowledged.clone(),
        created_at: time(recorded.at),
    }
}

/// The record as one flat object: what the agent gave, what the engine added, and the channel.
fn metadata(recorded: &RecordedHandoff) -> Value {
    let mut value = serde_json::to_value(&recorded.record).expect("a record is plain data");
    let Some(map) = value.as_object_mut() else { return value };
    map.remove("engine");
    let facts = &recorded.record.engine;
    let commands: Vec<Value> =
        facts.commands_run.iter().map(|(command, exit_code)| json!({ "command": command, "exit_code": exit_code })).collect();
    map.insert("files_changed".into(), json!(facts.files_changed));
    map.insert("commands_run".into(), Value::Array(commands));
    map.insert("head_commit".into(), json!(facts.head_commit));
    map.insert("usage".into(), json!(pipelines::usage(facts.usage)));
    map.insert("duration_ms".into(), json!(facts.duration_ms));
    map.insert("channel".into(), json!(recorded.channel));
    value
}
