//! The one module that speaks HTTP: a function per endpoint, and a typed error for whatever goes wrong.
//!
//! Pages call it; it knows the wire types and no view.

mod command;
mod endpoints;
mod http;
mod query;

pub(crate) use command::Command;
pub(crate) use endpoints::{
    agents, approvals, audit_export_url, cancel_pipeline, create_pipeline, decide_approval, diff, first_audit_events, first_pipelines,
    opencode, pipeline, receipt, start_demo, templates, transcript,
};
pub(crate) use query::{Query, Untyped};
