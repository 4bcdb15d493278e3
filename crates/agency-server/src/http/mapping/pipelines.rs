//! Pipelines: state, budget, usage.

use super::{approvals, attachments, catalog, ledgers, questions, requests, steps, time};
use crate::markdown::Markdown;
use agency_contract as wire;
use agency_domain::budgets::{Budget, Spent};
use agency_domain::pipelines::{FailureReason, Fork, PauseReason, Pipeline, PipelineStatus, PipelineSummary, StepStatus};
use agency_domain::{StepId, Timestamp, Usage};

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

/// A pipeline with all that belongs to it. `seq`: up to where the log is certainly contained; `now`: what is under way has taken time until then.
pub(crate) fn detail(pipeline: &Pipeline, forks: &[Fork], seq: i64, now: Timestamp, markdown: &Markdown) -> wire::PipelineDetail {
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
        spent: spent(&pipeline.spent(now)),
        attachments: attachments::attachments(pipeline),
        steps: pipeline.steps.iter().enumerate().map(|(index, step)| steps::step(pipeline, count(index), step, markdown)).collect(),
        approvals: pipeline.approvals.iter().map(|approval| approvals::approval(pipeline, approval, markdown)).collect(),
        criteria: pipeline.criteria.iter().map(|criterion| ledgers::criterion(criterion, &pipeline.head_commit)).collect(),
        findings: pipeline.findings.iter().map(|finding| ledgers::finding(pipeline, finding)).collect(),
        messages: pipeline.steers.iter().map(requests::message).collect(),
        requests: pipeline.asks.iter().map(|ask| requests::request(pipeline, ask)).collect(),
        questions: pipeline.questions.iter().map(|question| questions::question(question, markdown)).collect(),
        questions_usage: usage(pipeline.questions_usage()),
        forks: forks.iter().map(|fork| wire::Fork { id: fork.id.0, title: fork.title.clone(), status: status(&fork.status).0 }).collect(),
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
        template_sha256: pipeline.template_version.as_ref().map(|version| version.sha256.clone()),
        template_source: pipeline.template_version.as_ref().map(|version| catalog::source(version.source)),
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
        budget: budget(&pipeline.budget),
        pause_requested: pipeline.pause_requested.clone(),
        forked_from: pipeline.forked_from.map(|origin| wire::Origin { pipeline_id: origin.pipeline.0, step_id: origin.step.0 }),
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
        PipelineStatus::Paused(cause) => (wire::PipelineStatus::Paused, Some(pause_reason(cause))),
        PipelineStatus::Succeeded => (wire::PipelineStatus::Succeeded, None),
        PipelineStatus::Failed(cause) => (wire::PipelineStatus::Failed, Some(reason(cause))),
        PipelineStatus::Cancelled => (wire::PipelineStatus::Cancelled, None),
    }
}

pub(crate) fn reason(reason: &FailureReason) -> wire::PipelineStatusReason {
    status_reason(reason.code.as_str(), &reason.message, &reason.hint)
}

pub(crate) fn pause_reason(reason: &PauseReason) -> wire::PipelineStatusReason {
    status_reason(reason.code.as_str(), &reason.message, &reason.hint)
}

fn status_reason(code: &str, message: &str, hint: &str) -> wire::PipelineStatusReason {
    let hint = Some(hint.to_owned()).filter(|hint| !hint.is_empty());
    wire::PipelineStatusReason { code: code.to_owned(), message: message.to_owned(), hint }
}

pub(crate) fn budget(budget: &Budget) -> wire::Budget {
    wire::Budget { tokens: budget.tokens, money: budget.money, minutes: budget.minutes, attempts: budget.attempts }
}

fn spent(spent: &Spent) -> wire::Spent {
    wire::Spent {
        tokens: spent.usage.tokens.total(),
        money: spent.usage.cost.amount(),
        minutes: (spent.time.as_secs_f64() / 60.0 * 100.0).round() / 100.0,
        attempts: spent.attempts,
    }
}

pub(crate) fn usage(usage: Usage) -> wire::Usage {
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
