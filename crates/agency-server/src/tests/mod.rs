//! The server over HTTP, with a real database, a real git and real sockets; the engine stands still, so that each test says what happens.

mod access;
mod agent_requests;
mod approvals;
mod audit;
mod audit_chain;
mod audit_export;
mod audit_filter;
mod blame;
mod checks;
mod comparison;
mod control;
mod documents;
mod doors;
mod handoff_changes;
mod lifecycle;
mod metrics;
mod news;
mod own_files;
mod pipelines;
mod problems;
mod reader;
mod rights;
mod stream;
mod template_form;
mod timeline;
mod transcripts;
pub(crate) mod world;
