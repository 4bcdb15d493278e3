//! The contract of the store ports, as tests that run on every implementation.
//!
//! `agency_domain::store_suite!(open)` makes a test of each, where `open` is an async function that answers fresh, empty [`StorePorts`].

#![expect(clippy::unwrap_used, reason = "a suite says what it expects by failing")]

mod chaining;
mod changing;
mod creating;
mod crowds;
mod filtering;
mod listing;
mod questions;
mod steering;
mod stories;
mod streaming;
mod transcripts;

pub use chaining::*;
pub use changing::*;
pub use creating::*;
pub use crowds::*;
pub use filtering::*;
pub use listing::*;
pub use questions::*;
pub use steering::*;
pub use stories::*;
pub use streaming::*;
pub use transcripts::*;

use super::{Heard, Story};
use crate::Ids;
use crate::pipelines::{EventLog, NewPipeline, Pipeline, PipelineStore};
use crate::transcripts::TranscriptStore;
use std::any::Any;
use std::sync::Arc;

/// One empty store behind its ports.
#[derive(Clone)]
pub struct StorePorts {
    pub store: Arc<dyn PipelineStore>,
    pub log: Arc<dyn EventLog>,
    pub transcripts: Arc<dyn TranscriptStore>,
    pub ids: Arc<dyn Ids>,
    /// The sink that the store was given.
    pub heard: Arc<Heard>,
    /// What must live as long as the ports, such as a directory.
    pub keep: Arc<dyn Any + Send + Sync>,
}

impl StorePorts {
    /// A queued pipeline.
    async fn begin(&self, new: impl FnOnce(&dyn Ids) -> NewPipeline) -> Story {
        Story::begin(Arc::clone(&self.store), Arc::clone(&self.ids), new(self.ids.as_ref())).await
    }

    /// A running pipeline.
    async fn start(&self, new: impl FnOnce(&dyn Ids) -> NewPipeline) -> Story {
        Story::started(Arc::clone(&self.store), Arc::clone(&self.ids), new(self.ids.as_ref())).await
    }

    /// The pipeline of a story as the store has it.
    async fn stored(&self, story: &Story) -> Pipeline {
        self.store.load(story.id()).await.unwrap().unwrap()
    }

    /// Fails unless the store has exactly what the story lived, and the log exactly what was heard.
    async fn expect_lived(&self, story: &Story) {
        assert_eq!(self.stored(story).await, story.pipeline);
        assert_eq!(self.log.replay(0, None, u32::MAX).await.unwrap(), self.heard.facts());
    }
}

/// Makes a test of every part of the contract.
#[macro_export]
macro_rules! store_suite {
    ($open:path) => {
        $crate::store_suite!(@each $open;
            a_new_pipeline_loads_as_it_was_made,
            a_pipeline_keeps_its_agents_as_they_were,
            a_pipeline_keeps_what_is_attached_to_it_and_lists_do_not,
            a_key_answers_the_pipeline_of_the_first_request,
            a_key_with_another_request_is_refused,
            a_branch_is_held_until_its_pipeline_ends,
            an_id_is_taken_once,
            a_change_raises_the_version_by_one,
            a_change_decided_on_an_old_state_is_a_conflict_and_writes_nothing,
            a_change_of_an_unknown_pipeline_is_missing,
            a_claim_shuts_out_whoever_held_the_pipeline_before,
            a_claim_leaves_the_pipeline_as_it_is,
            a_lost_fence_comes_before_an_old_version,
            a_review_loop_loads_as_it_was_lived,
            gates_load_as_they_were_decided,
            failures_and_interruptions_load_as_they_were_lived,
            a_pipeline_cancelled_at_work_loads_so,
            a_pipeline_cancelled_at_its_gate_loads_so,
            a_failure_outside_any_attempt_loads_so,
            observations_change_nothing_but_the_log,
            receipts_come_back_to_the_letter,
            pauses_and_budgets_load_as_they_were_lived,
            a_retry_loads_as_it_was_lived,
            a_retry_does_not_take_a_branch_that_another_holds_by_now,
            checks_load_as_they_ran,
            what_was_said_and_asked_loads_as_it_was,
            an_accepted_criterion_and_a_reopened_gate_load_as_they_were,
            a_fork_loads_with_what_it_took_over,
            an_origin_lists_its_forks_oldest_first,
            questions_load_as_they_were_asked_and_ended,
            a_summary_counts_what_questions_used,
            due_are_those_that_wait_for_nobody,
            counts_are_by_status,
            a_list_is_newest_first_and_paged,
            a_list_narrows_by_status_template_agent_repo_and_text,
            a_summary_counts_without_loading,
            a_summary_knows_unknown_costs_and_scripted_models,
            the_inbox_shows_approvals_by_state,
            what_was_heard_is_what_replays,
            a_replay_goes_on_where_the_last_page_ended,
            the_audit_log_is_newest_first_and_has_no_parts,
            the_log_narrows_by_pipeline_kind_and_time,
            a_narrowed_log_is_paged_without_gaps_and_without_repeats,
            a_time_between_two_milliseconds_takes_neither_too_many_nor_too_few,
            the_head_is_the_newest_sequence,
            a_refused_change_is_not_heard,
            the_log_with_its_hashes_is_oldest_first_and_has_no_parts,
            a_log_that_nobody_touched_verifies_from_anywhere,
            an_event_that_is_not_in_the_log_is_nothing_to_go_on_from,
            a_refused_change_is_no_gap_in_the_chain,
            parts_come_back_by_attempt_and_place,
            the_times_of_parts_come_without_their_contents,
            finished_calls_that_mention_something_come_newest_first,
            parts_are_found_by_words_and_by_what_they_are,
            a_part_stored_again_stands_in_place_of_the_old_one,
            parts_of_an_unknown_attempt_are_refused_whole,
            many_writers_are_all_acknowledged_and_found_again,
            of_two_changes_to_one_state_exactly_one_wins,
            a_crowd_is_heard_in_the_order_of_its_sequences,
        );
    };
    (@each $open:path; $($name:ident,)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $crate::testing::store_suite::$name(&$open().await).await;
            }
        )+
    };
}
