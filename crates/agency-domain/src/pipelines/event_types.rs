//! The words that events go by in the audit log. A filter is held against them before it is asked of the store.

/// Every `event_type` that there is: the words of [`super::Event`], and in the place of `observed` those of [`super::Observation`].
pub const EVENT_TYPES: [&str; 55] = [
    "pipeline_created",
    "pipeline_started",
    "step_started",
    "attempt_started",
    "attempt_running",
    "attempt_finishing",
    "handoff_recorded",
    "verdict_recorded",
    "attempt_succeeded",
    "attempt_failed",
    "checks_ran",
    "criteria_updated",
    "criterion_accepted",
    "finding_opened",
    "finding_reworded",
    "finding_closed",
    "attempt_interrupted",
    "attempt_cancelled",
    "usage_reported",
    "usage_settled",
    "step_finished",
    "sent_back",
    "approval_requested",
    "approval_decided",
    "approval_withdrawn",
    "approval_reminded",
    "approval_reopened",
    "pause_requested",
    "pipeline_paused",
    "pipeline_resumed",
    "budget_changed",
    "budget_warning",
    "step_retried",
    "steered",
    "steer_delivered",
    "permission_asked",
    "permission_answered",
    "permission_revoked",
    "question_asked",
    "question_answered",
    "question_failed",
    "pipeline_succeeded",
    "pipeline_failed",
    "pipeline_cancelled",
    "worktree_prepared",
    "opencode_started",
    "opencode_replaced",
    "recovered",
    "preservation_begun",
    "work_preserved",
    "handoff_reasked",
    "permission_settled",
    "provider_retried",
    "processes_ended",
    "files_overlap",
];

#[cfg(test)]
mod tests {
    use super::EVENT_TYPES;
    use crate::pipelines::{Event, Observation};
    use serde::de::DeserializeOwned;
    use serde_json::json;
    use std::collections::BTreeSet;

    /// The words that a reader of `T` knows, as it says when it is given another one.
    fn known<T: DeserializeOwned>(tag: &str) -> BTreeSet<String> {
        let refusal = serde_json::from_value::<T>(json!({ tag: "?" })).err().unwrap().to_string();
        let (_, list) = refusal.split_once("expected one of ").unwrap();
        list.split(", ").map(|word| word.trim_matches('`').to_owned()).collect()
    }

    #[test]
    fn every_event_has_its_word_here_and_no_word_is_nobodys() {
        let mut words = known::<Event>("type");
        assert!(words.remove("observed"), "{words:?}");
        words.extend(known::<Observation>("observation"));
        let listed: BTreeSet<String> = EVENT_TYPES.map(str::to_owned).into();
        assert_eq!(listed, words);
        assert_eq!(listed.len(), EVENT_TYPES.len(), "a word stands here twice");
    }
}
