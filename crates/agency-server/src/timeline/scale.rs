//! From the clock to a place on the axis: what is long and idle is drawn narrow. Pure; times are milliseconds.

use std::ops::Range;

/// Width of a gap, in thousandths of the axis.
const GAP_WIDTH: f64 = 20.0;
/// All gaps together take no more than this, so that work stays the greater part.
const GAPS_WIDTH_MAX: f64 = 300.0;
/// Nothing shorter is worth a gap.
const GAP_MS_MIN: i64 = 10_000;
/// A gap is longer than this part of all work; shorter ones are drawn as they were.
const GAP_SHARE: i64 = 20;
const AXIS: f64 = 1_000.0;

/// The axis, piece by piece.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    pieces: Vec<Piece>,
    /// Times in which something ran, apart from each other, by their beginning.
    pub(super) busy: Vec<Range<i64>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Piece {
    times: Range<i64>,
    from: f64,
    width: f64,
    is_gap: bool,
}

/// A stretch that is drawn narrower than it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) times: Range<i64>,
    pub(super) at: u32,
    pub(super) width: u32,
}

impl Scale {
    /// An axis from the beginning to the end of `whole`; `busy` are the times in which something ran, in any order.
    pub(super) fn new(whole: Range<i64>, busy: Vec<Range<i64>>) -> Self {
        let busy = merged(&whole, busy);
        let worked: i64 = busy.iter().map(length).sum();
        let longest = GAP_MS_MIN.max(worked / GAP_SHARE);
        let is_gap = |times: &Range<i64>| worked > 0 && length(times) > longest;
        let gaps: Vec<_> = complement(&whole, &busy).into_iter().filter(is_gap).collect();
        let times = around(&whole, &gaps);
        let drawn: i64 = times.iter().filter(|(_, is_gap)| !is_gap).map(|(times, _)| length(times)).sum();
        let gap_width = GAP_WIDTH.min(GAPS_WIDTH_MAX / as_f64(i64::try_from(gaps.len().max(1)).unwrap_or(i64::MAX)));
        let gaps_width = gap_width * as_f64(i64::try_from(gaps.len()).unwrap_or(i64::MAX));
        let per_ms = (AXIS - gaps_width) / as_f64(drawn.max(1));
        let mut from = 0.0;
        let pieces = times.into_iter().map(|(times, is_gap)| {
            let width = if is_gap { gap_width } else { as_f64(length(&times)) * per_ms };
            let piece = Piece { times, from, width, is_gap };
            from += width;
            piece
        });
        Self { pieces: pieces.collect(), busy }
    }

    /// The place of a time in thousandths; what lies outside is at the nearer end.
    pub(super) fn at(&self, time: i64) -> u32 {
        let Some(piece) = self.pieces.iter().find(|piece| time < piece.times.end).or(self.pieces.last()) else { return 0 };
        let share = as_f64(time - piece.times.start) / as_f64(length(&piece.times).max(1));
        whole(piece.from + piece.width * share.clamp(0.0, 1.0))
    }

    /// The place and the width of a stretch; nothing that was there is invisible.
    pub(super) fn span(&self, times: &Range<i64>) -> (u32, u32) {
        let start = self.at(times.start).min(whole(AXIS) - 1);
        (start, self.at(times.end).saturating_sub(start).max(1))
    }

    pub(super) fn gaps(&self) -> Vec<Gap> {
        let gaps = self.pieces.iter().filter(|piece| piece.is_gap);
        gaps.map(|piece| Gap { times: piece.times.clone(), at: whole(piece.from), width: whole(piece.width).max(1) }).collect()
    }
}

pub(super) fn length(times: &Range<i64>) -> i64 {
    (times.end - times.start).max(0)
}

/// How long two stretches have in common.
pub(super) fn overlap(a: &Range<i64>, b: &Range<i64>) -> i64 {
    length(&(a.start.max(b.start)..a.end.min(b.end)))
}

