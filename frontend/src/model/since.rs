//! What happened to a pipeline while the reader was away.

use agency_contract::AuditEvent;

/// Away for less, in milliseconds, nobody needs to be told.
const AWAY_MILLIS_MIN: i64 = 300_000;
/// More lines than these are read in the audit log.
pub const LINES_MAX: usize = 12;
/// What people ask about when they come back: how attempts ended, what was decided or is asked, what broke and what was kept.
const TOLD: [&str; 20] = [
    "attempt_failed",
    "attempt_interrupted",
    "verdict_recorded",
    "step_finished",
    "sent_back",
    "finding_opened",
    "criterion_accepted",
    "approval_requested",
    "approval_decided",
    "approval_reopened",
    "permission_asked",
    "question_answered",
    "budget_warning",
    "pipeline_paused",
    "pipeline_resumed",
    "pipeline_succeeded",
    "pipeline_failed",
    "pipeline_cancelled",
    "work_preserved",
    "files_overlap",
];

/// How far the reader has seen, and when that was (the browser's milliseconds).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub seq: i64,
    pub at: i64,
}

impl Seen {
    pub fn read(kept: &[i64]) -> Option<Self> {
        match kept {
            [seq, at] => Some(Self { seq: *seq, at: *at }),
            _ => None,
        }
    }

    /// Whether somebody who opens the pipeline now, at event `seq`, is to be told what they missed.
    pub fn missed_something(self, seq: i64, now: i64) -> bool {
        seq > self.seq && now - self.at >= AWAY_MILLIS_MIN
    }
}

/// The newest of what happened after event `seq` and is worth telling, the oldest first; and whether there was more. `events` have the newest first.
pub fn digest(events: &[AuditEvent], seq: i64) -> (Vec<AuditEvent>, bool) {
    let told = events.iter().filter(|event| event.id > seq && TOLD.contains(&event.event_type.as_str()));
    let mut lines: Vec<AuditEvent> = told.cloned().collect();
    let has_more = lines.len() > LINES_MAX;
    lines.truncate(LINES_MAX);
    lines.reverse();
    (lines, has_more)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: i64, event_type: &str) -> AuditEvent {
        AuditEvent {
            id,
            pipeline_id: 1,
            step_id: None,
            event_type: event_type.to_owned(),
            summary: String::new(),
            payload: serde_json::Value::Null,
            created_at: String::new(),
        }
    }

    #[test]
    fn only_who_was_away_and_missed_something_is_told() {
        let seen = Seen { seq: 5, at: 1_000 };
        assert_eq!(Seen::read(&[5, 1_000]), Some(seen));
        assert_eq!(Seen::read(&[5]), None);
        assert!(seen.missed_something(6, 301_000));
        assert!(!seen.missed_something(5, 301_000), "nothing happened");
        assert!(!seen.missed_something(6, 300_999), "they were hardly gone");
    }

    #[test]
    fn what_matters_is_told_in_its_order() {
        let events = [event(9, "step_finished"), event(8, "handoff_recorded"), event(7, "approval_decided"), event(5, "step_finished")];
        let (lines, has_more) = digest(&events, 5);
        assert_eq!((lines.iter().map(|event| event.id).collect::<Vec<_>>(), has_more), (vec![7, 9], false));
        let many: Vec<_> = (0..30).rev().map(|id| event(id, "step_finished")).collect();
        let (lines, has_more) = digest(&many, 0);
        assert_eq!((lines.len(), lines[LINES_MAX - 1].id, has_more), (LINES_MAX, 29, true));
    }
}
