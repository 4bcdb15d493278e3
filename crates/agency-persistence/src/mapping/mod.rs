//! Rows to what the domain knows, and back, one file per noun.
//!
//! A row that this version cannot read is an error that names table, row and column; nothing is guessed.

pub(crate) mod approvals;
pub(crate) mod attachments;
pub(crate) mod attempts;
pub(crate) mod credentials;
pub(crate) mod events;
pub(crate) mod handoffs;
pub(crate) mod kept_agents;
pub(crate) mod ledgers;
pub(crate) mod pipelines;
pub(crate) mod questions;
pub(crate) mod receipts;
mod row;
pub(crate) mod steps;
pub(crate) mod talk;
pub(crate) mod transcripts;
pub(crate) mod usage;

pub(crate) use row::{Row, json_of, time_from, time_of, to_milliseconds, word_of};
