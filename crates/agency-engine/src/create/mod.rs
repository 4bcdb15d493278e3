//! Creating a pipeline: everything that can be wrong with it is found here, field by field, before anything is stored.

mod draft;

use agency_domain::pipelines::{Created, Event, IdempotencyKey, NewPipeline, Pipeline, PipelineChange, StoreError};
use agency_domain::templates::{CatalogError, StepKind, StepPlan};
use draft::Draft;
use serde_json::Value;
use thiserror::Error;

/// A request as it came in; nothing is checked yet but its JSON shape.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRequest {
    pub title: Option<String>,
    pub description: String,
    pub repo: String,
    pub template: Option<String>,
    /// An ad-hoc chain in the shape of a template's `steps`.
    pub steps: Option<Value>,
    pub base: Option<String>,
    pub branch: Option<String>,
    pub model: Option<String>,
    /// Model by agent name.
    pub models: Vec<(String, String)>,
}

/// One fault of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    pub field: String,
    pub message: String,
}

/// Why no pipeline was created.
#[derive(Debug, Error)]
pub enum CreateError {
    #[error("the request does not fit")]
    Invalid(Vec<FieldFault>),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The branch exists in the repository, or a pipeline that has not ended holds it.
    #[error("{0}")]
    BranchTaken(String),
    #[error("OpenCode cannot be used: {0}")]
    RuntimeUnusable(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl crate::Engine {
    /// Checks a request and stores the pipeline as `queued`.
    ///
    /// # Errors
    /// With every fault of the input that can be found at once.
    pub async fn create(&self, request: CreateRequest, key: Option<IdempotencyKey>) -> Result<Created, CreateError> {
        let ports = &self.shared.ports;
        if let Some(key) = &key
            && let Some(before) = ports.store.created_with(key).await?
        {
            return Ok(Created::Before(before));
        }
        let new = Draft { engine: self, request, faults: Vec::new() }.check().await?;
        let at = ports.clock.now();
        let created = created_event(&new);
        let branch = new.branch.to_string();
        let change = PipelineChange { after: Pipeline::new(new, at), events: vec![created], at, fence: None, receipt: None };
        let created = ports.store.create(change, key).await.map_err(|error| match error {
            StoreError::BranchTaken { held_by, .. } => CreateError::BranchTaken(format!(
                "pipeline {held_by} works on the branch {branch} and has not ended; name another branch, or wait for it or cancel it"
            )),
            other => CreateError::Store(other),
        })?;
        self.shared.changed.notify_one();
        Ok(created)
    }
}

fn created_event(new: &NewPipeline) -> Event {
    let name = |plan: &StepPlan| match &plan.kind {
        StepKind::Agent { agent, .. } => agent.to_string(),
        StepKind::Approval { .. } => "approval".to_owned(),
    };
    Event::PipelineCreated {
        title: new.title.clone(),
        template: new.template.clone(),
        repo: new.repo.clone(),
        base: new.base.clone(),
        base_commit: new.base_commit.clone(),
        branch: new.branch.clone(),
        steps: new.steps.iter().map(|(_, plan)| name(plan)).collect(),
    }
}
