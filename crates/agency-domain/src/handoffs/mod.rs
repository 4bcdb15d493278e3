//! Hand-offs: the structured record that an agent leaves for those after it, the ways it comes in, and how it is shown.

mod acknowledging;
mod markdown;
mod numbering;
mod parse;
mod record;
mod reply;

pub use markdown::render;
pub use parse::{HandoffFault, parse_arguments, tool_schema};
pub use record::{
    Channel, CriterionRecord, DecisionRecord, EngineFacts, HandoffRecord, NextInstructions, OpenQuestion, Outcome, SCHEMA_VERSION,
};
pub use reply::parse_reply;
