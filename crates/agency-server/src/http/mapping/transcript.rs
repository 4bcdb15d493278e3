//! Parts of transcripts, and receipts.

use super::escapes::without_escapes;
use super::time;
use crate::diff::escaped;
use crate::state::State;
use agency_contract as wire;
use agency_domain::pipelines::Receipt;
use agency_domain::transcripts::{PartKind, PartState, TranscriptPart, excerpt};
use std::borrow::Cow;

/// A part with the sequence of its newest change. One with a long diff takes its time: not for a thread that answers others.
pub(crate) fn part(seq: i64, part: &TranscriptPart, state: &State) -> wire::TranscriptPart {
    let is_finished_text = part.kind == PartKind::Text && part.state == PartState::Done;
    let changed = part.diff.as_deref().map(|diff| state.diff_rows.of_tool(diff));
    wire::TranscriptPart {
        seq,
        pipeline_id: part.pipeline_id.0,
        step_id: part.step_id.0,
        attempt_id: part.attempt_id.0,
        part_id: part.part_id.clone(),
        ordinal: part.ordinal,
        kind: kind(part.kind),
        state: part_state(part.state),
        html: is_finished_text.then(|| state.markdown.html(&part.text).to_string()),
        text: part.text.clone(),
        tool: part.tool.clone(),
        input: part.input.clone(),
        output: part.output.as_deref().map(|output| without_escapes(output).into_owned()),
        diff: part.diff.clone(),
        rows: changed.as_ref().map(|changed| changed.rows.to_string()),
        additions: changed.as_ref().map(|changed| changed.additions),
        deletions: changed.as_ref().map(|changed| changed.deletions),
        took_ms: part.took_ms,
        at: time(part.at),
    }
}

pub(crate) fn kind(kind: PartKind) -> wire::PartKind {
    match kind {
        PartKind::Text => wire::PartKind::Text,
        PartKind::Reasoning => wire::PartKind::Reasoning,
        PartKind::Tool => wire::PartKind::Tool,
        PartKind::Notice => wire::PartKind::Notice,
    }
}

fn part_state(state: PartState) -> wire::PartState {
    match state {
        PartState::Open => wire::PartState::Open,
        PartState::Done => wire::PartState::Done,
        PartState::Error => wire::PartState::Error,
    }
}

/// A part that was found by words, or by what it is alone.
pub(crate) fn found(part: &TranscriptPart, words: Option<&str>) -> wire::FoundPart {
    // Cut first, a line could begin or end within a sequence.
    let shown = match part.output.as_deref().map(without_escapes) {
        Some(Cow::Owned(output)) => Cow::Owned(TranscriptPart { output: Some(output), ..part.clone() }),
        Some(Cow::Borrowed(_)) | None => Cow::Borrowed(part),
    };
    let line = excerpt(&shown, words);
    let mut html = String::new();
    escaped(&mut html, &line.before);
    if !line.found.is_empty() {
        html.push_str("<mark>");
        escaped(&mut html, &line.found);
        html.push_str("</mark>");
    }
    escaped(&mut html, &line.behind);
    wire::FoundPart {
        step_id: part.step_id.0,
        attempt_id: part.attempt_id.0,
        part_id: part.part_id.clone(),
        ordinal: part.ordinal,
        kind: kind(part.kind),
        state: part_state(part.state),
        tool: part.tool.clone(),
        excerpt: [line.before, line.found, line.behind].concat(),
        html,
        at: time(part.at),
    }
}

pub(crate) fn receipt(receipt: Receipt) -> wire::Receipt {
    wire::Receipt {
        attempt_id: receipt.attempt_id.0,
        size: receipt.prompt.len() as u64,
        prompt: receipt.prompt,
        role: receipt.role,
        sha256: receipt.sha256,
        ids: receipt.ids,
        attachments: receipt.attachments.into_iter().map(super::attachments::sent).collect(),
        created_at: time(receipt.created_at),
    }
}
