//! Ids: one newtype per table, over integers that people can say aloud.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A pipeline; from 1, never used twice.
    PipelineId
);
id!(
    /// A step of a pipeline.
    StepId
);
id!(
    /// An attempt at a step. A later attempt has a higher id than an earlier one, over all steps.
    AttemptId
);
id!(
    /// A hand-off.
    HandoffId
);
id!(
    /// An approval.
    ApprovalId
);
id!(
    /// Something that a person said to a pipeline.
    SteerId
);
id!(
    /// A permission or a question that an agent asks a person.
    AskId
);
id!(
    /// A question that a person asks about finished work.
    QuestionId
);
id!(
    /// An access token or a session.
    CredentialId
);

/// Gives out ids that have never been given out before, so that events can name what they create.
///
/// An id that was given out and not used leaves a gap, which is harmless.
pub trait Ids: Send + Sync {
    fn pipeline(&self) -> PipelineId;
    fn step(&self) -> StepId;
    fn attempt(&self) -> AttemptId;
    fn handoff(&self) -> HandoffId;
    fn approval(&self) -> ApprovalId;
    fn steer(&self) -> SteerId;
    fn ask(&self) -> AskId;
    fn question(&self) -> QuestionId;
    fn credential(&self) -> CredentialId;
}
