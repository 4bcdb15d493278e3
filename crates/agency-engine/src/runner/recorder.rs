//! Writes down what an agent says and does: text to live subscribers at once, parts to the store when they begin and when they are whole (and
//! in between at most once a second).
//!
//! Nobody waits for the store where nothing depends on it: one write is under way at a time, and whoever comes next learns of its failure.

use crate::live::TextDelta;
use crate::use_cases::Shared;
use agency_domain::agents::ToolState;
use agency_domain::pipelines::StoreError;
use agency_domain::transcripts::{PartKind, PartState, TranscriptPart};
use agency_domain::{AttemptId, PipelineId, StepId};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) struct Recorder {
    shared: Arc<Shared>,
    pipeline: PipelineId,
    step: StepId,
    attempt: AttemptId,
    /// By OpenCode's part id.
    parts: BTreeMap<String, TranscriptPart>,
    /// Changed since they were stored.
    dirty: BTreeSet<String>,
    /// Texts of which nothing was stored yet.
    unstored: BTreeSet<String>,
    /// The write that is under way: it happens whether anybody waits for it or not. The lock is never contended; with it a recorder can be shared.
    writing: Mutex<Option<BoxFuture<'static, Result<(), StoreError>>>>,
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
    /// Milliseconds from its beginning to its end.
    pub(super) took_ms: Option<u64>,
}

impl Recorder {
    pub(super) fn new(shared: Arc<Shared>, pipeline: PipelineId, step: StepId, attempt: AttemptId) -> Self {
        let (parts, dirty, unstored) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Self { shared, pipeline, step, attempt, parts, dirty, unstored, writing: Mutex::default(), next_ordinal: 0 }
    }

    /// Whether a tool call is under way.
    pub(super) fn tool_in_flight(&self) -> bool {
        self.parts.values().any(|part| part.kind == PartKind::Tool && part.state == PartState::Open)
    }

    /// More of a text. Its first piece is stored before the second is shown: however soon the process is killed, whoever saw a text being written
    /// finds its entry there again.
    pub(super) async fn text(&mut self, id: &str, reasoning: bool, delta: &str) -> Result<(), StoreError> {
        if self.unstored.contains(id) {
            self.flush().await?;
            self.settle().await?;
        } else if !self.parts.contains_key(id) {
            self.unstored.insert(id.to_owned());
        }
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
        Ok(())
    }

    /// A part of text is whole.
    pub(super) async fn text_done(&mut self, id: &str, reasoning: bool, text: String, took_ms: Option<u64>) -> Result<(), StoreError> {
        if text.trim().is_empty() && !self.parts.contains_key(id) {
            return Ok(());
        }
        let part = self.part(id, text_kind(reasoning));
        part.text = text;
        part.took_ms = took_ms;
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
        part.took_ms = call.took_ms;
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

    /// Begins to store what has changed, once what was begun before is done.
    pub(super) async fn flush(&mut self) -> Result<(), StoreError> {
        if self.dirty.is_empty() {
            return Ok(());
        }
        self.settle().await?;
        self.unstored.clear();
        let at = self.shared.ports.clock.now();
        let mut changed: Vec<TranscriptPart> =
            std::mem::take(&mut self.dirty).iter().filter_map(|id| self.parts.get(id)).cloned().collect();
        changed.sort_by_key(|part| part.ordinal);
        for part in &mut changed {
            part.at = at;
        }
        let transcripts = Arc::clone(&self.shared.ports.transcripts);
        let mut writing = async move { transcripts.put(changed).await }.boxed();
        match (&mut writing).now_or_never() {
            Some(written) => written,
            None => {
                *self.writing.get_mut().unwrap_or_else(PoisonError::into_inner) = Some(writing);
                Ok(())
            }
        }
    }

    /// Waits until all is stored that was begun to be.
    async fn settle(&mut self) -> Result<(), StoreError> {
        let writing = self.writing.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        match writing {
            Some(writing) => writing.await,
            None => Ok(()),
        }
    }

    /// Closes what is open: nothing more comes.
    pub(super) async fn close(&mut self) -> Result<(), StoreError> {
        let open = self.parts.iter_mut().filter(|(_, part)| part.state == PartState::Open);
        for (id, part) in open {
            part.state = if part.kind == PartKind::Tool { PartState::Error } else { PartState::Done };
            self.dirty.insert(id.clone());
        }
        let result = match self.flush().await {
            Ok(()) => self.settle().await,
            Err(error) => Err(error),
        };
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
                took_ms: None,
                at,
            }
        })
    }
}

fn text_kind(reasoning: bool) -> PartKind {
    if reasoning { PartKind::Reasoning } else { PartKind::Text }
}
