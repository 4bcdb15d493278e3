//! The HTTP side: one file per noun, the guard before all of them, one shape for every error.
//!
//! Handlers extract, parse, call, map. [`routes`] is the list of everything that is documented; the rest (the page, the hand-off endpoint, the
//! documentation itself) is added by [`configure`].

mod access;
mod agent_requests;
mod agents;
mod approvals;
mod attachments;
mod attempts;
mod audit;
mod blame;
mod compare;
mod control;
mod demo;
pub(crate) mod docs;
pub(crate) mod guard;
mod handoff_changes;
mod health;
pub(crate) mod input;
mod lifecycle;
pub(crate) mod mapping;
mod markdown;
mod mcp;
mod metrics;
mod opencode;
mod own_files;
mod page;
mod page_errors;
mod pipelines;
pub(crate) mod problem;
mod questions;
mod repository;
pub(crate) mod requests;
mod review;
mod rights;
pub(crate) mod sign_in;
mod template_form;
mod templates;
mod timeline;
mod transcript_search;
mod tries;
pub(crate) mod unknown;

use actix_web::middleware::from_fn;
use actix_web::web;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

/// Every documented route. The OpenAPI document is made from the same list.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(health::health).service(health::ready).service(metrics::metrics).service(crate::live::events);
    // Open to those whom the server does not know yet; before the scope, which would take them.
    config.service(access::begin).service(access::end).service(access::create_token).service(
        scope("/api/v1")
            .wrap(from_fn(sign_in::ask))
            .service(pipelines::create)
            .service(pipelines::list)
            .service(pipelines::get)
            .service(pipelines::cancel)
            .service(lifecycle::dry_run)
            .service(lifecycle::fork)
            .service(control::pause)
            .service(control::resume)
            .service(control::change_budget)
            .service(control::retry)
            .service(control::send_message)
            .service(control::accept_criterion)
            .service(questions::ask)
            .service(questions::list)
            .service(timeline::get)
            .service(attachments::get)
            .service(compare::compare)
            .service(attempts::transcript)
            .service(transcript_search::search)
            .service(attempts::diff)
            .service(attempts::receipt)
            .service(handoff_changes::get)
            .service(blame::blame)
            .service(audit::of_pipeline)
            .service(audit::export_of_pipeline)
            .service(audit::of_all)
            .service(audit::export_of_all)
            .service(audit::verification)
            .service(approvals::list)
            .service(approvals::get)
            .service(approvals::decide)
            .service(agent_requests::list)
            .service(agent_requests::answer)
            .service(agent_requests::revoke)
            .service(templates::list)
            .service(templates::get)
            .service(templates::put)
            .service(templates::remove)
            .service(templates::validate)
            .service(template_form::form)
            .service(template_form::edit)
            .service(lifecycle::forecast)
            .service(lifecycle::record)
            .service(agents::list)
            .service(agents::get)
            .service(agents::record)
            .service(agents::put)
            .service(agents::remove)
            .service(agents::validate)
            .service(tries::start)
            .service(repository::get)
            .service(opencode::get)
            .service(lifecycle::clean_up)
            .service(access::get)
            .service(access::revoke)
            .service(markdown::render)
            .service(page_errors::report)
            .service(demo::start),
    );
}

/// Everything that the server answers, in the order in which it is looked at.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    routes(&mut ServiceConfig::new(config));
    docs::configure(config);
    mcp::configure(config);
    config.default_service(web::to(unknown::answer));
}