/// Apart from each other, by their beginning, and within `whole`.
pub(super) fn merged(whole: &Range<i64>, mut times: Vec<Range<i64>>) -> Vec<Range<i64>> {
    times.sort_by_key(|times| times.start);
    let mut merged: Vec<Range<i64>> = Vec::new();
    for next in times.into_iter().map(|next| next.start.max(whole.start)..next.end.min(whole.end)).filter(|next| length(next) > 0) {
        match merged.last_mut() {
            Some(last) if next.start <= last.end => last.end = last.end.max(next.end),
            Some(_) | None => merged.push(next),
        }
    }
    merged
}

/// What lies between stretches that are apart from each other, and before and behind them.
pub(super) fn complement(whole: &Range<i64>, times: &[Range<i64>]) -> Vec<Range<i64>> {
    let starts = std::iter::once(whole.start).chain(times.iter().map(|times| times.end));
    let ends = times.iter().map(|times| times.start).chain([whole.end]);
    starts.zip(ends).map(|(start, end)| start..end).filter(|times| length(times) > 0).collect()
}

/// The gaps, and what lies around them.
fn around(whole: &Range<i64>, gaps: &[Range<i64>]) -> Vec<(Range<i64>, bool)> {
    let others = complement(whole, gaps).into_iter().map(|times| (times, false));
    let mut all: Vec<_> = gaps.iter().map(|times| (times.clone(), true)).chain(others).collect();
    all.sort_by_key(|(times, _)| times.start);
    all
}

#[expect(clippy::cast_precision_loss, reason = "a float holds each millisecond of 285,000 years")]
fn as_f64(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1,000")]
fn whole(permille: f64) -> u32 {
    permille.clamp(0.0, AXIS).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn without_gaps_the_axis_is_the_clock() {
        let scale = Scale::new(0..10_000, vec![2_000..10_000, 0..2_500]);
        assert_eq!([0, 2_500, 10_000, 99_999, -5].map(|time| scale.at(time)), [0, 250, 1_000, 1_000, 0]);
        assert_eq!((scale.gaps(), &scale.busy[0], scale.busy.len()), (Vec::new(), &(0..10_000), 1));
        assert_eq!(scale.span(&(10_000..10_000)), (999, 1), "what was there is to be seen");
    }

    #[test]
    fn a_long_wait_is_drawn_narrow_and_a_short_one_as_it_was() {
        let (first, second) = (0..600_000, HOUR * 10..HOUR * 10 + 380_000);
        let scale = Scale::new(0..second.end, vec![first.clone(), second.clone()]);
        assert_eq!(scale.gaps(), [Gap { times: first.end..second.start, at: 600, width: 20 }]);
        assert_eq!([0, first.end, HOUR * 5, second.start, second.end].map(|time| scale.at(time)), [0, 600, 610, 620, 1_000]);
        let short = Scale::new(0..1_000_000, vec![0..490_000, 510_000..1_000_000]);
        assert_eq!((short.gaps(), short.at(500_000)), (Vec::new(), 500));
    }

    #[test]
    fn many_gaps_leave_most_of_the_axis_to_the_work() {
        let busy: Vec<_> = (0..100).map(|number| number * HOUR..number * HOUR + 60_000).collect();
        let scale = Scale::new(0..100 * HOUR, busy);
        assert_eq!(scale.gaps().len(), 100);
        let worked: u32 = scale.busy.iter().map(|times| scale.span(times).1).sum();
        assert!((650..=750).contains(&worked), "{worked}");
    }

    #[test]
    fn where_nothing_ran_nothing_is_left_out() {
        let scale = Scale::new(0..HOUR, Vec::new());
        assert_eq!((scale.gaps(), scale.at(HOUR / 2)), (Vec::new(), 500));
        assert_eq!(Scale::new(5..5, Vec::new()).at(5), 0);
    }

    #[test]
    fn places_rise_with_the_time() {
        let scale = Scale::new(0..50 * HOUR, vec![HOUR..2 * HOUR, 30 * HOUR..31 * HOUR, 31 * HOUR..33 * HOUR]);
        let places: Vec<_> = (0..=500).map(|tenth| scale.at(tenth * HOUR / 10)).collect();
        assert!(places.is_sorted(), "{places:?}");
        assert_eq!((places[0], places[500]), (0, 1_000));
    }
}
