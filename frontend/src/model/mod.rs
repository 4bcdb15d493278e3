//! What the page decides, as plain Rust: reducers, words, formats, and the shape of its URLs.
//!
//! It knows the wire types and nothing of the browser, so that its tests run natively in a moment. Components bind what these functions decide.

pub mod access;
pub mod attachments;
pub mod audit;
pub mod bodies;
pub mod budget;
pub mod catalog;
pub mod chain;
pub mod clock;
pub mod commands;
pub mod comparison;
pub mod connection;
pub mod control;
pub mod diff;
pub mod dry_run;
pub mod ended;
pub mod event;
pub mod failure;
pub mod form;
pub mod form_fields;
pub mod format;
pub mod found;
pub mod handoff;
pub mod inline;
pub mod inspector;
pub mod json;
pub mod keys;
pub mod ledger;
pub mod loaded;
pub mod needs;
pub mod order;
pub mod outcome;
pub mod palette;
pub mod places;
pub mod put_off;
pub mod receipt;
pub mod refresh;
pub mod remapping;
pub mod repository;
pub mod review;
pub mod route;
pub mod selection;
pub mod since;
pub mod status;
pub mod tailoring;
#[cfg(test)]
mod testing;
pub mod timeline;
pub mod transcript;
pub mod urls;
pub mod wire;
