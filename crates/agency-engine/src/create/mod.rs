//! Creating a pipeline: everything that can be wrong with it is found here, field by field, before anything is stored.

mod draft;
mod fork;
mod rehearsal;
mod repository;

use agency_domain::attachments::{AttachedFile, Content, GivenFile};
use agency_domain::budgets::Budget;
use agency_domain::pipelines::{Counted, Created, IdempotencyKey, Pipeline, PipelineChange, PipelineStatus, StoreError};
use agency_domain::templates::{CatalogError, Tailoring};
use draft::{Draft, Drafted};
pub use fork::ForkRequest;
pub use rehearsal::{Rehearsal, RehearsedStep};
pub use repository::Standing;
use serde_json::Value;
use thiserror::Error;

/// A request as it came in; nothing is checked yet but its JSON shape.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRequest {
    pub title: Option<String>,
    pub description: String,
    /// Sent to every step beside the description.
    pub attachments: Vec<GivenFile>,
    pub repo: String,
    pub template: Option<String>,
    /// An ad-hoc chain in the shape of a template's `steps`.
    pub steps: Option<Value>,
    /// What this run wants otherwise than the template.
    pub tailoring: Tailoring,
    pub base: Option<String>,
    pub branch: Option<String>,
    pub model: Option<String>,
    /// Model by agent name.
    pub models: Vec<(String, String)>,
    /// In place of the template's, ceiling by ceiling.
    pub budget: Budget,
}

fn contents(files: Vec<AttachedFile>) -> Vec<Content> {
    files.into_iter().map(|file| file.content).collect()
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
    /// Of a fork: there is no such pipeline.
    #[error("there is no {0}")]
    NotFound(String),
    /// Of a fork: its original does not allow it.
    #[error("{0}")]
    Refused(String),
    /// As many wait as may wait.
    #[error("{waiting} pipelines wait already, and at most {queue_max} may")]
    QueueFull { waiting: u64, queue_max: u32 },
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
        self.expect_room().await?;
        let Drafted { new, agents, files } = Draft { engine: self, request, faults: Vec::new() }.check().await?;
        let at = ports.clock.now();
        let branch = new.branch.to_string();
        let after = Pipeline::new(new, at);
        let change =
            PipelineChange { events: vec![after.created()], after, at, fence: None, receipt: None, agents, contents: contents(files) };
        let created = ports.store.create(change, key).await.map_err(|error| match error {
            StoreError::BranchTaken { held_by, .. } => CreateError::BranchTaken(format!(
                "pipeline {held_by} works on the branch {branch} and has not ended; name another branch, or wait for it or cancel it"
            )),
            other => CreateError::Store(other),
        })?;
        self.shared.changed.notify_one();
        Ok(created)
    }

    /// Refuses where the queue is full. Several requests at the same moment may each find the last place: the limit keeps a script from filling the
    /// database, and one more does no harm.
    async fn expect_room(&self) -> Result<(), CreateError> {
        let queue_max = self.shared.settings.queue_max;
        let counts = self.shared.ports.store.count(Counted::Pipelines).await?;
        let waiting = counts.get(PipelineStatus::Queued.as_str()).copied().unwrap_or_default();
        if waiting < u64::from(queue_max) { Ok(()) } else { Err(CreateError::QueueFull { waiting, queue_max }) }
    }
}
