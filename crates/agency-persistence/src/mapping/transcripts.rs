//! Transcript parts to rows, and back.

use super::{Row, json_of, time_of, word_of};
use crate::rows::transcript_parts::Model;
use agency_domain::pipelines::{Fact, Recorded, StoreError};
use agency_domain::transcripts::{FinishedCall, PartTime, StoredPart, TranscriptPart};
use agency_domain::{AttemptId, PipelineId, StepId};

pub(crate) fn row_of(seq: i64, part: &TranscriptPart) -> Model {
    Model {
        attempt_id: part.attempt_id.0,
        part_id: part.part_id.clone(),
        pipeline_id: part.pipeline_id.0,
        step_id: part.step_id.0,
        ordinal: i64::from(part.ordinal),
        seq,
        kind: word_of(&part.kind),
        state: word_of(&part.state),
        text: part.text.clone(),
        tool: part.tool.clone(),
        input_json: part.input.as_ref().map(json_of),
        output: part.output.clone(),
        diff: part.diff.clone(),
        created_at: time_of(part.at),
        // No call goes on for millions of years.
        took_ms: part.took_ms.map(|took| i64::try_from(took).unwrap_or(i64::MAX)),
    }
}

pub(crate) fn part_of(model: Model) -> Result<StoredPart, StoreError> {
    let row = Row::new("transcript_parts", format!("{}/{}", model.attempt_id, model.part_id));
    let input = model.input_json.as_deref().map(|text| row.json("input_json", text)).transpose()?;
    let part = TranscriptPart {
        pipeline_id: PipelineId(model.pipeline_id),
        step_id: StepId(model.step_id),
        attempt_id: AttemptId(model.attempt_id),
        ordinal: row.count("ordinal", model.ordinal)?,
        kind: row.word("kind", &model.kind)?,
        state: row.word("state", &model.state)?,
        at: row.time("created_at", &model.created_at)?,
        took_ms: model.took_ms.map(|took| row.count("took_ms", took)).transpose()?,
        part_id: model.part_id,
        text: model.text,
        tool: model.tool,
        input,
        output: model.output,
        diff: model.diff,
    };
    Ok(StoredPart { seq: model.seq, part })
}

/// A text as it stands within the JSON of an input, without its quotes.
pub(crate) fn within_json(text: &str) -> String {
    let quoted = json_of(&text);
    quoted[1..quoted.len() - 1].to_owned()
}

/// Attempt, place, tool, input, diff, time.
pub(crate) type CallRow = (i64, i64, Option<String>, Option<String>, Option<String>, String);

pub(crate) fn call_of((attempt, ordinal, tool, input, diff, at): CallRow) -> Result<FinishedCall, StoreError> {
    let row = Row::new("transcript_parts", format!("{attempt}/{ordinal}"));
    Ok(FinishedCall {
        attempt_id: AttemptId(attempt),
        ordinal: row.count("ordinal", ordinal)?,
        input: input.as_deref().map(|text| row.json("input_json", text)).transpose()?,
        at: row.time("created_at", &at)?,
        tool,
        diff,
    })
}

pub(crate) fn recorded_of(model: Model) -> Result<Recorded, StoreError> {
    let StoredPart { seq, part } = part_of(model)?;
    Ok(Recorded { seq, pipeline_id: part.pipeline_id, at: part.at, fact: Fact::Part(part) })
}

/// Part, place, kind, state, tool, time, title.
type TimeRow = (String, i64, String, String, Option<String>, String, String);

/// Of an attempt's parts, by their places; `json` is a list of lists.
pub(crate) fn times_of_parts(attempt: i64, json: &str) -> Result<Vec<PartTime>, StoreError> {
    let rows: Vec<TimeRow> = Row::new("transcript_parts", attempt).json("*", json)?;
    let mut times = rows.into_iter().map(|row| time_of_part(attempt, row)).collect::<Result<Vec<_>, _>>()?;
    times.sort_by_key(|time| time.ordinal);
    Ok(times)
}

fn time_of_part(attempt: i64, (part_id, ordinal, kind, state, tool, at, title): TimeRow) -> Result<PartTime, StoreError> {
    let row = Row::new("transcript_parts", format!("{attempt}/{part_id}"));
    Ok(PartTime {
        attempt_id: AttemptId(attempt),
        ordinal: row.count("ordinal", ordinal)?,
        kind: row.word("kind", &kind)?,
        state: row.word("state", &state)?,
        at: row.time("created_at", &at)?,
        part_id,
        tool,
        title,
    })
}
