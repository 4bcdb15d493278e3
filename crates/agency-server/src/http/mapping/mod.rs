//! From the domain to the wire, one file per noun. Pure but for the Markdown cache; called by handlers and by the stream.

pub(crate) mod access;
pub(crate) mod approvals;
pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod catalog;
mod escapes;
pub(crate) mod events;
pub(crate) mod form;
mod ledgers;
pub(super) mod lifecycle;
pub(crate) mod pipelines;
pub(crate) mod questions;
pub(crate) mod record;
pub(crate) mod requests;
mod steps;
mod tools;
pub(crate) mod transcript;

use agency_domain::Timestamp;

/// RFC 3339 in UTC, to the millisecond.
pub(crate) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}
