//! Two runs on one repository: a warning where they change the same files. Nothing is stopped: which of the two is right only a person knows.

use super::attempt::Visit;
use super::{Runner, RunnerError};
use agency_domain::PipelineId;
use agency_domain::pipelines::{Observation, Pipeline, PipelineFilter};
use std::collections::BTreeSet;

/// Runs on one repository that are looked at; more than run at once anywhere.
const RUNS_MAX: u32 = 50;

/// A run whose files are changed here, too.
pub(super) struct Overlap {
    with: PipelineId,
    title: String,
    files: Vec<String>,
}

impl Runner {
    /// The runs that have not ended and change some of the files that this attempt changed.
    pub(super) async fn overlaps(&self, pipeline: &Pipeline, changed: &[String]) -> Result<Vec<Overlap>, RunnerError> {
        let mut overlaps = Vec::new();
        if changed.is_empty() {
            return Ok(overlaps);
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
            let files: Vec<String> = changed.iter().filter(|file| theirs.contains(*file)).cloned().collect();
            if !files.is_empty() {
                overlaps.push(Overlap { with: other.pipeline.id, title: other.pipeline.title, files });
            }
        }
        Ok(overlaps)
    }

    pub(super) async fn warn_of(&self, overlaps: Vec<Overlap>, visit: &mut Visit) -> Result<(), RunnerError> {
        for Overlap { with, title, files } in overlaps {
            visit.recorder.notice(&format!("Pipeline {with} ({title}) changes the same files: {}", files.join(", "))).await?;
            self.observe(Some(visit.step), Some(visit.attempt), Observation::FilesOverlap { with, files }).await?;
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
