//! What handlers share. Made by the wiring, read by `http` and `live`.

use crate::access::Access;
use crate::diff::DiffRows;
use crate::http::mapping;
use crate::http::problem::Failure;
use crate::markdown::Markdown;
use crate::metrics::{Metrics, WriterLoad};
use crate::verified::VerifiedLog;
use agency_contract::PipelineDetail;
use agency_domain::PipelineId;
use agency_domain::pipelines::{EventLog, Pipeline};
use agency_domain::templates::OwnFiles;
use agency_engine::Engine;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// More than anybody makes of one pipeline.
const FORKS_MAX: u32 = 200;

/// One per server.
pub(crate) struct State {
    pub(crate) engine: Engine,
    pub(crate) access: Access,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) verified: VerifiedLog,
    /// Templates and agents of the user's own, to be changed.
    pub(crate) own_files: Arc<dyn OwnFiles>,
    pub(crate) markdown: Markdown,
    pub(crate) diff_rows: DiffRows,
    pub(crate) metrics: Metrics,
    pub(crate) writer_load: Arc<dyn Fn() -> WriterLoad + Send + Sync>,
    /// The repository in which the demo works, and an agent that is tried.
    pub(crate) sample: Arc<[SampleFile]>,
    /// What the scripted demo does; `None` where it is not offered.
    pub(crate) demo: Option<DemoKit>,
    /// Absolute.
    pub(crate) data_dir: PathBuf,
    /// Cancelled when the server is about to stop: streams end on it.
    pub(crate) stop: CancellationToken,
    /// Where changes run to their end, whatever becomes of the connection that asked for them.
    pub(crate) changes: Handle,
}

/// The demo's request.
#[derive(Debug, Clone)]
pub(crate) struct DemoKit {
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
    /// `provider/model` of the scripted model.
    pub(crate) model: String,
}

/// A file of the sample repository.
#[derive(Debug, Clone)]
pub(crate) struct SampleFile {
    /// From the repository's top.
    pub(crate) path: &'static str,
    pub(crate) content: &'static str,
    pub(crate) is_executable: bool,
}

impl State {
    /// The pipeline with all that belongs to it, as it stands.
    pub(crate) async fn detail(&self, id: PipelineId) -> Result<PipelineDetail, Failure> {
        // The head first: what is loaded after it contains at least everything up to it.
        let seq = self.log.head().await?;
        let pipeline = self.pipeline(id).await?;
        let ports = self.engine.ports();
        let forks = ports.store.forks(id, FORKS_MAX).await?;
        Ok(mapping::pipelines::detail(&pipeline, &forks, seq, ports.clock.now(), &self.markdown))
    }

    pub(crate) async fn pipeline(&self, id: PipelineId) -> Result<Pipeline, Failure> {
        let found = self.engine.ports().store.load(id).await?;
        found.ok_or_else(|| Failure::not_found(format!("pipeline {id}")))
    }

    /// Runs a change to its end, even where the client has gone: what is committed must also be acted on.
    pub(crate) async fn change<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T, Failure> {
        self.changes.spawn(work).await.map_err(|error| Failure::internal("carrying out a change", &error))
    }
}
