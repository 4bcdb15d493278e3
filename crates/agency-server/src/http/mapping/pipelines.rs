//! Pipelines, steps, attempts, hand-offs, usage.

use super::{approvals, time};
use crate::markdown::Markdown;
use agency_contract as wire;
use agency_domain::handoffs::HandoffRecord;
use agency_domain::pipelines::{
    Attempt, AttemptFailure, AttemptStatus, FailureReason, Pipeline, PipelineStatus, PipelineSummary, RecordedHandoff, Step, StepStatus,
};
use agency_domain::reviews::Verdict;
use agency_domain::templates::StepKind;
use agency_domain::{AttemptId, StepId, Usage};
use serde_json::{Value, json};

/// A pipeline of a list.
pub(crate) fn summary(summary: &PipelineSummary) -> wire::Pipeline {
    let counts = Counts {
        usage: summary.usage,
        current_step: summary.current_step,
        total: summary.steps_total,
        done: summary.steps_done,
        is_scripted: summary.scripted,
    };
    head(&summary.pipeline, &counts)
}

/// A pipeline with all that belongs to it. `seq`: up to where the log is certainly contained.
pub(crate) fn detail(pipeline: &Pipeline, seq: i64, markdown: &Markdown) -> wire::PipelineDetail {
    let done = pipeline.steps.iter().filter(|step| step.status == StepStatus::Succeeded).count();
    let counts = Counts {
        usage: pipeline.usage(),
        current_step: pipeline.current_step().map(|step| step.id),
        total: count(pipeline.steps.len()),
        done: count(done),
        is_scripted: pipeline.is_scripted(),
    };
    wire::PipelineDetail {
        pipeline: head(pipeline, &counts),
        steps: pipeline.steps.iter().enumerate().map(|(index, each)| step(pipeline, index, each, markdown)).collect(),
        approvals: pipeline.approvals.iter().map(|approval| approvals::approval(pipeline, approval, markdown)).collect(),
        criteria: criteria(pipeline),
        findings: findings(pipeline),
        seq,
    }
}

struct Counts {
    usage: Usage,
    current_step: Option<StepId>,
    total: u32,
    done: u32,
    is_scripted: bool,
}

