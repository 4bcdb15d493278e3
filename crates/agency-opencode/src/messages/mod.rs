//! What has become of a prompt, read from the session's messages. Pure: the gateway fetches, this reads and judges.

mod failure;
mod history;
mod ids;
mod judge;

pub(crate) use history::{Answer, answer_to, since, usage_between};
pub(crate) use ids::MessageIds;
pub(crate) use judge::{Circumstances, Judgement, judge};
