//! The figures of two pipelines, and which of each two is better.

use crate::figures;
use agency_contract::words::duration;
use agency_contract::{ComparedSide, ComparisonRow, DiffFile};
use agency_domain::pipelines::{Attempt, Pipeline, PipelineStatus};
use agency_domain::{CommitId, Timestamp, Usage};
use std::collections::HashMap;

/// What is compared of a pipeline.
pub(super) struct Figures {
    state: &'static str,
    has_succeeded: bool,
    steps_passed: u64,
    steps: u64,
    attempts: u64,
    time_ms: u64,
    usage: Usage,
    checks_passed: u64,
    checks_failed: u64,
    criteria_met: u64,
    criteria: u64,
    findings_open: u64,
    reviews: u64,
    commits: u64,
    /// Lines added, lines removed, files.
    changed: Option<(u64, u64, u64)>,
}

/// Which way a figure is better.
#[derive(Clone, Copy)]
enum Better {
    More,
    Less,
    Neither,
}

impl Figures {
    pub(super) fn of(pipeline: &Pipeline, files: Option<&[DiffFile]>, now: Timestamp) -> Self {
        let until = pipeline.finished_at.unwrap_or(now);
        let spent = pipeline.spent(until);
        let carried_out = || pipeline.steps.iter().flat_map(|step| &step.attempts).filter(|attempt| attempt.copied_from.is_none());
        let checks = || pipeline.steps.iter().filter_map(|step| step.attempts.last()).flat_map(|attempt| &attempt.checks);
        let criteria = || pipeline.criteria.iter().filter(|criterion| !criterion.withdrawn);
        let is_met =
            |criterion: &&agency_domain::criteria::Criterion| criterion.accepted.is_some() || criterion.is_proven(&pipeline.head_commit);
        Self {
            state: state(&pipeline.status),
            has_succeeded: pipeline.status == PipelineStatus::Succeeded,
            steps_passed: count(pipeline.steps.iter().filter(|step| step.is_done())),
            steps: pipeline.steps.len() as u64,
            attempts: u64::from(spent.attempts),
            time_ms: u64::try_from(spent.time.as_millis()).unwrap_or(u64::MAX),
            usage: spent.usage,
            checks_passed: count(checks().filter(|check| check.passed())),
            checks_failed: count(checks().filter(|check| !check.passed())),
            criteria_met: count(criteria().filter(is_met)),
            criteria: count(criteria()),
            findings_open: count(pipeline.findings.iter().filter(|finding| finding.is_open())),
            reviews: count(carried_out().filter(|attempt| attempt.verdict.is_some())),
            commits: commits(pipeline),
            changed: files.map(|files| {
                let sum = |of: fn(&DiffFile) -> u32| files.iter().map(|file| u64::from(of(file))).sum();
                (sum(|file| file.additions), sum(|file| file.deletions), files.len() as u64)
            }),
        }
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    items.count() as u64
}

fn state(status: &PipelineStatus) -> &'static str {
    match status {
        PipelineStatus::WaitingForApproval => "waiting for approval",
        other => other.as_str(),
    }
}

/// Each attempt that changed something made one: those that lead from the tip to the base.
fn commits(pipeline: &Pipeline) -> u64 {
    let made: HashMap<&CommitId, &Attempt> = pipeline
        .steps
        .iter()
        .flat_map(|step| &step.attempts)
        .filter_map(|attempt| Some((attempt.head_commit.as_ref()?, attempt)))
        .filter(|(head, attempt)| **head != attempt.base_commit)
        .collect();
    let before = |commit: &&CommitId| made.get(*commit).map(|attempt| &attempt.base_commit);
    // A chain is never longer than the number of its links, whatever a row says.
    let links = std::iter::successors(Some(&pipeline.head_commit), before).take(made.len() + 1);
    count(links).saturating_sub(1)
}

