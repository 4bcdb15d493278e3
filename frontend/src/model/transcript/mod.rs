//! The transcript of one attempt, put together from pages of the API, whole parts of the stream, and text deltas at byte offsets.
//!
//! The three arrive in any order and overlap. A whole part wins over an older one; a delta goes exactly where its offset says; text that would leave a
//! hole is kept aside until the hole is filled.

use super::event::{Delta, Kind, LiveEvent};
use agency_contract::words::duration;
use agency_contract::{PartKind, PartState, TranscriptPart};
use std::collections::BTreeMap;

/// Text kept aside for a part with a hole; beyond it the whole part, which always follows, must do.
const ASIDE_BYTES_MAX: usize = 256 * 1024;
/// Whatever was over sooner is not worth a figure: most files are read within a few milliseconds.
const TOOK_MS_MIN: u64 = 100;

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
    /// By the parts' ordinals; hardly ever more than one.
    aside: Vec<(u32, Aside)>,
    /// Rows begin here: what lies before is kept as it comes, and shown once the reader asks for it. `None` before the first page.
    first_shown: Option<u32>,
}

/// Deltas by offset that cannot be placed yet.
#[derive(Debug, Default)]
struct Aside {
    /// In the order of their offsets.
    pieces: Vec<(u64, String)>,
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
            Kind::Delta(delta) if delta.attempt_id == self.attempt_id => {
                let change = self.append(delta);
                self.seen(change)
            }
            Kind::Part(_) | Kind::Delta(_) | Kind::Heartbeat | Kind::Reset | Kind::Closing | Kind::InboxChanged | Kind::PipelineChanged => {
                Change::Nothing
            }
        }
    }

    /// Where the rows begin; `None` before the first page.
    pub fn first_shown(&self) -> Option<u32> {
        self.first_shown
    }

    /// Shows what there is from `ordinal` on, and never less than was shown.
    pub fn show_from(&mut self, ordinal: u32) -> Vec<Change> {
        let Some(shown) = self.first_shown else {
            self.first_shown = Some(ordinal);
            return Vec::new();
        };
        self.first_shown = Some(ordinal.min(shown));
        let more = self.parts.range(ordinal.min(shown)..shown);
        more.map(|(ordinal, _)| Change::Added { ordinal: *ordinal }).collect()
    }

    /// A change as the rows see it: nothing, where there is no row.
    fn seen(&self, change: Change) -> Change {
        match change {
            Change::Added { ordinal } | Change::Updated { ordinal } if self.first_shown.is_some_and(|first| ordinal < first) => {
                Change::Nothing
            }
            Change::Added { .. } | Change::Updated { .. } | Change::Gap | Change::Nothing => change,
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
        self.seen(change)
    }

    /// The attempt has ended: nothing is still being written, whatever the last that was heard of a part. A tool call without its end did not succeed.
    pub fn close(&mut self) -> Vec<Change> {
        self.aside.clear();
        let first = self.first_shown.unwrap_or_default();
        let open = self.parts.range_mut(first..).filter(|(_, part)| part.state == PartState::Open);
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
            self.keep_aside(delta);
            return Change::Gap;
        }
        let part = self.parts.entry(ordinal).or_insert_with(|| opened_by(delta));
        if part.state != PartState::Open {
            return Change::Nothing;
        }
        match place(&mut part.text, delta.offset, &delta.text) {
            Placed::Beyond => {
                self.keep_aside(delta);
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
        let Some(number) = self.aside.iter().position(|(of, _)| *of == ordinal) else { return };
        let pieces = &mut self.aside[number].1.pieces;
        if part.state == PartState::Open {
            pieces.retain(|(offset, text)| place(&mut part.text, *offset, text) == Placed::Beyond);
        } else {
            pieces.clear();
        }
        if pieces.is_empty() {
            self.aside.remove(number);
        }
    }

    fn keep_aside(&mut self, delta: &Delta) {
        let known = self.aside.iter().position(|(of, _)| *of == delta.ordinal);
        let number = known.unwrap_or_else(|| {
            self.aside.push((delta.ordinal, Aside::default()));
            self.aside.len() - 1
        });
        self.aside[number].1.keep(delta.offset, &delta.text);
    }
}

impl Aside {
    fn keep(&mut self, offset: u64, text: &str) {
        if self.bytes + text.len() <= ASIDE_BYTES_MAX {
            self.bytes += text.len();
            let place = self.pieces.partition_point(|(known, _)| *known < offset);
            match self.pieces.get_mut(place).filter(|(known, _)| *known == offset) {
                Some((_, known)) => text.clone_into(known),
                None => self.pieces.insert(place, (offset, text.to_owned())),
            }
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

/// How long a tool call or a thought took, in words; `None` while it goes on, where nobody knows, and where it was over at once.
pub fn took(part: &TranscriptPart) -> Option<String> {
    let millis = part.took_ms.filter(|took| *took >= TOOK_MS_MIN)?;
    Some(duration(i64::try_from(millis).unwrap_or(i64::MAX)))
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
        rows: None,
        additions: None,
        deletions: None,
        took_ms: None,
        at: String::new(),
    }
}

#[cfg(test)]
mod tests;
