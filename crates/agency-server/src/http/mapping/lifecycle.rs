//! Dry runs, forecasts, clean-up.

use super::{pipelines, steps};
use agency_contract as wire;
use agency_domain::templates::StepKind;
use agency_engine::{Band, CleanedUp, Forecast, Rehearsal, RehearsedStep};

/// `command` starts the same from a shell.
pub(crate) fn dry_run(rehearsal: &Rehearsal, command: Option<String>) -> wire::DryRun {
    let pipeline = &rehearsal.pipeline;
    wire::DryRun {
        title: pipeline.title.clone(),
        template: pipeline.template.to_string(),
        base_commit: pipeline.base_commit.to_string(),
        budget: pipelines::budget(&rehearsal.budget),
        steps: rehearsal.steps.iter().map(|each| step(rehearsal, each)).collect(),
        command,
    }
}

fn step(rehearsal: &Rehearsal, rehearsed: &RehearsedStep) -> wire::DryRunStep {
    let pipeline = &rehearsal.pipeline;
    let index = pipeline.index_of(rehearsed.step).expect("a step of the rehearsed pipeline");
    let step = &pipeline.steps[index];
    wire::DryRunStep {
        order_index: u32::try_from(index).unwrap_or(u32::MAX),
        kind: match step.plan.kind {
            StepKind::Agent { .. } => wire::StepKind::Agent,
            StepKind::Check(_) => wire::StepKind::Check,
            StepKind::Approval { .. } => wire::StepKind::Approval,
        },
        name: step.name().to_owned(),
        model: pipeline.model_for(step).filter(|_| step.agent().is_some()).map(ToString::to_string),
        role: rehearsed.role.clone(),
        prompt: rehearsed.prompt.clone(),
        prompt_bytes: rehearsed.prompt.as_ref().map(|prompt| prompt.len() as u64),
        commands: rehearsed.commands.clone(),
        question: rehearsed.question.clone(),
        back: rehearsed.back.as_ref().map(steps::way_back),
    }
}

pub(crate) fn forecast(forecast: &Forecast) -> wire::Forecast {
    wire::Forecast {
        runs: u32::try_from(forecast.runs).unwrap_or(u32::MAX),
        tokens: Some(band(forecast.tokens)),
        money: forecast.money.map(band),
        minutes: Some(band(forecast.minutes)),
    }
}

fn band(Band { low, median, high }: Band) -> wire::Band {
    wire::Band { low, median, high }
}

pub(crate) fn cleaned_up(cleaned: &CleanedUp) -> wire::CleanedUpPipeline {
    wire::CleanedUpPipeline {
        pipeline_id: cleaned.pipeline.0,
        title: cleaned.title.clone(),
        worktree: cleaned.worktree.to_string_lossy().into_owned(),
        removed_worktree: cleaned.removed_worktree,
        removed_branch: cleaned.removed_branch,
        removed_home_bytes: cleaned.removed_home,
        reasons: cleaned.reasons.clone(),
    }
}
