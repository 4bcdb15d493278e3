//! The transcript on screen: the pure model, and the signals by which each row follows it.
//!
//! Rows are events and never tokens: text that is written changes one row. Rows stand in chunks, so that a new one touches a short list and not all.

use crate::api;
use crate::live::Live;
use crate::model::event::LiveEvent;
use crate::model::failure::ApiError;
use crate::model::format::insert_sorted;
use crate::model::refresh::Refresh;
use crate::model::transcript::{Change, Transcript};
use crate::ui::Kept;
use agency_contract::TranscriptPart;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// Rows per chunk: a new row compares at most this many.
const CHUNK_ROWS: u32 = 200;
/// The whole part follows in any case; asking more often than this for missing text would only add load.
const GAP_FETCH_MILLIS_MIN: f64 = 3_000.0;

/// A fetch that failed and may succeed in a moment is made again this much later.
const RETRY_GAP: Duration = Duration::from_secs(5);

/// How far back a fetch goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    /// One page from the end.
    Newest,
    /// From the end to the first row that is shown.
    Shown,
    /// One page before the first row.
    Earlier,
    /// As far back as a place.
    To(Reverse<u32>),
    /// To the beginning.
    All,
}

/// What is known about the fetch of the parts that were there before.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Loading {
    UnderWay,
    Failed(ApiError),
    Done,
}

#[derive(Clone, Copy)]
pub(super) struct TranscriptStore {
    pipeline_id: i64,
    attempt_id: i64,
    model: StoredValue<Transcript>,
    /// The numbers of the chunks that have rows, in order.
    pub(super) chunks: RwSignal<Vec<u32>>,
    rows: StoredValue<BTreeMap<u32, ArcRwSignal<Vec<u32>>>>,
    changes: StoredValue<BTreeMap<u32, ArcTrigger>>,
    pub(super) row_count: RwSignal<usize>,
    pub(super) loading: RwSignal<Loading>,
    /// What was asked for while a fetch was under way, and follows it: something had changed, so that what it read may be too old, or the reader
    /// wants more than it brings.
    asked_again: StoredValue<Option<Wanted>>,
    is_fetching: StoredValue<bool>,
    /// The place of the page before what is shown; `None` where nothing lies before it.
    pub(super) earlier: RwSignal<Option<String>>,
    /// One more than the place of the newest row.
    pub(super) end: RwSignal<u32>,
    last_gap_fetch: StoredValue<f64>,
    has_ended: StoredValue<bool>,
    live: StoredValue<Live>,
}

impl TranscriptStore {
    pub(super) fn new(pipeline_id: i64, attempt_id: i64, live: Live) -> Self {
        Self {
            pipeline_id,
            attempt_id,
            model: StoredValue::new(Transcript::of_attempt(attempt_id)),
            chunks: RwSignal::new(Vec::new()),
            rows: StoredValue::new(BTreeMap::new()),
            changes: StoredValue::new(BTreeMap::new()),
            row_count: RwSignal::new(0),
            loading: RwSignal::new(Loading::Done),
            asked_again: StoredValue::new(None),
            is_fetching: StoredValue::new(false),
            earlier: RwSignal::new(None),
            end: RwSignal::new(0),
            last_gap_fetch: StoredValue::new(0.0),
            has_ended: StoredValue::new(false),
            live: StoredValue::new(live),
        }
    }

    /// Fetches the newest parts. What came before them waits until the reader asks for it.
    pub(super) fn load(self) {
        self.fetch(Wanted::Newest);
    }

    /// Fetches the page before what is shown.
    pub(super) fn load_earlier(self) {
        if self.earlier.with_untracked(Option::is_some) {
            self.fetch(Wanted::Earlier);
        }
    }

    /// Fetches what lies between an entry and the rows that there are; answers whether it is among these already.
    pub(super) fn reach(self, ordinal: u32) -> bool {
        if self.first_shown().is_some_and(|first| first <= ordinal) {
            return true;
        }
        self.fetch(Wanted::To(Reverse(ordinal)));
        false
    }

