//! An OpenAI-compatible language model server on loopback that plays scripts: the test double for everything that drives OpenCode, and the model
//! of the demo. It knows OpenAI's wire format and a little of OpenCode's prompts; it depends on nothing else of ours. Never for production.
//!
//! ```no_run
//! use agency_scripted_model::{Options, ScriptedModel};
//! let model = ScriptedModel::start(Options::default())?;
//! println!("{}", model.opencode_config());
//! # anyhow::Ok(())
//! ```
//!
//! What answers a request, first match wins: a directive in the newest user message (`[[mock:NAME]]`, `[[mock:AGENT=NAME]]`,
//! `[[script:[…]]]`), a rule of the [`Script`], the model's id as the name of a scenario ([`scenario_names`]), plain text.
//! Titles and compaction summaries, which OpenCode asks for by itself, are answered apart.
//!
//! Model ids worth knowing: `demo` plays [`demo::script`], `m1` plays [`testing::generic`] on any repository, `m1-unpriced` the same without a
//! price, `slow-developer` the same with a developer that runs a command of twenty seconds, `two-rounds` the same with a reviewer who
//! asks for changes twice, `never-approves` with one who always does.

mod answer;
mod asked;
mod choice;
pub mod demo;
mod fill;
mod journal;
pub mod opencode;
mod scenarios;
mod script;
mod server;
pub mod testing;

pub use journal::{Ending, RecordedRequest};
pub use scenarios::names as scenario_names;
pub use script::{FailFirst, Fault, HttpReply, Match, Play, Rule, Script, Step, ToolCall};
pub use server::{Options, ScriptedModel};
