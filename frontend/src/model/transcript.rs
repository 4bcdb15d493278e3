//! The transcript of one attempt, put together from pages of the API, whole parts of the stream, and text deltas at byte offsets.
//!
//! The three arrive in any order and overlap. A whole part wins over an older one; a delta goes exactly where its offset says; text that would leave a
//! hole is kept aside until the hole is filled.

use super::event::{Delta, Kind, LiveEvent};
use agency_contract::{PartKind, PartState, TranscriptPart};
use std::collections::BTreeMap;

/// Text kept aside for a part with a hole; beyond it the whole part, which always follows, must do.
const ASIDE_BYTES_MAX: usize = 256 * 1024;

/// What one change did, so that a view updates the rows that it names and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A row that was not there: its place is the ordinal.
    Added {
        ordinal: u32,
    },
    Updated {
        ordinal: u32,
    },
    /// Text is missing before this: fetch the attempt's transcript once more.
    Gap,
    Nothing,
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct Transcript {
    attempt_id: i64,
    parts: BTreeMap<u32, TranscriptPart>,
    aside: BTreeMap<u32, Aside>,
}

/// Deltas by offset that cannot be placed yet.
#[derive(Debug, Default)]
struct Aside {
    pieces: BTreeMap<u64, String>,
    bytes: usize,
}

impl Transcript {
    pub fn of_attempt(attempt_id: i64) -> Self {
        Self { attempt_id, ..Self::default() }
    }

    pub fn part(&self, ordinal: u32) -> Option<&TranscriptPart> {
        self.parts.get(&ordinal)
    }

    /// Whether text is kept aside because what comes before it is missing.
    pub fn is_missing_text(&self) -> bool {
        !self.aside.is_empty()
    }

