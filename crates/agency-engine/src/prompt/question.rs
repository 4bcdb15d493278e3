//! What a question about finished work is sent with: the record of the attempt, so that a fresh session knows what the one before did.

use super::sections::{Sections, fenced};
use agency_domain::pipelines::{Attempt, AttemptStatus, Pipeline, Question, QuestionOutcome, Receipt, Step};
use agency_domain::transcripts::{PartKind, TranscriptPart};
use serde_json::{Value, json};
use std::fmt::Write;

/// Most bytes of what the attempt was sent: a prompt without its diff is a tenth of this.
const PROMPT_BYTES_MAX: usize = 60_000;
/// Most bytes of what it said and did; the newest counts most.
const TRANSCRIPT_BYTES_MAX: usize = 60_000;
/// Most bytes of one entry of that.
const ENTRY_BYTES_MAX: usize = 2_000;
/// Earlier questions about the same attempt that are shown.
const EARLIER_MAX: usize = 5;

/// What is known of an attempt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    pub(crate) receipt: Option<Receipt>,
    /// Oldest first.
    pub(crate) parts: Vec<TranscriptPart>,
    /// What it committed; empty where it changed nothing.
    pub(crate) diff: String,
}

/// The rules of a session that may look and not touch, for the agent and for the session itself.
pub(crate) fn only_reading() -> Value {
    json!({ "*": "deny", "read": "allow", "grep": "allow", "glob": "allow" })
}

/// The agent's role, as far as it goes for a question.
pub(crate) fn question_role(role: &str) -> String {
    format!(
        "{role}\n\nYour work on this step is over. A person asks you about it. You can read files, and change nothing: whatever your role says about \
         writing, running commands or handing off does not hold now. Answer in Markdown, in a few paragraphs at most. Say what you know from the \
         record or the files, and say so plainly where neither tells."
    )
}

/// The prompt of a question.
pub(crate) fn question_prompt(pipeline: &Pipeline, step: &Step, attempt: &Attempt, question: &Question, record: &Record) -> String {
    let mut sections = Sections::default();
    let (name, number, how) = (step.name(), attempt.number, how_it_ended(attempt));
    let commit = attempt.head_commit.as_ref().unwrap_or(&attempt.base_commit).short();
    sections.push(
        "A question about your work",
        &format!(
            "You were the {name} in attempt {number} of the pipeline “{}”, which {how}. Below is the record of that attempt. Your directory holds \
             the files as of commit {commit}, which is how it left them; what it did not commit is not in it.",
            pipeline.title
        ),
    );
    if let Some(receipt) = &record.receipt {
        sections.push("What you were sent", &fenced("prompt", &beginning(&receipt.prompt, PROMPT_BYTES_MAX)));
    } else {
        sections.push("What was asked for", &super::request(pipeline));
    }
    let done = transcript(&record.parts);
    if !done.is_empty() {
        sections.push("What you said and did", &fenced("transcript", &done));
    }
    if let Some(handoff) = &attempt.handoff {
        sections.push("What you handed on", &fenced("hand-off", &handoff.content_md));
    }
    if !record.diff.is_empty() {
        sections.push("What you changed", &super::diff(&record.diff, "All that this attempt committed."));
    }
    earlier(&mut sections, pipeline, question);
    sections.push("The question", &format!("{} asks:\n\n{}", question.by, fenced("question", &question.text)));
    sections.finish().text
}

fn how_it_ended(attempt: &Attempt) -> String {
    match &attempt.status {
        AttemptStatus::Succeeded => "succeeded".to_owned(),
        AttemptStatus::Failed(failure) => format!("failed: {}", failure.message),
        AttemptStatus::Interrupted => "was interrupted".to_owned(),
        AttemptStatus::Cancelled => "was cancelled".to_owned(),
        AttemptStatus::Starting | AttemptStatus::Running | AttemptStatus::Finishing => "is under way".to_owned(),
    }
}

/// The newest entries that fit, in their order.
fn transcript(parts: &[TranscriptPart]) -> String {
    let mut entries: Vec<String> = Vec::new();
    let mut room = TRANSCRIPT_BYTES_MAX;
    for entry in parts.iter().rev().filter_map(entry) {
        if entry.len() > room {
            entries.push("(what came before is left out)".to_owned());
            break;
        }
        room -= entry.len();
        entries.push(entry);
    }
    entries.reverse();
    entries.join("\n")
}

/// Thinking is not part of the record that a person sees as said.
fn entry(part: &TranscriptPart) -> Option<String> {
    let short = |text: &str| beginning(text.trim(), ENTRY_BYTES_MAX);
    match part.kind {
        PartKind::Text => Some(format!("You said: {}", short(&part.text))),
        PartKind::Notice => Some(format!("Notice: {}", short(&part.text))),
        PartKind::Tool => {
            let input = part.input.as_ref().map(Value::to_string).unwrap_or_default();
            let output = part.output.as_deref().map(|output| format!("\n  → {}", short(output))).unwrap_or_default();
            Some(format!("You used {} {}{output}", part.tool.as_deref().unwrap_or("a tool"), short(&input)))
        }
        PartKind::Reasoning => None,
    }
}

fn earlier(sections: &mut Sections, pipeline: &Pipeline, question: &Question) {
    let same = pipeline.questions.iter().filter(|earlier| earlier.attempt == question.attempt && earlier.id != question.id);
    let answered = same.filter_map(|earlier| {
        let end = earlier.end.as_ref().filter(|end| end.outcome == QuestionOutcome::Answered)?;
        Some((&earlier.text, &end.text))
    });
    let answered: Vec<_> = answered.collect();
    let mut body = String::new();
    for (asked, answer) in &answered[answered.len().saturating_sub(EARLIER_MAX)..] {
        let _ = write!(body, "Asked: {}\nYou answered: {}\n\n", beginning(asked, ENTRY_BYTES_MAX), beginning(answer, ENTRY_BYTES_MAX));
    }
    if !body.is_empty() {
        sections.push("Asked before", &fenced("conversation", &body));
    }
}

/// As much of a text as fits, and a word where something is left out.
fn beginning(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    format!("{}\n(the rest is left out)", &text[..text.floor_char_boundary(bytes_max)])
}
