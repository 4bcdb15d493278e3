//! What an event means for what is on screen.
//!
//! An event is a hint that something changed; the truth is read again from the API. Only transcript text is taken from the stream itself, because it
//! is too much and too quick to be fetched.

use super::event::{Kind, LiveEvent};

/// What a batch of events asks of the open page. One batch is one animation frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refresh {
    /// Pipelines whose detail changed, each once.
    pub pipelines: Vec<i64>,
    /// What waits for a person may be another list now.
    pub inbox: bool,
    /// Replay was not possible: everything that is open is to be loaded again.
    pub everything: bool,
}

impl Refresh {
    pub fn of(batch: &[LiveEvent]) -> Self {
        let mut refresh = Self::default();
        for event in batch {
            refresh.note(event);
        }
        refresh
    }

    fn note(&mut self, event: &LiveEvent) {
        match &event.kind {
            Kind::Heartbeat | Kind::Closing | Kind::Part(_) | Kind::Delta(_) => {}
            Kind::Reset => self.everything = true,
            Kind::InboxChanged => {
                self.inbox = true;
                self.add(event.pipeline_id);
            }
            Kind::PipelineChanged => self.add(event.pipeline_id),
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

    pub fn touches_inbox(&self) -> bool {
        self.everything || self.inbox
    }
}

/// The reader's place in the stream: drops what was seen, and moves on a reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    seq: Option<i64>,
}

impl Cursor {
    /// Whether the event is new. Events without a sequence always are.
    pub fn admit(&mut self, event: &LiveEvent) -> bool {
        if event.kind == Kind::Reset {
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

    fn event(kind: Kind, pipeline_id: i64, seq: i64) -> LiveEvent {
        LiveEvent { pipeline_id: Some(pipeline_id), seq: Some(seq), kind }
    }

    #[test]
    fn a_batch_names_each_pipeline_once() {
        let heartbeat = LiveEvent { pipeline_id: None, seq: None, kind: Kind::Heartbeat };
        let refresh = Refresh::of(&[event(Kind::PipelineChanged, 4, 1), event(Kind::PipelineChanged, 4, 2), heartbeat]);
        assert_eq!(refresh.pipelines, [4]);
        assert!(refresh.touches(4) && !refresh.touches(5) && refresh.touches_any() && !refresh.touches_inbox());
    }

    #[test]
    fn what_waits_for_a_person_touches_its_pipeline_and_the_inbox() {
        let refresh = Refresh::of(&[event(Kind::InboxChanged, 4, 1)]);
        assert!(refresh.touches(4) && refresh.touches_inbox());
    }

    #[test]
    fn transcript_text_asks_for_no_refetch() {
        let delta = LiveEvent::parse(
            r#"{"type":"transcript_delta","pipeline_id":4,"attempt_id":1,"step_id":2,"part_id":"p","ordinal":0,"kind":"text","offset":0,"text":"a"}"#,
        );
        assert_eq!(Refresh::of(&[delta.unwrap()]), Refresh::default());
    }

    #[test]
    fn a_reset_touches_everything() {
        let refresh = Refresh::of(&[LiveEvent::reset()]);
        assert!(refresh.touches(1) && refresh.touches_any() && refresh.touches_inbox());
    }

    #[test]
    fn each_durable_event_is_admitted_once_and_a_reset_moves_the_cursor() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.url(), "/events");
        let changed = |seq| event(Kind::PipelineChanged, 1, seq);
        assert!(cursor.admit(&changed(5)));
        assert!(!cursor.admit(&changed(5)) && !cursor.admit(&changed(4)));
        assert!(cursor.admit(&LiveEvent { pipeline_id: None, seq: None, kind: Kind::Heartbeat }));
        assert_eq!(cursor.url(), "/events?after=5");
        assert!(cursor.admit(&LiveEvent { seq: Some(2), ..LiveEvent::reset() }));
        assert!(cursor.admit(&changed(3)));
        assert_eq!(cursor.url(), "/events?after=3");
    }
}