    /// Fetches whatever there is, page by page; parts show as they come.
    pub(super) fn load_all(self) {
        self.fetch(Wanted::All);
    }

    fn fetch(self, wanted: Wanted) {
        if self.is_fetching.try_get_value() != Some(false) {
            // A page before the first is asked for again by the next scrolling.
            if wanted != Wanted::Earlier {
                let _ = self.asked_again.try_update_value(|asked| *asked = (*asked).max(Some(wanted)));
            }
            return;
        }
        self.is_fetching.set_value(true);
        // A fault stays in sight until a fetch has gone well.
        if !matches!(self.loading.get_untracked(), Loading::Failed(_)) {
            self.loading.set(Loading::UnderWay);
        }
        spawn_local(async move {
            let end = match self.read_back(wanted).await {
                Ok(()) => Loading::Done,
                Err(error) => Loading::Failed(error),
            };
            self.loaded(end);
        });
    }

    /// From the end, or from what is shown, towards the beginning, as far as it is wanted.
    async fn read_back(self, wanted: Wanted) -> Result<(), ApiError> {
        let mut cursor = match wanted {
            // What has changed among the rows that are shown may be wanted as well.
            Wanted::Newest | Wanted::Shown | Wanted::To(_) | Wanted::All => None,
            Wanted::Earlier => self.earlier.try_get_untracked().flatten(),
        };
        loop {
            let page = api::transcript(self.pipeline_id, self.attempt_id, cursor.as_deref()).answer().await?;
            // The view is gone, and with it whoever wanted the rest.
            let Some(first_shown) = self.model.try_with_value(Transcript::first_shown) else { return Ok(()) };
            let lowest = page.items.first().filter(|_| page.next_cursor.is_some()).map_or(0, |part| part.ordinal);
            self.take(|model| {
                let mut changes: Vec<Change> = page.items.iter().map(|part| model.upsert(part)).collect();
                // A page of the end says nothing about what lies between it and the rows that there are.
                if first_shown.is_none_or(|first| lowest <= first) {
                    changes.extend(model.show_from(lowest));
                }
                changes
            });
            if first_shown.is_none_or(|first| lowest <= first) {
                let _ = self.earlier.try_set(page.next_cursor.clone());
            }
            let is_enough = match wanted {
                Wanted::Newest | Wanted::Earlier => true,
                Wanted::Shown => first_shown.is_none_or(|first| lowest <= first),
                Wanted::To(Reverse(ordinal)) => lowest <= ordinal,
                Wanted::All => false,
            };
            if is_enough || page.next_cursor.is_none() {
                return Ok(());
            }
            cursor.clone_from(&page.next_cursor);
        }
    }

    fn loaded(self, end: Loading) {
        let is_whole = end == Loading::Done;
        let may_pass = matches!(&end, Loading::Failed(error) if error.may_pass());
        let _ = self.is_fetching.try_set_value(false);
        let _ = self.loading.try_set(end);
        if let Some(Some(wanted)) = self.asked_again.try_update_value(Option::take) {
            self.fetch(wanted);
        } else if may_pass {
            set_timeout(move || self.retry(), RETRY_GAP);
        } else if is_whole && self.has_ended.try_get_value() == Some(true) {
            self.take(Transcript::close);
        } else {
            self.fill_by_reopening();
        }
    }

    /// Fetches again what could not be fetched, if the view is still there.
    pub(super) fn retry(self) {
        if matches!(self.loading.try_get_untracked(), Some(Loading::Failed(_))) {
            self.fetch(Wanted::Shown);
        }
    }

    /// The attempt has ended: what is stored of it now is all there will be.
    pub(super) fn end(self) {
        self.has_ended.set_value(true);
        self.load();
    }

