//! How the use cases reach a runner: to end its agent, or to look at what has changed.

use agency_domain::PipelineId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The signals of the pipelines that have a runner here.
#[derive(Default)]
pub(crate) struct Signals {
    by_pipeline: Mutex<HashMap<PipelineId, Signal>>,
}

/// The signals of one pipeline.
#[derive(Clone, Default)]
pub(crate) struct Signal {
    /// It is recorded already that the attempt has ended (a cancellation, a pause): only the processes are left to end.
    pub(crate) end: CancellationToken,
    /// A person has said or answered something: look at the pipeline.
    pub(crate) nudge: Arc<Notify>,
}

impl Signals {
    /// Tells the runner, if there is one, to end its agent now.
    pub(crate) fn end(&self, pipeline: PipelineId) {
        if let Some(signal) = self.lock().get(&pipeline) {
            signal.end.cancel();
        }
    }

    /// Tells the runner, if there is one, to look at its pipeline.
    pub(crate) fn nudge(&self, pipeline: PipelineId) {
        if let Some(signal) = self.lock().get(&pipeline) {
            signal.nudge.notify_one();
        }
    }

    pub(crate) fn register(&self, pipeline: PipelineId) -> Signal {
        let signal = Signal::default();
        self.lock().insert(pipeline, signal.clone());
        signal
    }

    pub(crate) fn forget(&self, pipeline: PipelineId) {
        self.lock().remove(&pipeline);
    }

    pub(crate) fn is_active(&self, pipeline: PipelineId) -> bool {
        self.lock().contains_key(&pipeline)
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PipelineId, Signal>> {
        self.by_pipeline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
