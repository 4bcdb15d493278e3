//! The rows, one file per table. Private to this crate: `mapping` turns them into what the domain knows, and back.

pub(crate) mod approvals;
pub(crate) mod asks;
pub(crate) mod attachments;
pub(crate) mod attempts;
pub(crate) mod audit_events;
pub(crate) mod credentials;
pub(crate) mod criteria;
pub(crate) mod findings;
pub(crate) mod handoffs;
pub(crate) mod idempotency_keys;
pub(crate) mod kept_agents;
pub(crate) mod pipelines;
pub(crate) mod questions;
pub(crate) mod receipts;
pub(crate) mod steers;
pub(crate) mod steps;
pub(crate) mod transcript_parts;