fn head(pipeline: &Pipeline, counts: &Counts) -> wire::Pipeline {
    let (status, status_reason) = status(&pipeline.status);
    wire::Pipeline {
        id: pipeline.id.0,
        title: pipeline.title.clone(),
        description: pipeline.description.clone(),
        template: pipeline.template.to_string(),
        repo: pipeline.repo.clone(),
        base: pipeline.base.clone(),
        base_commit: pipeline.base_commit.to_string(),
        branch: pipeline.branch.to_string(),
        head_commit: pipeline.head_commit.to_string(),
        status,
        status_reason,
        created_at: time(pipeline.created_at),
        updated_at: time(pipeline.updated_at),
        started_at: pipeline.started_at.map(time),
        finished_at: pipeline.finished_at.map(time),
        model: pipeline.model.as_ref().map(ToString::to_string),
        scripted: counts.is_scripted,
        usage: usage(counts.usage),
        current_step_id: counts.current_step.map(|id| id.0),
        steps_total: counts.total,
        steps_done: counts.done,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(crate) fn status(status: &PipelineStatus) -> (wire::PipelineStatus, Option<wire::PipelineStatusReason>) {
    match status {
        PipelineStatus::Queued => (wire::PipelineStatus::Queued, None),
        PipelineStatus::Running => (wire::PipelineStatus::Running, None),
        PipelineStatus::WaitingForApproval => (wire::PipelineStatus::WaitingForApproval, None),
        PipelineStatus::Paused => (wire::PipelineStatus::Paused, None),
        PipelineStatus::Succeeded => (wire::PipelineStatus::Succeeded, None),
        PipelineStatus::Failed(cause) => (wire::PipelineStatus::Failed, Some(reason(cause))),
        PipelineStatus::Cancelled => (wire::PipelineStatus::Cancelled, None),
    }
}

pub(crate) fn reason(reason: &FailureReason) -> wire::PipelineStatusReason {
    wire::PipelineStatusReason {
        code: reason.code.as_str().into(),
        message: reason.message.clone(),
        hint: Some(reason.hint.clone()).filter(|hint| !hint.is_empty()),
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

fn step(pipeline: &Pipeline, index: usize, step: &Step, markdown: &Markdown) -> wire::Step {
    let description = step.plan.description.clone();
    let (kind, agent_name, description, review) = match &step.plan.kind {
        StepKind::Agent { agent, on_changes_requested } => {
            (wire::StepKind::Agent, agent.to_string(), description.unwrap_or_default(), on_changes_requested.as_ref())
        }
        StepKind::Approval { question, .. } => (wire::StepKind::Approval, "approval".to_owned(), question.clone(), None),
    };
    wire::Step {
        id: step.id.0,
        order_index: count(index),
        kind,
        agent_name,
        description,
        status: step_status(step.status),
        model: pipeline.model_for(step).filter(|_| step.agent().is_some()).map(ToString::to_string),
        on_changes_requested: review.map(|review| wire::Loop { back_to: review.back_to.to_string(), max_rounds: review.max_rounds }),
        started_at: step.started_at.map(time),
        finished_at: step.finished_at.map(time),
        attempts: step.attempts.iter().map(|each| attempt(step.id, each, markdown)).collect(),
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
        session_id: Some(attempt.session.to_string()),
        base_commit: attempt.base_commit.to_string(),
        head_commit: attempt.head_commit.as_ref().map(ToString::to_string),
        started_at: time(attempt.started_at),
        finished_at: attempt.finished_at.map(time),
        usage: usage(attempt.usage),
        failure: failed.map(failure),
        verdict: attempt.verdict.map(verdict),
        handoff: attempt.handoff.as_ref().map(|recorded| handoff(step_id, attempt.id, recorded, markdown)),
    }
}

fn attempt_status(status: &AttemptStatus) -> (wire::AttemptStatus, Option<&AttemptFailure>) {
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

fn usage(usage: Usage) -> wire::Usage {
    wire::Usage {
        tokens: wire::Tokens {
            input: usage.tokens.input,
            output: usage.tokens.output,
            reasoning: usage.tokens.reasoning,
            cache_read: usage.tokens.cache_read,
            cache_write: usage.tokens.cache_write,
        },
        cost: usage.cost.amount(),
    }
}

pub(crate) fn handoff(step: StepId, attempt: AttemptId, recorded: &RecordedHandoff, markdown: &Markdown) -> wire::Handoff {
    wire::Handoff {
        id: recorded.id.0,
        step_id: step.0,
        attempt_id: attempt.0,
        content_md: recorded.content_md.clone(),
        content_html: markdown.html(&recorded.content_md).to_string(),
        metadata: metadata(recorded),
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
    map.insert("usage".into(), json!(usage(facts.usage)));
    map.insert("duration_ms".into(), json!(facts.duration_ms));
    map.insert("channel".into(), json!(recorded.channel));
    value
}

fn records(pipeline: &Pipeline) -> Vec<&HandoffRecord> {
    pipeline.attempts_in_order().into_iter().filter_map(|(_, attempt)| attempt.handoff.as_ref()).map(|handoff| &handoff.record).collect()
}

/// The criteria as the newest hand-off that names each leaves it; a text that is said once stays.
fn criteria(pipeline: &Pipeline) -> Vec<wire::Criterion> {
    let mut all: Vec<wire::Criterion> = Vec::new();
    for criterion in records(pipeline).into_iter().flat_map(|record| &record.criteria) {
        let index = all.iter().position(|known| known.id == criterion.id).unwrap_or_else(|| {
            all.push(wire::Criterion { id: criterion.id.clone(), text: String::new(), status: "open".into(), evidence: Vec::new() });
            all.len() - 1
        });
        let known = &mut all[index];
        if let Some(text) = &criterion.text {
            known.text.clone_from(text);
        }
        if let Some(status) = &criterion.status {
            known.status.clone_from(status);
        }
        if !criterion.evidence.is_empty() {
            known.evidence.clone_from(&criterion.evidence);
        }
    }
    all
}

/// The findings as the newest hand-off that names each leaves it. One without an id belongs to its own hand-off alone.
fn findings(pipeline: &Pipeline) -> Vec<wire::Finding> {
    let mut all: Vec<wire::Finding> = Vec::new();
    for finding in records(pipeline).into_iter().flat_map(|record| &record.findings) {
        let Some(id) = &finding.id else { continue };
        let newest = wire::Finding {
            id: id.clone(),
            severity: finding.severity.as_str().into(),
            file: finding.file.clone(),
            line: finding.line,
            claim: finding.claim.clone(),
            status: finding.status.clone(),
        };
        match all.iter_mut().find(|known| known.id == *id) {
            Some(known) => *known = newest,
            None => all.push(newest),
        }
    }
    all
}