pub(super) fn rows(left: &Figures, right: &Figures) -> Vec<ComparisonRow> {
    let number = |what: &str, better, of: &dyn Fn(&Figures) -> u64| {
        row(what, (figures::count(of(left)), figures::count(of(right))), side(better, Some(of(left)), Some(of(right))))
    };
    let text = |what: &str, of: &dyn Fn(&Figures) -> String, better| row(what, (of(left), of(right)), better);
    let by = |better, of: &dyn Fn(&Figures) -> Option<u64>| side(better, of(left), of(right));
    let changed = |what: &str, of: &dyn Fn((u64, u64, u64)) -> String| {
        let shown = |figures: &Figures| figures.changed.map_or_else(|| "unknown".to_owned(), of);
        row(what, (shown(left), shown(right)), None)
    };
    let time = |figures: &Figures| duration(i64::try_from(figures.time_ms).unwrap_or(i64::MAX));
    vec![
        text("State", &|of| of.state.to_owned(), by(Better::More, &|of| Some(u64::from(of.has_succeeded)))),
        text("Steps passed", &|of| format!("{} of {}", of.steps_passed, of.steps), by(Better::More, &|of| Some(of.steps_passed))),
        number("Attempts", Better::Less, &|of| of.attempts),
        text("Time at work", &time, by(Better::Less, &|of| Some(of.time_ms))),
        number("Tokens", Better::Less, &|of| of.usage.tokens.total()),
        text("Cost", &|of| figures::money(of.usage.cost), cheaper(left, right)),
        text("Checks", &checks, by(Better::Less, &|of| (of.checks_passed + of.checks_failed > 0).then_some(of.checks_failed))),
        text("Criteria met", &|of| format!("{} of {}", of.criteria_met, of.criteria), by(Better::More, &|of| Some(of.criteria_met))),
        number("Findings open", Better::Less, &|of| of.findings_open),
        number("Reviews", Better::Less, &|of| of.reviews),
        changed("Lines", &|(added, removed, _)| format!("+{} −{}", figures::count(added), figures::count(removed))),
        changed("Files changed", &|(_, _, files)| figures::count(files)),
        number("Commits", Better::Neither, &|of| of.commits),
    ]
}

fn checks(figures: &Figures) -> String {
    match (figures.checks_passed, figures.checks_failed) {
        (0, 0) => "none".to_owned(),
        (passed, 0) => format!("{passed} passed"),
        (passed, failed) => format!("{passed} passed, {failed} failed"),
    }
}

fn row(what: &str, (left, right): (String, String), better: Option<ComparedSide>) -> ComparisonRow {
    ComparisonRow { what: what.to_owned(), left, right, better }
}

fn side(better: Better, left: Option<u64>, right: Option<u64>) -> Option<ComparedSide> {
    let (left, right) = left.zip(right).filter(|(left, right)| left != right)?;
    let is_left = match better {
        Better::More => left > right,
        Better::Less => left < right,
        Better::Neither => return None,
    };
    Some(if is_left { ComparedSide::Left } else { ComparedSide::Right })
}

/// What is unknown is not cheap.
fn cheaper(left: &Figures, right: &Figures) -> Option<ComparedSide> {
    let (left, right) = left.usage.cost.amount().zip(right.usage.cost.amount())?;
    match left.total_cmp(&right) {
        std::cmp::Ordering::Less => Some(ComparedSide::Left),
        std::cmp::Ordering::Greater => Some(ComparedSide::Right),
        std::cmp::Ordering::Equal => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_and_differs_is_better() {
        assert_eq!(side(Better::Less, Some(1), Some(2)), Some(ComparedSide::Left));
        assert_eq!(side(Better::More, Some(1), Some(2)), Some(ComparedSide::Right));
        for (better, left, right) in [(Better::Less, Some(2), Some(2)), (Better::Less, None, Some(2)), (Better::Neither, Some(1), Some(2))]
        {
            assert_eq!(side(better, left, right), None);
        }
    }
}