    pub fn len(&self) -> usize {
        self.parts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Takes what an event says about this attempt; other events change nothing.
    pub fn apply(&mut self, event: &LiveEvent) -> Change {
        match &event.kind {
            Kind::Part(part) if part.attempt_id == self.attempt_id => self.upsert(part),
            Kind::Delta(delta) if delta.attempt_id == self.attempt_id => self.append(delta),
            Kind::Part(_) | Kind::Delta(_) | Kind::Heartbeat | Kind::Reset | Kind::Closing | Kind::InboxChanged | Kind::PipelineChanged => {
                Change::Nothing
            }
        }
    }

    /// Takes a whole part, unless a newer one is there.
    pub fn upsert(&mut self, part: &TranscriptPart) -> Change {
        let ordinal = part.ordinal;
        let change = match self.parts.get_mut(&ordinal) {
            None => {
                self.parts.insert(ordinal, part.clone());
                Change::Added { ordinal }
            }
            Some(known) if is_newer(part, known) => {
                replace(known, part);
                Change::Updated { ordinal }
            }
            Some(_) => Change::Nothing,
        };
        self.place_aside(ordinal);
        change
    }

    /// The attempt has ended: nothing is still being written, whatever the last that was heard of a part. A tool call without its end did not succeed.
    pub fn close(&mut self) -> Vec<Change> {
        self.aside.clear();
        let open = self.parts.iter_mut().filter(|(_, part)| part.state == PartState::Open);
        open.map(|(ordinal, part)| {
            part.state = if part.kind == PartKind::Tool { PartState::Error } else { PartState::Done };
            Change::Updated { ordinal: *ordinal }
        })
        .collect()
    }

    fn append(&mut self, delta: &Delta) -> Change {
        let ordinal = delta.ordinal;
        let is_new = !self.parts.contains_key(&ordinal);
        if is_new && delta.offset > 0 {
            self.aside.entry(ordinal).or_default().keep(delta.offset, &delta.text);
            return Change::Gap;
        }
        let part = self.parts.entry(ordinal).or_insert_with(|| opened_by(delta));
        if part.state != PartState::Open {
            return Change::Nothing;
        }
        match place(&mut part.text, delta.offset, &delta.text) {
            Placed::Beyond => {
                self.aside.entry(ordinal).or_default().keep(delta.offset, &delta.text);
                Change::Gap
            }
            Placed::Written => {
                self.place_aside(ordinal);
                if is_new { Change::Added { ordinal } } else { Change::Updated { ordinal } }
            }
            Placed::Known if is_new => Change::Added { ordinal },
            Placed::Known => Change::Nothing,
        }
    }

    /// Writes what was kept aside, as far as it now fits.
    fn place_aside(&mut self, ordinal: u32) {
        let Some(part) = self.parts.get_mut(&ordinal) else { return };
        let Some(aside) = self.aside.get_mut(&ordinal) else { return };
        if part.state == PartState::Open {
            aside.pieces.retain(|offset, text| place(&mut part.text, *offset, text) == Placed::Beyond);
        } else {
            aside.pieces.clear();
        }
        if aside.pieces.is_empty() {
            self.aside.remove(&ordinal);
        }
    }
}

impl Aside {
    fn keep(&mut self, offset: u64, text: &str) {
        if self.bytes + text.len() <= ASIDE_BYTES_MAX {
            self.bytes += text.len();
            self.pieces.insert(offset, text.to_owned());
        }
    }
}

/// A part replaces another one of the same place when its sequence is higher, or when it is as new and has more text: an answer of the API holds
/// an open part's text up to now under the sequence of its last durable change.
fn is_newer(part: &TranscriptPart, known: &TranscriptPart) -> bool {
    part.seq > known.seq || (part.seq == known.seq && part.text.len() > known.text.len())
}

/// Takes the newer part, and keeps the longer text of two that begin alike: deltas run ahead of the whole parts of an open text.
fn replace(known: &mut TranscriptPart, part: &TranscriptPart) {
    let ahead = (part.state == PartState::Open && known.text.starts_with(&part.text)).then(|| std::mem::take(&mut known.text));
    *known = part.clone();
    if let Some(text) = ahead {
        known.text = text;
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Placed {
    Written,
    /// Every byte of it was there already.
    Known,
    Beyond,
}

/// Writes `piece` at byte `offset` of `text`: the overlap is skipped, a hole is refused.
fn place(text: &mut String, offset: u64, piece: &str) -> Placed {
    let Ok(offset) = usize::try_from(offset) else {
        return Placed::Beyond;
    };
    let Some(overlap) = text.len().checked_sub(offset) else {
        return Placed::Beyond;
    };
    match piece.get(overlap..) {
        Some("") => Placed::Known,
        Some(rest) => {
            text.push_str(rest);
            Placed::Written
        }
        // Either all of it is known, or the overlap ends inside a character: then the two texts differ and the whole part will tell.
        None => Placed::Known,
    }
}

/// A part that is known by a delta alone.
fn opened_by(delta: &Delta) -> TranscriptPart {
    TranscriptPart {
        seq: 0,
        pipeline_id: 0,
        step_id: delta.step_id,
        attempt_id: delta.attempt_id,
        part_id: delta.part_id.clone(),
        ordinal: delta.ordinal,
        kind: delta.kind,
        state: PartState::Open,
        text: String::new(),
        html: None,
        tool: None,
        input: None,
        output: None,
        diff: None,
        at: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta_of(ordinal: u32, offset: u64, text: &str) -> Delta {
        let part_id = format!("p{ordinal}");
        Delta { attempt_id: 7, step_id: 2, part_id, ordinal, kind: PartKind::Text, offset, text: text.to_owned() }
    }

    fn delta(ordinal: u32, offset: u64, text: &str) -> LiveEvent {
        LiveEvent { pipeline_id: Some(1), seq: None, kind: Kind::Delta(delta_of(ordinal, offset, text)) }
    }

    fn whole(ordinal: u32, seq: i64, state: PartState, text: &str) -> TranscriptPart {
        TranscriptPart { seq, state, text: text.to_owned(), ..opened_by(&delta_of(ordinal, 0, "")) }
    }

    fn text(transcript: &Transcript, ordinal: u32) -> &str {
        &transcript.part(ordinal).unwrap().text
    }

    #[test]
    fn once_the_attempt_has_ended_nothing_is_still_being_written() {
        let mut transcript = Transcript::of_attempt(7);
        transcript.upsert(&whole(0, 3, PartState::Done, "one"));
        transcript.upsert(&whole(1, 4, PartState::Open, "tw"));
        transcript.upsert(&TranscriptPart { kind: PartKind::Tool, ..whole(2, 5, PartState::Open, "cargo test") });
        assert_eq!(transcript.close(), [Change::Updated { ordinal: 1 }, Change::Updated { ordinal: 2 }]);
        let states: Vec<_> = (0..3).map(|ordinal| transcript.part(ordinal).unwrap().state).collect();
        assert_eq!(states, [PartState::Done, PartState::Done, PartState::Error]);
        assert_eq!(transcript.close(), []);
    }

    #[test]
    fn deltas_in_order_become_one_text() {
        let mut transcript = Transcript::of_attempt(7);
        assert_eq!(transcript.apply(&delta(0, 0, "Grüß")), Change::Added { ordinal: 0 });
        assert_eq!(transcript.apply(&delta(0, 6, " Gott")), Change::Updated { ordinal: 0 });
        assert_eq!(text(&transcript, 0), "Grüß Gott");
    }

    #[test]
    fn an_overlap_is_skipped_byte_by_byte() {
        let mut transcript = Transcript::of_attempt(7);
        transcript.upsert(&whole(0, 4, PartState::Open, "one two"));
        assert_eq!(transcript.apply(&delta(0, 0, "one")), Change::Nothing);
        assert_eq!(transcript.apply(&delta(0, 4, "two three")), Change::Updated { ordinal: 0 });
        assert_eq!(text(&transcript, 0), "one two three");
    }

    #[test]
    fn text_after_a_hole_waits_until_the_hole_is_filled() {
        let mut transcript = Transcript::of_attempt(7);
        transcript.apply(&delta(0, 0, "a"));
        assert_eq!(transcript.apply(&delta(0, 3, "d")), Change::Gap);
        assert_eq!(transcript.apply(&delta(0, 4, "e")), Change::Gap);
        assert_eq!(text(&transcript, 0), "a");
        assert!(transcript.is_missing_text());
        transcript.upsert(&whole(0, 1, PartState::Open, "abc"));
        assert!(!transcript.is_missing_text());
        assert_eq!(text(&transcript, 0), "abcde");
    }

    #[test]
    fn a_first_delta_in_the_middle_of_a_part_is_a_gap() {
        let mut transcript = Transcript::of_attempt(7);
        assert_eq!(transcript.apply(&delta(0, 12, "x")), Change::Gap);
        transcript.upsert(&whole(0, 0, PartState::Open, "twelve bytes"));
        assert_eq!(text(&transcript, 0), "twelve bytesx");
    }

    #[test]
    fn a_finished_part_takes_no_more_text_and_no_older_state() {
        let mut transcript = Transcript::of_attempt(7);
        transcript.upsert(&whole(0, 9, PartState::Done, "final"));
        assert_eq!(transcript.apply(&delta(0, 5, "late")), Change::Nothing);
        assert_eq!(transcript.upsert(&whole(0, 8, PartState::Open, "fin")), Change::Nothing);
        assert_eq!(text(&transcript, 0), "final");
    }

    #[test]
    fn a_whole_part_that_is_behind_the_deltas_takes_no_text_away() {
        let mut transcript = Transcript::of_attempt(7);
        transcript.apply(&delta(0, 0, "one two"));
        transcript.upsert(&whole(0, 5, PartState::Open, "one"));
        assert_eq!(text(&transcript, 0), "one two");
        transcript.upsert(&whole(0, 6, PartState::Done, "one two."));
        assert_eq!(text(&transcript, 0), "one two.");
    }

    #[test]
    fn what_belongs_to_another_attempt_is_left_alone() {
        let mut transcript = Transcript::of_attempt(8);
        assert_eq!(transcript.apply(&delta(0, 0, "x")), Change::Nothing);
        assert!(transcript.is_empty());
    }

    #[test]
    fn a_reload_in_the_middle_neither_loses_nor_doubles_text() {
        let mut transcript = Transcript::of_attempt(7);
        transcript.apply(&delta(0, 4, "two "));
        transcript.upsert(&whole(0, 3, PartState::Open, "one two"));
        transcript.apply(&delta(0, 8, "three"));
        assert_eq!(text(&transcript, 0), "one two three");
        assert_eq!(transcript.len(), 1);
    }
}
