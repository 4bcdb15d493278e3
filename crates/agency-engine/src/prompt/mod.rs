//! Composes what a step is sent. Pure: from the pipeline as it stands, and the diff where there is one to review.
//!
//! The order of the sections is the product's promise: the original request verbatim in every step, then what came of the steps before.
//! What other agents wrote is fenced as data. Role and rules go as the agent's system prompt; the receipt keeps both.

mod question;
mod sections;

use crate::branch::{files_of, path_of};
use agency_domain::agents::{Access, Agent};
use agency_domain::attachments::{Attachment, size_in_words};
use agency_domain::pipelines::{Pipeline, Steer, Step};
use agency_domain::templates::StepKind;
pub(crate) use question::{Record, only_reading, question_prompt, question_role};
use sections::Sections;

/// A composed prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Composed {
    pub(crate) text: String,
    /// Ids of criteria, decisions, findings and people's comments that it carries, each once.
    pub(crate) ids: Vec<String>,
    /// Those of which the hand-off has to say something: grave findings that are to be settled, and what people said.
    pub(crate) to_answer_for: Vec<String>,
}

/// What the composer cannot read from the pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Extras {
    pub(crate) diff: Diff,
    /// Why an earlier attempt at this step did not end, for a fresh start.
    pub(crate) earlier_failure: Option<String>,
}

/// What a reviewer is shown of the branch: a unified diff, empty where nothing has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Diff {
    /// Nobody reviews here.
    #[default]
    None,
    /// All of the branch against its base.
    Whole(String),
    /// What has changed since this reviewer looked last.
    Delta(String),
}

impl Diff {
    /// The files of a delta.
    pub(crate) fn delta_files(&self) -> Option<Vec<String>> {
        match self {
            Self::None | Self::Whole(_) => None,
            Self::Delta(diff) => Some(files_of(diff).into_iter().map(|file| path_of(file).to_owned()).collect()),
        }
    }
}

/// Most bytes of a diff in a prompt. A longer one is cut between files, and the prompt says which files are left out; the agent reads
/// them in the worktree.
const DIFF_BYTES_MAX: usize = 200_000;

/// What a delta is, in the reviewer's words.
const DELTA: &str =
    "Only what has changed since you reviewed last; the files are in the worktree as they stand now. Judge this and the open findings.";

/// Composes the prompt of the next attempt at `step`.
pub(crate) fn compose(pipeline: &Pipeline, step: &Step, agent: &Agent, extras: &Extras) -> Composed {
    let mut sections = Sections::default();
    sections.push("Original request", &(request(pipeline) + &attached(&pipeline.attachments)));
    sections.criteria(pipeline);
    sections.decisions(pipeline);
    sections.handoffs(pipeline, step);
    sections.findings(pipeline, step);
    sections.comments(pipeline, step);
    sections.failed_check(pipeline, step);
    match &extras.diff {
        Diff::None => {}
        Diff::Whole(text) => sections.push("Diff to review", &diff(text, "All changes of this branch against its base.")),
        Diff::Delta(text) => sections.push("What changed since your last review", &diff(text, DELTA)),
    }
    sections.push("Your task now", &task(pipeline, step, agent, extras));
    sections.finish()
}

fn request(pipeline: &Pipeline) -> String {
    let title =
        if pipeline.description.trim_start().starts_with(&pipeline.title) { String::new() } else { format!("{}\n\n", pipeline.title) };
    format!("{title}<request>\n{}\n</request>", pipeline.description)
}

/// The files that are sent beside the prompt, so that whoever cannot see one knows that it is missing.
fn attached(attachments: &[Attachment]) -> String {
    if attachments.is_empty() {
        return String::new();
    }
    let line = |file: &Attachment| format!("- `{}` ({}, {})\n", file.name, file.media_type, size_in_words(file.size));
    let lines: String = attachments.iter().map(line).collect();
    format!("\n\nAttached to the request, and to this message; the files are not in the worktree:\n\n{lines}")
}

