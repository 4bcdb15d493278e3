//! Parts of transcripts, and receipts.

use super::time;
use crate::state::State;
use agency_contract as wire;
use agency_domain::pipelines::Receipt;
use agency_domain::transcripts::{PartKind, PartState, TranscriptPart};

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
        state: match part.state {
            PartState::Open => wire::PartState::Open,
            PartState::Done => wire::PartState::Done,
            PartState::Error => wire::PartState::Error,
        },
        html: is_finished_text.then(|| state.markdown.html(&part.text).to_string()),
        text: part.text.clone(),
        tool: part.tool.clone(),
        input: part.input.clone(),
        output: part.output.clone(),
        diff: part.diff.clone(),
        rows: changed.as_ref().map(|changed| changed.rows.to_string()),
        additions: changed.as_ref().map(|changed| changed.additions),
        deletions: changed.as_ref().map(|changed| changed.deletions),
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

pub(crate) fn receipt(receipt: Receipt) -> wire::Receipt {
    wire::Receipt {
        attempt_id: receipt.attempt_id.0,
        size: receipt.prompt.len() as u64,
        prompt: receipt.prompt,
        role: receipt.role,
        sha256: receipt.sha256,
        ids: receipt.ids,
        created_at: time(receipt.created_at),
    }
}
