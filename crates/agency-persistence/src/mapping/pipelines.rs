//! Pipelines to rows, and back.

use super::{Row, json_of, time_of, word_of};
use crate::rows::pipelines::Model;
use agency_domain::approvals::Approval;
use agency_domain::attachments::Attachment;
use agency_domain::criteria::Criterion;
use agency_domain::pipelines::{
    Ask, FailureReason, Fork, Origin, PauseReason, Pipeline, PipelineStatus, Question, Steer, Step, StoreError,
};
use agency_domain::reviews::LedgerFinding;
use agency_domain::templates::TemplateVersion;
use agency_domain::{BranchName, CommitId, ModelName, PipelineId, StepId, TemplateName};

pub(crate) fn row_of(pipeline: &Pipeline, version: i64) -> Model {
    let reason = reason_of(&pipeline.status);
    let (code, message, hint) = reason.map_or((None, None, None), |(code, message, hint)| (Some(code), Some(message), Some(hint)));
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
        reason_code: code,
        reason_message: message.cloned(),
        reason_hint: hint.cloned(),
        created_at: time_of(pipeline.created_at),
        updated_at: time_of(pipeline.updated_at),
        started_at: pipeline.started_at.map(time_of),
        finished_at: pipeline.finished_at.map(time_of),
        version,
        fence: 0,
        owner: None,
        budget_json: json_of(&pipeline.budget),
        warned_json: json_of(&pipeline.warned),
        pause_requested: pipeline.pause_requested.clone(),
        forked_from_pipeline: pipeline.forked_from.map(|origin| origin.pipeline.0),
        forked_from_step: pipeline.forked_from.map(|origin| origin.step.0),
        template_sha256: pipeline.template_version.as_ref().map(|version| version.sha256.clone()),
        template_source: pipeline.template_version.as_ref().map(|version| word_of(&version.source)),
    }
}

/// Code, sentence and hint of a failure or a pause.
fn reason_of(status: &PipelineStatus) -> Option<(String, &String, &String)> {
    match status {
        PipelineStatus::Failed(reason) => Some((word_of(&reason.code), &reason.message, &reason.hint)),
        PipelineStatus::Paused(reason) => Some((word_of(&reason.code), &reason.message, &reason.hint)),
        PipelineStatus::Queued
        | PipelineStatus::Running
        | PipelineStatus::WaitingForApproval
        | PipelineStatus::Succeeded
        | PipelineStatus::Cancelled => None,
    }
}

/// What belongs to a pipeline, in tables of its own. Lists give none of it.
#[derive(Default)]
pub(crate) struct Belongings {
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) steps: Vec<Step>,
    pub(crate) approvals: Vec<Approval>,
    pub(crate) criteria: Vec<Criterion>,
    pub(crate) findings: Vec<LedgerFinding>,
    pub(crate) steers: Vec<Steer>,
    pub(crate) asks: Vec<Ask>,
    pub(crate) questions: Vec<Question>,
}

/// The pipeline of a row.
pub(crate) fn pipeline_of(model: Model, with: Belongings) -> Result<Pipeline, StoreError> {
    let row = Row::new("pipelines", model.id);
    Ok(Pipeline {
        status: status_of(&row, &model)?,
        template_version: version_of(&row, &model)?,
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
        budget: row.json("budget_json", &model.budget_json)?,
        warned: row.json("warned_json", &model.warned_json)?,
        pause_requested: model.pause_requested,
        forked_from: model
            .forked_from_pipeline
            .zip(model.forked_from_step)
            .map(|(pipeline, step)| Origin { pipeline: PipelineId(pipeline), step: StepId(step) }),
        attachments: with.attachments,
        steps: with.steps,
        approvals: with.approvals,
        criteria: with.criteria,
        findings: with.findings,
        steers: with.steers,
        asks: with.asks,
        questions: with.questions,
        version: model.version,
    })
}

/// As much of it as its origin lists.
pub(crate) fn fork_of(model: Model) -> Result<Fork, StoreError> {
    let status = status_of(&Row::new("pipelines", model.id), &model)?;
    Ok(Fork { id: PipelineId(model.id), title: model.title, status })
}

fn version_of(row: &Row, model: &Model) -> Result<Option<TemplateVersion>, StoreError> {
    let Some(sha256) = model.template_sha256.clone() else { return Ok(None) };
    let source = row.word("template_source", row.needed("template_source", model.template_source.as_deref())?)?;
    Ok(Some(TemplateVersion { sha256, source }))
}

fn status_of(row: &Row, model: &Model) -> Result<PipelineStatus, StoreError> {
    Ok(match model.status.as_str() {
        "queued" => PipelineStatus::Queued,
        "running" => PipelineStatus::Running,
        "waiting_for_approval" => PipelineStatus::WaitingForApproval,
        "paused" => PipelineStatus::Paused(PauseReason {
            code: row.word("reason_code", row.needed("reason_code", model.reason_code.as_deref())?)?,
            message: row.needed("reason_message", model.reason_message.clone())?,
            hint: row.needed("reason_hint", model.reason_hint.clone())?,
        }),
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
