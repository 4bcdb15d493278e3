//! The engine over fakes of its ports and paused time. The real adapters have suites of their own.

#![expect(clippy::unwrap_used, reason = "what cannot be unwrapped here has failed the test")]

mod acknowledging;
mod attachments;
mod crash;
mod forks;
mod kept;
mod questions;
mod runner;
mod servers;
mod steering;
mod support;
mod transcripts;
