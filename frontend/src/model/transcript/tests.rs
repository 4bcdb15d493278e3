//! Pages, whole parts and deltas in any order.

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

#[test]
fn what_lies_before_the_rows_is_kept_and_shown_when_it_is_asked_for() {
    let mut transcript = Transcript::of_attempt(7);
    assert_eq!(transcript.upsert(&whole(200, 9, PartState::Done, "late")), Change::Added { ordinal: 200 });
    assert_eq!(transcript.show_from(200), []);
    assert_eq!(transcript.upsert(&whole(50, 12, PartState::Done, "changed")), Change::Nothing, "there is no row for it");
    // An older answer of the API comes after the change that the stream brought.
    transcript.upsert(&whole(49, 3, PartState::Done, "early"));
    transcript.upsert(&whole(50, 4, PartState::Open, "chan"));
    assert_eq!(transcript.show_from(49), [Change::Added { ordinal: 49 }, Change::Added { ordinal: 50 }]);
    assert_eq!((text(&transcript, 50), transcript.first_shown()), ("changed", Some(49)));
    assert_eq!(transcript.show_from(120), [], "rows never vanish");
    assert_eq!(transcript.first_shown(), Some(49));
}

#[test]
fn how_long_a_part_took_is_said_unless_it_was_over_at_once_or_is_not_known() {
    for (took_ms, text) in [
        (None, None),
        (Some(0), None),
        (Some(99), None),
        (Some(100), Some("0.1 s")),
        (Some(12_430), Some("12 s")),
        (Some(182_000), Some("3 min 02 s")),
        (Some(u64::MAX), Some("106751991167 d 7 h")),
    ] {
        let part = TranscriptPart { kind: PartKind::Tool, took_ms, ..whole(0, 1, PartState::Done, "cargo test") };
        assert_eq!(took(&part).as_deref(), text, "{took_ms:?}");
    }
}
