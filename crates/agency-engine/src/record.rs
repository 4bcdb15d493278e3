//! How the newest runs of a template ended, and what became of an agent's results in them.

use crate::forecast::{amounts, median, seconds};
use crate::{Engine, UseCaseError};
use agency_domain::pipelines::{PipelineFilter, PipelineStatus, PipelineSummary};
use agency_domain::{Cost, PipelineId};
use jiff::SignedDuration;

/// The runs that a record holds, and no older ones.
const RUNS_MAX: u32 = 30;

/// How the newest runs of a template ended, and what those that succeeded took.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateRecord {
    /// The newest first. A run that is under way has no end yet, and is not among them.
    pub runs: Vec<RecordedRun>,
    /// From start to end, waiting for people included; the middle one of those that succeeded.
    pub duration: Option<SignedDuration>,
    /// The middle one of those that succeeded; `None` where none has, or where the cost of one is unknown.
    pub cost: Option<Cost>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRun {
    pub pipeline: PipelineId,
    pub title: String,
    pub status: PipelineStatus,
}

/// What became of an agent's results in the newest pipelines of whose chains it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AgentRecord {
    /// Pipelines in which it handed something on.
    pub runs: usize,
    /// Results that met a gate behind its step: a person's decision, a verdict or a check.
    pub judged: usize,
    /// Those of them that passed it.
    pub passed: usize,
}

impl Engine {
    /// The record of an agent; empty where it has handed nothing on.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn agent_record(&self, agent: &str) -> Result<AgentRecord, UseCaseError> {
        let filter = PipelineFilter { agent: Some(agent.to_owned()), ..PipelineFilter::default() };
        let mut record = AgentRecord::default();
        for run in self.shared.ports.store.list(&filter, None, RUNS_MAX).await? {
            let judged = self.shared.load(run.pipeline.id).await?.judged(agent);
            record.runs += usize::from(!judged.is_empty());
            record.judged += judged.iter().flatten().count();
            record.passed += judged.iter().flatten().filter(|passed| **passed).count();
        }
        Ok(record)
    }

    /// The record of a template; empty where nothing of that name has ended.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn record(&self, template: &str) -> Result<TemplateRecord, UseCaseError> {
        let statuses = ["succeeded", "failed", "cancelled"].map(String::from).to_vec();
        let filter = PipelineFilter { statuses, template: Some(template.to_owned()), ..PipelineFilter::default() };
        Ok(record_of(&self.shared.ports.store.list(&filter, None, RUNS_MAX).await?))
    }
}

fn record_of(runs: &[PipelineSummary]) -> TemplateRecord {
    let succeeded: Vec<_> = runs.iter().filter(|run| run.pipeline.status == PipelineStatus::Succeeded).collect();
    let run = |run: &PipelineSummary| RecordedRun {
        pipeline: run.pipeline.id,
        title: run.pipeline.title.clone(),
        status: run.pipeline.status.clone(),
    };
    TemplateRecord {
        runs: runs.iter().map(run).collect(),
        duration: median(seconds(&succeeded).collect()).map(SignedDuration::from_secs_f64),
        cost: amounts(&succeeded).and_then(median).map(Cost::Known),
    }
}
