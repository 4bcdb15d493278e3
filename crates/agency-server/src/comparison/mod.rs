//! Two pipelines side by side. Pure; called by `http::compare`.

mod files;
mod rows;

pub(crate) use files::Changes;

use crate::http::mapping;
use agency_contract as wire;
use agency_domain::Timestamp;
use agency_domain::pipelines::{Pipeline, Step};

/// More files than anybody compares by eye.
const FILES_MAX: usize = 1_000;

/// One of the two.
pub(crate) struct Side<'a> {
    pub(crate) pipeline: &'a Pipeline,
    /// Place in the chain of the step that a fork comes from, from 0.
    pub(crate) forked_after: Option<usize>,
}

/// `changes` is a sentence where git does not know them.
pub(crate) fn comparison(left: &Side<'_>, right: &Side<'_>, changes: Result<&Changes, String>, now: Timestamp) -> wire::Comparison {
    let known = changes.as_ref().ok().copied();
    let rows = rows::rows(
        &rows::Figures::of(left.pipeline, known.map(|changes| changes.left.as_slice()), now),
        &rows::Figures::of(right.pipeline, known.map(|changes| changes.right.as_slice()), now),
    );
    let mut files = known.map(files::compared).unwrap_or_default();
    let files_total = u32::try_from(files.len()).unwrap_or(u32::MAX);
    files.truncate(FILES_MAX);
    wire::Comparison { left: head(left), right: head(right), rows, files, files_total, files_unknown: changes.err() }
}

fn head(side: &Side<'_>) -> wire::ComparedPipeline {
    let pipeline = side.pipeline;
    let taken_over = |step: &&Step| step.attempts.iter().any(|attempt| attempt.copied_from.is_some());
    let steps = match pipeline.steps.iter().filter(taken_over).count() {
        1 => "The step".to_owned(),
        count => format!("The {count} steps"),
    };
    let verb = if steps == "The step" { "is" } else { "are" };
    wire::ComparedPipeline {
        id: pipeline.id.0,
        title: pipeline.title.clone(),
        status: mapping::pipelines::status(&pipeline.status).0,
        template: pipeline.template.to_string(),
        model: pipeline.model.as_ref().map(ToString::to_string),
        scripted: pipeline.is_scripted(),
        branch: pipeline.branch.to_string(),
        base_commit: pipeline.base_commit.to_string(),
        head_commit: pipeline.head_commit.to_string(),
        forked_from: pipeline.forked_from.map(|origin| wire::ComparedOrigin {
            pipeline_id: origin.pipeline.0,
            step: side.forked_after.and_then(|index| u32::try_from(index + 1).ok()),
        }),
        note: pipeline.forked_from.map(|origin| {
            format!("{steps} taken over from pipeline {} {verb} not counted in time, attempts, tokens and cost.", origin.pipeline)
        }),
    }
}
