//! What an event of the stream needs and the fact does not say itself: looked up in the pipeline as it stands now. Chains never change, and
//! requests and attempts keep what is read of them here, so that a replay says the same.

use agency_domain::StepId;
use agency_domain::pipelines::{Ask, AttemptStatus, Event, Pipeline};

/// Empty for most facts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Surroundings {
    /// The steps that begin again, in the order of the chain.
    pub(crate) begin_again: Vec<StepId>,
    /// What was answered.
    pub(crate) ask: Option<Ask>,
    /// How the attempt was stopped whose usage is settled.
    pub(crate) stopped: Option<AttemptStatus>,
}

impl Surroundings {
    /// Whether anything has to be looked up for an event.
    pub(crate) fn matter_to(event: &Event) -> bool {
        matches!(event, Event::SentBack { .. } | Event::StepRetried { .. } | Event::PermissionAnswered { .. } | Event::UsageSettled { .. })
    }

    pub(crate) fn of(event: &Event, pipeline: &Pipeline) -> Self {
        let from_to = |first: StepId, last: Option<StepId>| {
            let first = pipeline.index_of(first).unwrap_or(pipeline.steps.len());
            let end = last.and_then(|last| pipeline.index_of(last)).map_or(pipeline.steps.len(), |index| index + 1);
            pipeline.steps.get(first..end).unwrap_or_default().iter().map(|step| step.id).collect()
        };
        let mut found = Self::default();
        if let Event::SentBack { from, to, .. } = event {
            found.begin_again = from_to(*to, Some(*from));
        }
        if let Event::StepRetried { step_id, .. } = event {
            found.begin_again = from_to(*step_id, None);
        }
        if let Event::PermissionAnswered { ask_id, .. } = event {
            found.ask = pipeline.asks.iter().find(|ask| ask.id == *ask_id).cloned();
        }
        if let Event::UsageSettled { attempt_id, .. } = event {
            found.stopped = pipeline.attempt(*attempt_id).map(|(_, attempt)| attempt.status.clone());
        }
        found
    }
}