    /// Text that was written before this view opened and is not stored yet comes with a new stream, and with nothing else.
    fn fill_by_reopening(self) {
        if self.model.try_with_value(Transcript::is_missing_text) == Some(true) {
            self.live.with_value(Live::reopen);
        }
    }

    /// Takes one frame's worth of events.
    pub(super) fn apply(self, batch: &[LiveEvent]) {
        let has_gap = self.take(|model| batch.iter().map(|event| model.apply(event)).collect());
        let now = js_sys::Date::now();
        if Refresh::of(batch).everything {
            self.fetch(Wanted::Shown);
        } else if has_gap && now - self.last_gap_fetch.get_value() > GAP_FETCH_MILLIS_MIN {
            self.last_gap_fetch.set_value(now);
            self.load();
        }
    }

    /// Changes the model and tells each row that changed, once. Answers whether text is missing.
    fn take(self, change: impl FnOnce(&mut Transcript) -> Vec<Change>) -> bool {
        let Some(changes) = self.model.try_update_value(change) else { return false };
        let (mut added, mut updated) = (Vec::new(), Vec::new());
        let mut has_gap = false;
        for change in changes {
            match change {
                Change::Added { ordinal } => insert_sorted(&mut added, ordinal),
                Change::Updated { ordinal } => insert_sorted(&mut updated, ordinal),
                Change::Gap => has_gap = true,
                Change::Nothing => {}
            }
        }
        self.add_rows(&added);
        for ordinal in updated.into_iter().filter(|ordinal| added.binary_search(ordinal).is_err()) {
            self.trigger(ordinal).notify();
        }
        has_gap
    }

    /// `added` is in order.
    fn add_rows(self, added: &[u32]) {
        if added.is_empty() {
            return;
        }
        for ordinals in added.chunk_by(|one, next| one / CHUNK_ROWS == next / CHUNK_ROWS) {
            let chunk = ordinals[0] / CHUNK_ROWS;
            self.rows_of(chunk).update(|rows| ordinals.iter().for_each(|ordinal| insert_sorted(rows, *ordinal)));
            if !self.chunks.with_untracked(|chunks| chunks.contains(&chunk)) {
                self.chunks.update(|chunks| insert_sorted(chunks, chunk));
            }
        }
        self.row_count.update(|count| *count += added.len());
        let end = added.last().map_or(0, |ordinal| ordinal + 1);
        if end > self.end.get_untracked() {
            self.end.set(end);
        }
    }

    /// How many entries lie before the first row.
    pub(super) fn earlier_count(self) -> u32 {
        self.first_shown().unwrap_or_default()
    }

    fn first_shown(self) -> Option<u32> {
        self.model.with_value(Transcript::first_shown)
    }

    /// The ordinals of the rows of a chunk. Made outside of the views, so that no view's end takes it away.
    pub(super) fn rows_of(self, chunk: u32) -> ArcRwSignal<Vec<u32>> {
        self.rows.try_update_value(|rows| rows.entry(chunk).or_default().clone()).unwrap_or_default()
    }

    fn trigger(self, ordinal: u32) -> ArcTrigger {
        self.changes.try_update_value(|changes| changes.entry(ordinal).or_default().clone()).unwrap_or_default()
    }

    pub(super) fn part(self, ordinal: u32) -> Option<TranscriptPart> {
        self.model.with_value(|model| model.part(ordinal).cloned())
    }

    /// One part as a signal's source: `read` is called again whenever the part changes.
    pub(super) fn memo<R: Clone + PartialEq + Send + Sync + 'static>(
        self,
        ordinal: u32,
        read: impl Fn(&TranscriptPart) -> R + Send + Sync + 'static,
    ) -> Kept<Option<R>> {
        let trigger = self.trigger(ordinal);
        Kept::new(move || {
            trigger.track();
            self.model.with_value(|model| model.part(ordinal).map(&read))
        })
    }
}
