//! Pipelines to rows, and back.

use super::{Row, time_of, word_of};
use crate::rows::pipelines::Model;
use agency_domain::approvals::Approval;
use agency_domain::pipelines::{FailureReason, Pipeline, PipelineStatus, Step, StoreError};
use agency_domain::{BranchName, CommitId, ModelName, PipelineId, TemplateName};

pub(crate) fn row_of(pipeline: &Pipeline, version: i64) -> Model {
    let reason = reason_of(&pipeline.status);
    Model {
        id: pipeline.id.0,
        title: pipeline.title.clone(),
        description: pipeline.description.clone(),
        template: pipeline.template.as_str().to_owned(),
        repo: pipeline.repo.clone(),
        base: pipeline.base.clone(),
        base_commit: pipeline.base_commit.as_str().to_owned(),
        branch: pipeline.branch.as_str().to_owned(),
        head_commit: pipeline.head_commit.as_str().to_owned(),
        model: pipeline.model.as_ref().map(|model| model.as_str().to_owned()),
        status: pipeline.status.as_str().to_owned(),
        reason_code: reason.map(|reason| word_of(&reason.code)),
        reason_message: reason.map(|reason| reason.message.clone()),
        reason_hint: reason.map(|reason| reason.hint.clone()),
        created_at: time_of(pipeline.created_at),
        updated_at: time_of(pipeline.updated_at),
        started_at: pipeline.started_at.map(time_of),
        finished_at: pipeline.finished_at.map(time_of),
        version,
        fence: 0,
        owner: None,
    }
}

fn reason_of(status: &PipelineStatus) -> Option<&FailureReason> {
    match status {
        PipelineStatus::Failed(reason) => Some(reason),
        PipelineStatus::Queued
        | PipelineStatus::Running
        | PipelineStatus::WaitingForApproval
        | PipelineStatus::Paused
        | PipelineStatus::Succeeded
        | PipelineStatus::Cancelled => None,
    }
}

/// The pipeline of a row; lists give no steps and no approvals.
pub(crate) fn pipeline_of(model: Model, steps: Vec<Step>, approvals: Vec<Approval>) -> Result<Pipeline, StoreError> {
    let row = Row::new("pipelines", model.id);
    Ok(Pipeline {
        status: status_of(&row, &model)?,
        id: PipelineId(model.id),
        title: model.title,
        description: model.description,
        template: row.parsed("template", TemplateName::parse(&model.template))?,
        repo: model.repo,
        base: model.base,
        base_commit: row.parsed("base_commit", CommitId::parse(&model.base_commit))?,
        branch: row.parsed("branch", BranchName::parse(&model.branch))?,
        head_commit: row.parsed("head_commit", CommitId::parse(&model.head_commit))?,
        model: row.parsed_if("model", model.model.as_deref(), ModelName::parse)?,
        created_at: row.time("created_at", &model.created_at)?,
        updated_at: row.time("updated_at", &model.updated_at)?,
        started_at: row.time_if("started_at", model.started_at.as_deref())?,
        finished_at: row.time_if("finished_at", model.finished_at.as_deref())?,
        steps,
        approvals,
        version: model.version,
    })
}

fn status_of(row: &Row, model: &Model) -> Result<PipelineStatus, StoreError> {
    Ok(match model.status.as_str() {
        "queued" => PipelineStatus::Queued,
        "running" => PipelineStatus::Running,
        "waiting_for_approval" => PipelineStatus::WaitingForApproval,
        "paused" => PipelineStatus::Paused,
        "succeeded" => PipelineStatus::Succeeded,
        "cancelled" => PipelineStatus::Cancelled,
        "failed" => PipelineStatus::Failed(FailureReason {
            code: row.word("reason_code", row.needed("reason_code", model.reason_code.as_deref())?)?,
            message: row.needed("reason_message", model.reason_message.clone())?,
            hint: row.needed("reason_hint", model.reason_hint.clone())?,
        }),
        other => return Err(row.corrupt("status", format!("{other:?} is no status of a pipeline"))),
    })
}
