//! Two runs on one repository: a warning where they change the same files. Nothing is stopped: which of the two is right only a person knows.

use super::attempt::Visit;
use super::{Runner, RunnerError};
use agency_domain::pipelines::{Observation, Pipeline, PipelineFilter};
use std::collections::BTreeSet;

/// Runs on one repository that are looked at; more than run at once anywhere.
const RUNS_MAX: u32 = 50;

impl Runner {
    /// Warns where files that this attempt changed are changed by another run that has not ended.
    pub(super) async fn warn_of_overlap(&self, pipeline: &Pipeline, visit: &mut Visit, changed: &[String]) -> Result<(), RunnerError> {
        if changed.is_empty() {
            return Ok(());
        }
        let filter = PipelineFilter {
            statuses: ["queued", "running", "waiting_for_approval", "paused"].map(str::to_owned).into(),
            repo: Some(pipeline.repo.clone()),
            ..PipelineFilter::default()
        };
        for other in self.shared.ports.store.list(&filter, None, RUNS_MAX).await? {
            if other.pipeline.id == pipeline.id {
                continue;
            }
            let theirs = files_of(&self.shared.load(other.pipeline.id).await?);
            let both: Vec<String> = changed.iter().filter(|file| theirs.contains(*file)).cloned().collect();
            if both.is_empty() {
                continue;
            }
            let (with, title) = (other.pipeline.id, &other.pipeline.title);
            visit.recorder.notice(&format!("Pipeline {with} ({title}) changes the same files: {}", both.join(", "))).await?;
            let what = Observation::FilesOverlap { with, files: both };
            self.observe(Some(visit.step), Some(visit.attempt), what).await?;
        }
        Ok(())
    }
}

fn files_of(pipeline: &Pipeline) -> BTreeSet<String> {
    let attempts = pipeline.steps.iter().flat_map(|step| &step.attempts);
    attempts
        .filter_map(|attempt| attempt.handoff.as_ref())
        .flat_map(|handoff| handoff.record.engine.files_changed.iter().cloned())
        .collect()
}
