//! What a run of a template will probably use: a band from past runs, or nothing where there are too few.

use crate::{Engine, UseCaseError};
use agency_domain::pipelines::{PipelineFilter, PipelineSummary};

/// Fewer past runs than this say nothing.
const RUNS_MIN: usize = 3;
/// The newest runs that count: templates and models change.
const RUNS_MAX: u32 = 50;

/// What past runs of a template used.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// How many runs it is made from.
    pub runs: usize,
    pub tokens: Band,
    /// `None` where a run's cost is unknown.
    pub money: Option<Band>,
    /// From start to end, waiting for people included.
    pub minutes: Band,
}

/// Nine of ten runs stayed below `high`, one of ten below `low`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Engine {
    /// The band of a template, from runs that succeeded.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn forecast(&self, template: &str) -> Result<Option<Forecast>, UseCaseError> {
        let filter =
            PipelineFilter { statuses: vec!["succeeded".into()], template: Some(template.to_owned()), ..PipelineFilter::default() };
        let runs = self.shared.ports.store.list(&filter, None, RUNS_MAX).await?;
        let own: Vec<&PipelineSummary> = runs.iter().filter(|run| run.pipeline.forked_from.is_none()).collect();
        Ok(forecast_of(&own))
    }
}

fn forecast_of(runs: &[&PipelineSummary]) -> Option<Forecast> {
    if runs.len() < RUNS_MIN {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a forecast needs no more than 53 bits")]
    let tokens = |run: &&PipelineSummary| run.usage.tokens.total() as f64;
    Some(Forecast {
        runs: runs.len(),
        tokens: band(runs.iter().map(tokens).collect())?,
        money: amounts(runs).and_then(band),
        minutes: band(seconds(runs).map(|seconds| seconds / 60.0).collect())?,
    })
}

/// From start to end, of each run that has both.
pub(crate) fn seconds(runs: &[&PipelineSummary]) -> impl Iterator<Item = f64> {
    runs.iter().filter_map(|run| Some(run.pipeline.finished_at?.duration_since(run.pipeline.started_at?).as_secs_f64()))
}

/// In US dollars; `None` where the cost of one is unknown.
pub(crate) fn amounts(runs: &[&PipelineSummary]) -> Option<Vec<f64>> {
    runs.iter().map(|run| run.usage.cost.amount()).collect()
}

/// The middle one.
pub(crate) fn median(values: Vec<f64>) -> Option<f64> {
    band(values).map(|band| band.median)
}

fn band(mut values: Vec<f64>) -> Option<Band> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let at = |tenths: usize| values[(last * tenths + 5) / 10];
    Some(Band { low: at(1), median: at(5), high: at(9) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_is_made_of_values_that_were() {
        let ten = band((1..=11).rev().map(f64::from).collect()).unwrap();
        assert_eq!(ten, Band { low: 2.0, median: 6.0, high: 10.0 });
        assert_eq!(band(vec![4.0]).unwrap(), Band { low: 4.0, median: 4.0, high: 4.0 });
        assert_eq!(band(Vec::new()), None);
    }
}
