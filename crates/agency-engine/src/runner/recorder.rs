//! Writes down what an agent says and does: text to live subscribers at once, parts to the store when they begin and when they are whole (and
//! in between at most once a second).

use crate::live::TextDelta;
use crate::use_cases::Shared;
use agency_domain::agents::ToolState;
use agency_domain::pipelines::StoreError;
use agency_domain::transcripts::{PartKind, PartState, TranscriptPart};
use agency_domain::{AttemptId, PipelineId, StepId};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) struct Recorder {
    shared: Arc<Shared>,
    pipeline: PipelineId,
    step: StepId,
    attempt: AttemptId,
    /// By OpenCode's part id.
    parts: BTreeMap<String, TranscriptPart>,
    /// Changed since they were stored.
    dirty: BTreeSet<String>,
    next_ordinal: u32,
}

/// A tool call as it stands.
pub(super) struct ToolCall {
    pub(super) tool: String,
    pub(super) state: ToolState,
    pub(super) input: Value,
    pub(super) title: String,
    pub(super) output: String,
    pub(super) diff: Option<String>,
}

impl Recorder {
    pub(super) fn new(shared: Arc<Shared>, pipeline: PipelineId, step: StepId, attempt: AttemptId) -> Self {
        Self { shared, pipeline, step, attempt, parts: BTreeMap::new(), dirty: BTreeSet::new(), next_ordinal: 0 }
    }

    /// Whether a tool call is under way.
    pub(super) fn tool_in_flight(&self) -> bool {
        self.parts.values().any(|part| part.kind == PartKind::Tool && part.state == PartState::Open)
    }

    /// More of a text. Its beginning is stored before anything else of it is shown: however soon the process is killed, whoever saw an
    /// entry of the transcript finds it there again.
    pub(super) async fn text(&mut self, id: &str, reasoning: bool, delta: &str) -> Result<(), StoreError> {
        let is_new = !self.parts.contains_key(id);
        let part = self.part(id, text_kind(reasoning));
        part.text.push_str(delta);
        let delta = TextDelta {
            pipeline_id: part.pipeline_id,
            step_id: part.step_id,
            attempt_id: part.attempt_id,
            part_id: part.part_id.clone(),
            ordinal: part.ordinal,
            kind: part.kind,
            offset: 0,
            text: delta.to_owned(),
        };
        self.shared.live.push_text(delta);
        self.dirty.insert(id.to_owned());
        if is_new { self.flush().await } else { Ok(()) }
    }

    /// A part of text is whole.
    pub(super) async fn text_done(&mut self, id: &str, reasoning: bool, text: String) -> Result<(), StoreError> {
        if text.trim().is_empty() && !self.parts.contains_key(id) {
            return Ok(());
        }
        let part = self.part(id, text_kind(reasoning));
        part.text = text;
        part.state = PartState::Done;
        self.dirty.insert(id.to_owned());
        self.flush().await
    }

    pub(super) async fn tool(&mut self, id: &str, call: ToolCall) -> Result<(), StoreError> {
        if call.state == ToolState::Pending && !self.parts.contains_key(id) {
            return Ok(());
        }
        let part = self.part(id, PartKind::Tool);
        part.state = match call.state {
            ToolState::Pending | ToolState::Running => PartState::Open,
            ToolState::Completed => PartState::Done,
            ToolState::Failed => PartState::Error,
        };
        let is_live_output = part.tool.is_some() && part.state == PartState::Open;
        part.tool = Some(call.tool);
        part.input = Some(call.input);
        part.text = call.title;
        part.output = Some(call.output).filter(|output| !output.is_empty());
        part.diff = call.diff;
        self.dirty.insert(id.to_owned());
        // A running command repeats itself with each line that it prints: the next tick stores it.
        if is_live_output { Ok(()) } else { self.flush().await }
    }

    /// Something the run did.
    pub(super) async fn notice(&mut self, text: &str) -> Result<(), StoreError> {
        let id = format!("notice-{}", self.next_ordinal);
        let part = self.part(&id, PartKind::Notice);
        text.clone_into(&mut part.text);
        part.state = PartState::Done;
        self.dirty.insert(id);
        self.flush().await
    }

    /// Stores what has changed.
    pub(super) async fn flush(&mut self) -> Result<(), StoreError> {
        if self.dirty.is_empty() {
            return Ok(());
        }
        let at = self.shared.ports.clock.now();
        let mut changed: Vec<TranscriptPart> =
            std::mem::take(&mut self.dirty).iter().filter_map(|id| self.parts.get(id)).cloned().collect();
        changed.sort_by_key(|part| part.ordinal);
        for part in &mut changed {
            part.at = at;
        }
        self.shared.ports.transcripts.put(changed).await
    }

    /// Closes what is open: nothing more comes.
    pub(super) async fn close(&mut self) -> Result<(), StoreError> {
        let open = self.parts.iter_mut().filter(|(_, part)| part.state == PartState::Open);
        for (id, part) in open {
            part.state = if part.kind == PartKind::Tool { PartState::Error } else { PartState::Done };
            self.dirty.insert(id.clone());
        }
        let result = self.flush().await;
        self.shared.live.close_attempt(self.attempt);
        result
    }

    fn part(&mut self, id: &str, kind: PartKind) -> &mut TranscriptPart {
        let (pipeline_id, step_id, attempt_id, at) = (self.pipeline, self.step, self.attempt, self.shared.ports.clock.now());
        let next = &mut self.next_ordinal;
        self.parts.entry(id.to_owned()).or_insert_with(|| {
            let ordinal = *next;
            *next += 1;
            TranscriptPart {
                pipeline_id,
                step_id,
                attempt_id,
                part_id: id.to_owned(),
                ordinal,
                kind,
                state: PartState::Open,
                text: String::new(),
                tool: None,
                input: None,
                output: None,
                diff: None,
                at,
            }
        })
    }
}

fn text_kind(reasoning: bool) -> PartKind {
    if reasoning { PartKind::Reasoning } else { PartKind::Text }
}
