//! The one module that speaks HTTP: a function per endpoint, and a typed error for whatever goes wrong.
//!
//! Pages call it; it knows the wire types and no view.

mod ask;
mod changes;
mod command;
mod http;
mod query;
mod reads;

pub(crate) use changes::{
    accept_criterion, answer_request, ask_question, blame, cancel_pipeline, create_pipeline, create_token, decide_approval, dry_run,
    edit_template, fork_pipeline, markdown, pause_pipeline, put_file, remove_file, resume_pipeline, retry_step, revoke, revoke_permission,
    send_message, send_review, share, sign_in, sign_out, start_demo, try_agent,
};
pub(crate) use command::Command;
pub(crate) use http::{is_outdated, on_stranger};
pub(crate) use query::{Query, Returns, Untyped};
pub(crate) use reads::{
    access, agent_record, agents, approvals, audit_events, audit_export_url, audit_verification, catalog_file, check_file, comparison,
    diff, found_parts, handoff_changes, opencode, pipeline, pipelines, receipt, repository, requests, server, stopped_pipelines,
    template_form, template_record, templates, timeline, transcript,
};
