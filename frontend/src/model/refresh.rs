//! What an event means for what is on screen.
//!
//! An event is a hint that something changed; the truth is read again from the API. Only transcript text is taken from the stream itself, because it
//! is too much and too quick to be fetched.

use agency_contract::{StreamEvent, StreamPayload};

/// What a batch of events asks of the open page. One batch is one animation frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refresh {
    /// Pipelines whose detail changed, each once.
    pub pipelines: Vec<i64>,
    /// A gate opened or was decided.
    pub approvals: bool,
    /// Replay was not possible: everything that is open is to be loaded again.
    pub everything: bool,
}

impl Refresh {
    pub fn of(batch: &[StreamEvent]) -> Self {
        let mut refresh = Self::default();
        for event in batch {
            refresh.note(event);
        }
        refresh
    }

    fn note(&mut self, event: &StreamEvent) {
        match &event.payload {
            StreamPayload::Heartbeat { .. }
            | StreamPayload::Closing
            | StreamPayload::TranscriptPart { .. }
            | StreamPayload::TranscriptDelta { .. } => {}
            StreamPayload::Reset => self.everything = true,
            StreamPayload::ApprovalRequested { .. } | StreamPayload::ApprovalDecided { .. } => {
                self.approvals = true;
                self.add(event.pipeline_id);
            }
            // An ended pipeline withdraws the approval that it waits for.
            StreamPayload::PipelineUpdated { .. } => {
                self.approvals = true;
                self.add(event.pipeline_id);
            }
            StreamPayload::PipelineCreated { .. }
            | StreamPayload::StepStarted { .. }
            | StreamPayload::StepFinished { .. }
            | StreamPayload::AttemptStarted { .. }
            | StreamPayload::AttemptFinished { .. }
            | StreamPayload::HandoffRecorded { .. }
            | StreamPayload::VerdictRecorded { .. }
            | StreamPayload::FindingOpened { .. }
            | StreamPayload::FindingClosed { .. }
            | StreamPayload::PermissionAsked { .. }
            | StreamPayload::PermissionAnswered { .. }
            | StreamPayload::BudgetWarning { .. }
            | StreamPayload::Unknown => self.add(event.pipeline_id),
        }
    }

    fn add(&mut self, pipeline_id: Option<i64>) {
        if let Some(id) = pipeline_id
            && !self.pipelines.contains(&id)
        {
            self.pipelines.push(id);
        }
    }

    pub fn touches(&self, pipeline_id: i64) -> bool {
        self.everything || self.pipelines.contains(&pipeline_id)
    }

    /// Whether a list of all pipelines may look different now.
    pub fn touches_any(&self) -> bool {
        self.everything || !self.pipelines.is_empty()
    }

    pub fn touches_approvals(&self) -> bool {
        self.everything || self.approvals
    }
}

/// The reader's place in the stream: drops what was seen, and moves on a reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    seq: Option<i64>,
}

impl Cursor {
    /// Whether the event is new. Live-only events always are.
    pub fn admit(&mut self, event: &StreamEvent) -> bool {
        if matches!(event.payload, StreamPayload::Reset) {
            self.seq = event.seq;
            return true;
        }
        match event.seq {
            None => true,
            Some(seq) if self.seq.is_some_and(|seen| seq <= seen) => false,
            Some(seq) => {
                self.seq = Some(seq);
                true
            }
        }
    }

    /// The stream's address from here on. Without a cursor it begins with what happens next.
    pub fn url(&self) -> String {
        self.seq.map_or_else(|| "/events".to_owned(), |seq| format!("/events?after={seq}"))
    }

    /// Whether a stream opened here leaves no gap to what came before.
    pub fn is_set(&self) -> bool {
        self.seq.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_contract::PipelineStatus;

    fn event(json: &str) -> StreamEvent {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_batch_names_each_pipeline_once() {
        let batch = [
            event(r#"{"type":"step_started","pipeline_id":4,"seq":1,"at":"x","step_id":9}"#),
            event(r#"{"type":"attempt_started","pipeline_id":4,"seq":2,"at":"x","step_id":9,"attempt_id":1,"number":1}"#),
            event(r#"{"type":"heartbeat","ts":1}"#),
        ];
        let refresh = Refresh::of(&batch);
        assert_eq!(refresh.pipelines, [4]);
        assert!(refresh.touches(4) && !refresh.touches(5) && refresh.touches_any() && !refresh.touches_approvals());
    }

    #[test]
    fn transcript_text_asks_for_no_refetch() {
        let delta = event(
            r#"{"type":"transcript_delta","pipeline_id":4,"attempt_id":1,"step_id":2,"part_id":"p","ordinal":0,"kind":"text","offset":0,"text":"a"}"#,
        );
        assert_eq!(Refresh::of(&[delta]), Refresh::default());
    }

    #[test]
    fn a_reset_touches_everything() {
        let refresh = Refresh::of(&[event(r#"{"type":"reset","seq":40}"#)]);
        assert!(refresh.touches(1) && refresh.touches_any() && refresh.touches_approvals());
    }

    #[test]
    fn an_event_of_a_newer_server_still_refreshes_its_pipeline() {
        let refresh = Refresh::of(&[event(r#"{"type":"pipeline_forked","pipeline_id":7,"seq":3,"at":"x"}"#)]);
        assert_eq!(refresh.pipelines, [7]);
    }

    #[test]
    fn each_durable_event_is_admitted_once_and_a_reset_moves_the_cursor() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.url(), "/events");
        let updated = |seq| StreamEvent {
            pipeline_id: Some(1),
            seq: Some(seq),
            at: None,
            payload: StreamPayload::PipelineUpdated { status: PipelineStatus::Running, status_reason: None },
        };
        assert!(cursor.admit(&updated(5)));
        assert!(!cursor.admit(&updated(5)) && !cursor.admit(&updated(4)));
        assert!(cursor.admit(&event(r#"{"type":"heartbeat","ts":1}"#)));
        assert_eq!(cursor.url(), "/events?after=5");
        assert!(cursor.admit(&event(r#"{"type":"reset","seq":2}"#)));
        assert!(cursor.admit(&updated(3)));
        assert_eq!(cursor.url(), "/events?after=3");
    }
}