fn diff(diff: &str, what: &str) -> String {
    if diff.is_empty() {
        return "Nothing has changed on the branch.".to_owned();
    }
    let (shown, left_out) = cut_between_files(diff);
    let mut text = format!("{what}\n\n{}", sections::fenced("diff", &shown));
    if !left_out.is_empty() {
        text.push_str("\n\nThe diff is too long to show whole. Not shown above, so read these files in the worktree:\n");
        for file in left_out {
            text.push_str(&format!("- `{file}`\n"));
        }
    }
    text
}

/// As many whole files as fit, and the names of the others.
fn cut_between_files(diff: &str) -> (String, Vec<String>) {
    if diff.len() <= DIFF_BYTES_MAX {
        return (diff.to_owned(), Vec::new());
    }
    let mut shown = String::new();
    let mut left_out = Vec::new();
    for file in files_of(diff) {
        if shown.len() + file.len() <= DIFF_BYTES_MAX {
            shown.push_str(file);
        } else {
            left_out.push(path_of(file).to_owned());
        }
    }
    (shown, left_out)
}

fn task(pipeline: &Pipeline, step: &Step, agent: &Agent, extras: &Extras) -> String {
    let mut text = step.plan.description.clone().unwrap_or_else(|| default_task(agent));
    match sections::open_findings(pipeline, step) {
        Some(open) if open.own => text.push_str(
            "\n\nThis is a later round: judge first whether each open finding above is settled, and keep its id. Raise a new finding only where \
             what has changed since gives reason for it, or say why it was not raised before.",
        ),
        Some(_) => text.push_str(
            "\n\nThis is a fix round: settle each open finding above, and nothing else. Say in your hand-off, finding by finding, what you did.",
        ),
        None => {}
    }
    if let Some(failure) = &extras.earlier_failure {
        text.push_str(&format!(
            "\n\nAn earlier attempt at this step did not end: {failure}. The worktree is back where that attempt began; start afresh."
        ));
    }
    text.push_str(&format!("\n\nYou work in the worktree of the branch `{}`. ", pipeline.branch));
    text.push_str(match agent.access {
        Access::ReadOnly => "You may read everything in it and change nothing: a change of any file fails this step.",
        Access::Write => "Change files there and nowhere else. Do not commit, push or switch branches: your work is committed for you.",
    });
    text.push_str("\n\nEnd by calling the tool `agency_submit_handoff` exactly once");
    text.push_str(if verdict_required(step, agent) { ", with `verdict` (`approved`, `changes_requested` or `blocked`)." } else { "." });
    text.push_str(" List in `acknowledged` the ids above that you took into account.");
    text
}

fn default_task(agent: &Agent) -> String {
    format!("Do your part as the {}: {}", agent.name, agent.description)
}

/// Whether a step must have a verdict: its agent reviews, or its template says where changes go.
pub(crate) fn verdict_required(step: &Step, agent: &Agent) -> bool {
    agent.reviews || matches!(&step.plan.kind, StepKind::Agent { on_changes_requested: Some(_), .. })
}

/// What the agent reads in the middle of its run.
pub(crate) fn steer_text(steer: &Steer) -> String {
    format!(
        "## A person's comment\n\n{} says, while you work:\n\n{}\n\nTake it into account and go on. It wins over everything that is older; your \
         task and the way to hand off stay the same.",
        steer.by,
        sections::fenced("comment", &steer.text)
    )
}

/// Asks once more, in the same session, for a hand-off that was missing or did not fit.
pub(crate) fn reask(fault: &str, verdict_required: bool) -> String {
    let fields = if verdict_required { "`summary`, `outcome` and `verdict`" } else { "`summary` and `outcome`" };
    format!(
        "Your hand-off is missing, incomplete or cannot be read: {fault}.\n\nCall the tool `agency_submit_handoff` now, with {fields}. If the tool is not \
         offered to you, end with one fenced ```json block that has the same fields. Do no other work."
    )
}

#[cfg(test)]
mod tests;
